/* SPDX-License-Identifier: MIT */
/*
 * Keys, keyrings(7).
 *
 * A key has a type, a description, an owner, permissions and a payload; a keyring's payload are
 * links to other keys, at most one to each (type, description). Keys live as long as somebody
 * refers to them: keyrings, credentials, users.
 *
 *   positive (usable) | negative (->reject: what looking for it ends with)
 *      -> expired (->expiry passed) -> revoked -> invalidated (nobody finds it any more)
 *
 * keys_mutex covers all keys, links and quotas but ->usage. It is held for short times and never
 * over an access to user memory. A key whose last reference goes is freed by a work item, since
 * that may happen anywhere, and since a keyring takes its keys along.
 */
#ifndef KERNEL_KEYS_INTERNAL_H
#define KERNEL_KEYS_INTERNAL_H

#include <lib/list.h>
#include <lib/llist.h>
#include <lib/rbtree.h>
#include <lib/refcount.h>
#include <lib/types.h>
#include <kernel/cred.h>
#include <kernel/mutex.h>
#include <uapi/errno.h>
#include <uapi/keyctl.h>

typedef s32 key_serial_t;

#define KEY_MAX_DESC	 4096
#define KEYRING_DEPTH	 6 /* of keyrings in keyrings that a search enters */
#define NEGATIVE_SECONDS 60

/* Permissions, one byte of them: who possesses it, its user, its group, others. */
#define KEY_NEED_VIEW	 0x01
#define KEY_NEED_READ	 0x02
#define KEY_NEED_WRITE	 0x04
#define KEY_NEED_SEARCH	 0x08
#define KEY_NEED_LINK	 0x10
#define KEY_NEED_SETATTR 0x20

struct key_type {
	const char *name;
	bool readable, updatable, is_keyring;
	size_t quota; /* bytes charged for a payload whatever its length; 0: the length */
	size_t max; /* payload */
};

/* What one user id has, and its keyrings. Never freed: there are as many as users of keys. */
struct key_user {
	struct hlist_node hash;
	uid_t uid;
	unsigned int nr_keys;
	unsigned int quota_keys, quota_bytes;
	struct key *user_keyring, *session_keyring;
};

struct key {
	refcount_t usage;
	key_serial_t serial; /* constant, with type and desc */
	const struct key_type *type;
	char *desc;
	uid_t uid;
	gid_t gid;
	u32 perm;
	struct key_user *user; /* who is charged; NULL: nobody */
	bool revoked, invalidated;
	int reject; /* 0, or negative: a negative key */
	s64 expiry; /* seconds of CLOCK_REALTIME; 0: never */
	size_t charged; /* bytes */
	void *data; /* of datalen bytes */
	size_t datalen;
	struct rb_root links; /* a keyring's */
	unsigned int nr_links;
	u64 seen; /* by the search of this number */
	struct llist_node free_node;
};

struct key_link {
	struct rb_node node; /* by type and description */
	struct key *key;
};

/* A key that somebody holds; @possessed: it was reached through his own keyrings. */
struct key_ref {
	struct key *key;
	bool possessed;
};

extern struct mutex keys_mutex;
extern const struct key_type key_type_keyring;

/* ---- key.c: objects ---- */

const struct key_type *key_type_lookup(const char *name);
/*
 * A new key of current with @perm, linked nowhere, one reference. @quota: charged to its user.
 * ERR_PTR(-ENOMEM, -EDQUOT). keys_mutex held, as for all that follows but the next two.
 */
struct key *key_alloc(const struct key_type *type, const char *desc, uid_t uid, gid_t gid, u32 perm,
		      bool quota);
static inline struct key *key_get(struct key *key)
{
	refcount_inc(&key->usage);
	return key;
}
void key_put(struct key *key); /* NULL too; any context */
/* Takes over @data (kvmalloc'd). The key is positive then. 0, -EDQUOT (and @data is still yours) */
int key_set_payload(struct key *key, void *data, size_t len);
/* Charges @delta bytes more (or less) for @key; -EDQUOT. */
int key_charge(struct key *key, long delta);
/* -ENOKEY (invalidated), -EKEYREVOKED, -EKEYEXPIRED, or 0. */
int key_validate(const struct key *key);
struct key *key_by_serial(key_serial_t serial); /* a reference; NULL: none */
struct key_user *key_user_get(uid_t uid); /* NULL: no memory */
/* The next at or after *serial; NULL at the end. No reference. */
struct key *key_next(unsigned long *serial);
int key_chown(struct key *key, uid_t uid, gid_t gid);
void key_revoke(struct key *key);
void key_invalidate(struct key *key);
void key_set_timeout(struct key *key, u32 seconds);

/* ---- keyring.c: links ---- */

struct key *keyring_find(const struct key *ring, const struct key_type *type, const char *desc);
/* Links @key, in place of one of the same type and name. -EDEADLK, -ELOOP, -EDQUOT, -ENOMEM. */
int keyring_link(struct key *ring, struct key *key);
int keyring_unlink(struct key *ring, const struct key *key); /* -ENOENT */
void keyring_clear(struct key *ring);
/* Whatever is in @ring that is revoked or expired for long. */
void keyring_prune(struct key *ring);
/* The serials in @ring, at most @max of them into @to. */
void keyring_serials(const struct key *ring, key_serial_t *to, size_t max);

/* What a search looks for: a name, or (@target) one key. */
struct key_search {
	const struct key_type *type;
	const char *desc;
	const struct key *target;
	int err; /* the best reason not to have found it; 0: nothing there */
};
/* A reference to what is found below @ring, or NULL; *s->err says why. */
struct key *keyring_search(struct key_ref ring, struct key_search *s);
void keyring_search_start(void); /* before the first keyring_search() that belongs together */

/* ---- process.c: the keyrings of current ---- */

#define LOOKUP_CREATE  0x1 /* make special keyrings that do not exist */
#define LOOKUP_PARTIAL 0x2 /* revoked, expired and negative ones too */

/* 0 or -EACCES. */
int key_permission(struct key_ref ref, unsigned int need);
/*
 * The key that a serial or KEY_SPEC_* means, with a reference, if current has the permission
 * (@need 0: none is needed). 0, -ENOKEY, -EINVAL, -EACCES, -EKEYREVOKED, -EKEYEXPIRED.
 */
int lookup_user_key(key_serial_t id, unsigned int flags, unsigned int need, struct key_ref *ref);
/* Searches thread, process and session keyring. As keyring_search(). */
struct key *search_process_keyrings(struct key_search *s);
long join_session_keyring(const char *name);
long set_reqkey_keyring(int where);
/* Where request_key() puts what it makes, referenced. NULL and -errno in *err. */
struct key *default_request_keyring(int *err);

extern int key_quota_maxkeys, key_quota_maxbytes, key_quota_root_maxkeys, key_quota_root_maxbytes;
extern int key_gc_delay;

#endif
