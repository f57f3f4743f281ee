/* SPDX-License-Identifier: MIT */
/* Small things on top of kmalloc() and vmalloc(). */
#include <kernel/uaccess.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <kernel/rcupdate.h>

#include "internal.h"

void *krealloc(const void *object, size_t size, gfp_t gfp)
{
	size_t old = ksize(object);
	void *new;

	if (!size) {
		kfree(object);
		return NULL;
	}
	if (object && size <= old && (size > old / 2 || old <= 64))
		return (void *)object;
	new = kmalloc(size, gfp);
	if (!new)
		return size <= old ? (void *)object : NULL;
	if (old)
		memcpy(new, object, min(old, size));
	kfree(object);
	return new;
}

void kfree_sensitive(const void *object)
{
	size_t size = ksize(object);

	if (size) {
		memset((void *)object, 0, size);
		OPTIMIZER_HIDE_VAR(object);
		barrier();
	}
	kfree(object);
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kmalloc(len, gfp);

	return p ? memcpy(p, src, len) : NULL;
}

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *p = kmalloc(len + 1, gfp);

	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strlen(s), gfp) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	va_list again;
	int len;
	char *p;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = kmalloc(len + 1, gfp);
	if (p)
		vsnprintf(p, len + 1, fmt, args);
	return p;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *p;

	va_start(args, fmt);
	p = kvasprintf(gfp, fmt, args);
	va_end(args);
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	void *p = kmalloc(len, GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, src, len)) {
		kfree(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *p = kmalloc(len + 1, GFP_USER);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, src, len)) {
		kfree(p);
		return ERR_PTR(-EFAULT);
	}
	p[len] = '\0';
	return p;
}

char *strndup_user(const char __user *src, long max)
{
	long len = strnlen_user(src, max);
	char *p;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > max)
		return ERR_PTR(-EINVAL);
	p = memdup_user(src, len);
	if (!IS_ERR(p))
		p[len - 1] = '\0'; /* it may have changed since it was measured */
	return p;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p;

	if (size <= PAGE_SIZE)
		return kmalloc(size, gfp);
	p = kmalloc(size, gfp | __GFP_NORETRY | __GFP_NOWARN);
	return p || !gfp_may_sleep(gfp) ? p : __vmalloc(size, gfp);
}

void kvfree(const void *object)
{
	if (is_vmalloc_addr(object))
		vfree(object);
	else
		kfree(object);
}

/* ---- nodes of lib/xarray ---- */

struct xa_node *xa_node_alloc(gfp_t gfp)
{
	return kzalloc(sizeof(struct xa_node), gfp);
}

void xa_node_free(struct xa_node *node)
{
	kfree_rcu(node, rcu);
}
