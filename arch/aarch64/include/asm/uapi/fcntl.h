/* SPDX-License-Identifier: MIT */
/* Open flags whose values differ between architectures. */
#ifndef _ASM_UAPI_FCNTL_H
#define _ASM_UAPI_FCNTL_H

#define O_DIRECTORY 00040000
#define O_NOFOLLOW  00100000
#define O_DIRECT    00200000
#define O_LARGEFILE 00400000

#endif
