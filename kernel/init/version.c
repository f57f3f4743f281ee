/* SPDX-License-Identifier: MIT */
/*
 * Who this kernel says it is: programs test the release against Linux's numbers, so it names the
 * Linux ABI that is offered.
 */
#include <arch/param.h>
#include <generated/utsrelease.h>
#include <kernel/rwsem.h>
#include <kernel/utsname.h>
#include "init.h"

DECLARE_RWSEM(uts_sem);

struct uts_namespace init_uts_ns = {
	.ns = {.count = REFCOUNT_INIT(1), .inum = NS_UTS_INIT_INO, .ops = UTS_NS_OPS},
	.name =
		{
			.sysname = "Linux",
			.nodename = "(none)",
			.release = UTS_RELEASE,
			.version = UTS_VERSION,
			.machine = ARCH_UTS_MACHINE,
			.domainname = "(none)",
		},
};

const char linux_banner[] = "Linux version " UTS_RELEASE " (Keel) (" KEEL_COMPILER ") " UTS_VERSION;
