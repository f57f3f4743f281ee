/* SPDX-License-Identifier: MIT */
/* Process accounting, acct(2): kernel/acct.c. */
#ifndef KERNEL_ACCT_H
#define KERNEL_ACCT_H

#include <lib/kconfig.h>

#if IS_ENABLED(CONFIG_BSD_PROCESS_ACCT)
/*
 * current is the last thread of its process and ends with @code (as wait(2) encodes it), its
 * memory, files and terminal still there: writes the record, if accounting is on. Sleeps.
 */
void acct_process(long code);
#else
static inline void acct_process(long code)
{
}
#endif

#endif
