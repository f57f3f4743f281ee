/* SPDX-License-Identifier: MIT */
/*
 * IS_ENABLED(CONFIG_X) is 1 when the option is y and 0 when it is n, in C expressions and in #if.
 * Code that is off is still parsed and type-checked, then dropped. There are no modules, so no =m.
 */
#ifndef _LIB_KCONFIG_H
#define _LIB_KCONFIG_H

/*
 * y makes autoconf.h say "#define CONFIG_X 1": pasting gives an argument that brings its own
 * comma.
 */
#define KCONFIG_PROBE_1			   0,
#define KCONFIG_SECOND(first, second, ...) second
#define KCONFIG_PICK(probe)		   KCONFIG_SECOND(probe 1, 0, 0)
#define KCONFIG_PASTE(value)		   KCONFIG_PICK(KCONFIG_PROBE_##value)
#define KCONFIG_EXPAND(value)		   KCONFIG_PASTE(value)

#define IS_ENABLED(option)		   KCONFIG_EXPAND(option)

/* For tables of operations: the pointer, or NULL when the option is off (and it is not linked). */
#define PTR_IF(option, ptr) (IS_ENABLED(option) ? (ptr) : NULL)

#endif
