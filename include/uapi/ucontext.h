/* SPDX-License-Identifier: MIT */
/* The user context inside a signal frame: see the arch. */
#ifndef _UAPI_UCONTEXT_H
#define _UAPI_UCONTEXT_H

#include <asm/uapi/ucontext.h>

#endif
