/* SPDX-License-Identifier: MIT */
#include <lib/refcount.h>

/* Far from both zero and INT_MAX: the races of many CPUs cannot bring it back. */
__cold bool refcount_saturate(refcount_t *r)
{
	atomic_set(&r->refs, REFCOUNT_SATURATED);
	return false;
}
