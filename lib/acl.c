/* SPDX-License-Identifier: MIT */
/* Access control lists, acl(5): <lib/acl.h>. */
#include <lib/acl.h>
#include <lib/byteorder.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <uapi/posix_acl_xattr.h>

#define RWX (ACL_READ | ACL_WRITE | ACL_EXECUTE)

/* ---- the attribute's form -------------------------------------------------------------------- */

int acl_xattr_count(size_t size)
{
	if (size < sizeof(struct posix_acl_xattr_header))
		return -EINVAL;
	size -= sizeof(struct posix_acl_xattr_header);
	if (size % sizeof(struct posix_acl_xattr_entry))
		return -EINVAL;
	return size / sizeof(struct posix_acl_xattr_entry);
}

size_t acl_xattr_size(unsigned int n)
{
	return sizeof(struct posix_acl_xattr_header) + n * sizeof(struct posix_acl_xattr_entry);
}

static bool known_tag(unsigned int tag)
{
	return tag && !(tag & (tag - 1)) && tag <= ACL_OTHER;
}

int acl_from_xattr(const void *value, size_t size, struct posix_acl_entry *e)
{
	struct posix_acl_xattr_header head;
	struct posix_acl_xattr_entry from;
	const char *p = value;
	int n = acl_xattr_count(size);

	if (n < 0)
		return n;
	memcpy(&head, p, sizeof(head));
	if (le32_to_cpu(head.a_version) != POSIX_ACL_XATTR_VERSION)
		return -EOPNOTSUPP;
	p += sizeof(head);
	for (; n > 0; n--, e++, p += sizeof(from)) {
		memcpy(&from, p, sizeof(from));
		e->e_tag = le16_to_cpu(from.e_tag);
		e->e_perm = le16_to_cpu(from.e_perm);
		e->e_id = le32_to_cpu(from.e_id);
		if (!known_tag(e->e_tag))
			return -EINVAL;
		if (e->e_tag != ACL_USER && e->e_tag != ACL_GROUP)
			e->e_id = (u32)ACL_UNDEFINED_ID;
	}
	return 0;
}

void acl_to_xattr(const struct posix_acl_entry *e, unsigned int n, void *value)
{
	struct posix_acl_xattr_header head = {cpu_to_le32(POSIX_ACL_XATTR_VERSION)};
	char *p = value;

	memcpy(p, &head, sizeof(head));
	p += sizeof(head);
	for (; n; n--, e++, p += sizeof(struct posix_acl_xattr_entry)) {
		struct posix_acl_xattr_entry to = {cpu_to_le16(e->e_tag), cpu_to_le16(e->e_perm),
						   cpu_to_le32(e->e_id)};

		memcpy(p, &to, sizeof(to));
	}
}

/* ---- the list -------------------------------------------------------------------------------- */

int acl_check(const struct posix_acl_entry *e, unsigned int n)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int tag = e[i].e_tag;
		bool named = tag == ACL_USER || tag == ACL_GROUP;

		/* Tags ascend; only the named ones may come again. */
		if (!known_tag(tag) || (e[i].e_perm & ~RWX) ||
		    seen > (named ? 2 * tag - 1 : tag - 1))
			return -EINVAL;
		if (named && e[i].e_id == (u32)ACL_UNDEFINED_ID)
			return -EINVAL;
		seen |= tag;
	}
	if ((seen & (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER)) !=
	    (ACL_USER_OBJ | ACL_GROUP_OBJ | ACL_OTHER))
		return -EINVAL;
	if ((seen & (ACL_USER | ACL_GROUP)) && !(seen & ACL_MASK))
		return -EINVAL;
	return 0;
}

bool acl_equiv_mode(const struct posix_acl_entry *e, unsigned int n, umode_t *mode)
{
	umode_t bits = 0;
	bool same = true;

	for (; n; n--, e++) {
		switch (e->e_tag) {
		case ACL_USER_OBJ:
			bits |= e->e_perm << 6;
			break;
		case ACL_GROUP_OBJ:
			bits |= e->e_perm << 3;
			break;
		case ACL_OTHER:
			bits |= e->e_perm;
			break;
		case ACL_MASK:
			bits = (bits & ~(RWX << 3)) | e->e_perm << 3;
			same = false;
			break;
		default:
			same = false;
		}
	}
	*mode = (*mode & ~0777) | bits;
	return same;
}

/* The mask, which limits named entries and the group; RWX when there is none. */
static unsigned int mask_of(const struct posix_acl_entry *e, unsigned int n)
{
	for (; n; n--, e++)
		if (e->e_tag == ACL_MASK)
			return e->e_perm;
	return RWX;
}

static int granted(unsigned int perm, unsigned int want)
{
	return want & ~perm ? -EACCES : 0;
}

int acl_permission(const struct posix_acl_entry *e, unsigned int n, uid_t owner, gid_t group,
		   const struct acl_subject *who, unsigned int want)
{
	unsigned int mask = mask_of(e, n);
	bool member = false;

	for (; n; n--, e++) {
		switch (e->e_tag) {
		case ACL_USER_OBJ:
			if (who->fsuid == owner)
				return granted(e->e_perm, want);
			break;
		case ACL_USER:
			if (who->fsuid == e->e_id)
				return granted(e->e_perm & mask, want);
			break;
		case ACL_GROUP_OBJ:
		case ACL_GROUP:
			if (!who->in_group(e->e_tag == ACL_GROUP ? e->e_id : group))
				break;
			/* Any group that grants all of it is enough. */
			if (!granted(e->e_perm, want))
				return granted(mask, want);
			member = true;
			break;
		case ACL_OTHER:
			return member ? -EACCES : granted(e->e_perm, want);
		}
	}
	return -EACCES;
}

/* Both lose what the other has not; bits of *mode at @shift. */
static void intersect(struct posix_acl_entry *e, umode_t *mode, unsigned int shift)
{
	e->e_perm &= *mode >> shift;
	*mode = (*mode & ~(RWX << shift)) | e->e_perm << shift;
}

bool acl_inherit(struct posix_acl_entry *e, unsigned int n, umode_t *mode)
{
	struct posix_acl_entry *group = NULL;
	bool same = true;

	for (; n; n--, e++) {
		switch (e->e_tag) {
		case ACL_USER_OBJ:
			intersect(e, mode, 6);
			break;
		case ACL_OTHER:
			intersect(e, mode, 0);
			break;
		case ACL_MASK: /* stands for the group, and comes after it */
			same = false;
			fallthrough;
		case ACL_GROUP_OBJ:
			group = e;
			break;
		default:
			same = false;
		}
	}
	if (group)
		intersect(group, mode, 3);
	return same;
}

void acl_chmod(struct posix_acl_entry *e, unsigned int n, umode_t mode)
{
	struct posix_acl_entry *group = NULL;

	for (; n; n--, e++) {
		if (e->e_tag == ACL_USER_OBJ)
			e->e_perm = mode >> 6 & RWX;
		else if (e->e_tag == ACL_OTHER)
			e->e_perm = mode & RWX;
		else if (e->e_tag == ACL_GROUP_OBJ || e->e_tag == ACL_MASK)
			group = e;
	}
	if (group)
		group->e_perm = mode >> 3 & RWX;
}
