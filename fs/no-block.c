/* SPDX-License-Identifier: MIT */
/* There is no block layer: a block node exists and cannot be opened. */
#include "internal.h"

const struct file_operations def_blk_fops = {.open = no_open};
