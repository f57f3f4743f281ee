/* SPDX-License-Identifier: MIT */
/* Node memory for the programs that do not test the xarray itself. */
#include <lib/xarray.h>
#include "host.h"

__weak struct xa_node *xa_node_alloc(gfp_t gfp)
{
	return calloc(1, sizeof(struct xa_node));
}

__weak void xa_node_free(struct xa_node *node)
{
	free(node);
}
