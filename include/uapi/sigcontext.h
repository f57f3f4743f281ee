/* SPDX-License-Identifier: MIT */
/* The machine state inside a signal frame: see the arch. */
#ifndef _UAPI_SIGCONTEXT_H
#define _UAPI_SIGCONTEXT_H

#include <asm/uapi/sigcontext.h>

#endif
