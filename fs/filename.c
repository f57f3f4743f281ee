/* SPDX-License-Identifier: MIT */
/*
 * Names from user memory. A short name is copied straight into the caller's struct filename; only
 * one that does not fit gets a buffer of its own. Copied once: what was checked is what is walked.
 */
#include <lib/err.h>
#include <uapi/limits.h>
#include "internal.h"

static struct kmem_cache *names_cache __ro_after_init;

static int getname_long(struct filename *fn, const char __user *uname)
{
	long len;

	fn->buf = kmem_cache_alloc(names_cache, GFP_KERNEL);
	if (!fn->buf)
		return -ENOMEM;
	fn->name = fn->buf;
	len = strncpy_from_user(fn->buf, uname, PATH_MAX);
	if (likely(len >= 0 && len < PATH_MAX))
		return 0;
	putname(fn);
	return len < 0 ? (int)len : -ENAMETOOLONG;
}

int getname_flags(struct filename *fn, const char __user *uname, unsigned int lookup_flags)
{
	long len = strncpy_from_user(fn->iname, uname, FILENAME_INLINE);

	fn->buf = NULL;
	fn->name = fn->iname;
	if (unlikely(len < 0))
		return (int)len;
	if (unlikely(len >= FILENAME_INLINE))
		return getname_long(fn, uname);
	if (unlikely(!len) && !(lookup_flags & LOOKUP_EMPTY))
		return -ENOENT;
	return 0;
}

int getname_kernel(struct filename *fn, const char *name)
{
	size_t len = strlen(name);

	fn->buf = NULL;
	fn->name = fn->iname;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (len >= FILENAME_INLINE) {
		fn->buf = kmem_cache_alloc(names_cache, GFP_KERNEL);
		if (!fn->buf)
			return -ENOMEM;
		fn->name = fn->buf;
	}
	memcpy((char *)fn->name, name, len + 1);
	return 0;
}

void putname(struct filename *fn)
{
	if (unlikely(fn->buf))
		kmem_cache_free(names_cache, fn->buf);
	fn->buf = NULL;
}

void filename_init(void)
{
	names_cache = kmem_cache_create("names_cache", PATH_MAX + 8, 8,
					SLAB_PANIC | SLAB_NO_MAGAZINE, NULL);
}
