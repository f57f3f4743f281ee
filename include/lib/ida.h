/* SPDX-License-Identifier: MIT */
/*
 * Identifiers without objects: which small integers are taken, 62 of them per word of an xarray.
 * The caller serialises all calls on one ida.
 */
#ifndef _LIB_IDA_H
#define _LIB_IDA_H

#include <lib/xarray.h>

struct ida {
	struct xarray xa;
};

#define IDA_INIT            \
	{                   \
		XARRAY_INIT \
	}
#define DEFINE_IDA(name) struct ida name = IDA_INIT

static inline void ida_init(struct ida *ida)
{
	xa_init(&ida->xa);
}

/* The lowest free identifier in [min, max]; -ENOSPC or -ENOMEM. @max is at most INT_MAX. */
int __must_check ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp);
/* Freeing one that is not taken does nothing. */
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

static inline int __must_check ida_alloc(struct ida *ida, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, INT_MAX, gfp);
}

static inline int __must_check ida_alloc_min(struct ida *ida, unsigned int min, gfp_t gfp)
{
	return ida_alloc_range(ida, min, INT_MAX, gfp);
}

#endif
