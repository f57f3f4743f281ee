/* SPDX-License-Identifier: MIT */
/*
 * The sandbox of a task, landlock(7), as its credentials carry it; fs/landlock/ makes and asks it.
 */
#ifndef KERNEL_LANDLOCK_H
#define KERNEL_LANDLOCK_H

#include <lib/kconfig.h>
#include <lib/types.h>

struct cred;
struct landlock_layer;

#if IS_ENABLED(CONFIG_LANDLOCK)
/* For copies of credentials and their end; NULL: nobody restricted the task. Any context. */
void landlock_get(struct landlock_layer *layer);
void landlock_put(struct landlock_layer *layer);
/* May @tracer look into what @tracee can do: only if it is restricted no more. */
bool landlock_may_trace(const struct cred *tracer, const struct cred *tracee);

#define landlock_cred_get(cred) landlock_get((cred)->landlock)
#define landlock_cred_put(cred) landlock_put((cred)->landlock)
#else
#define landlock_cred_get(cred) ((void)(cred))
#define landlock_cred_put(cred) ((void)(cred))
static inline bool landlock_may_trace(const struct cred *tracer, const struct cred *tracee)
{
	return true;
}
#endif

#endif
