/* SPDX-License-Identifier: MIT */
/* Keys as objects: types, serial numbers, quotas, states, the end. See internal.h. */
#include <lib/err.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <fs/seq_file.h>
#include <kernel/init.h>
#include <kernel/keys.h>
#include <kernel/random.h>
#include <kernel/sysctl.h>
#include <kernel/time.h>
#include <kernel/workqueue.h>
#include <mm/slab.h>
#include "internal.h"

DEFINE_MUTEX(keys_mutex);

#define USER_HASH 64
static struct hlist_head users[USER_HASH]; /* keys_mutex */
static DEFINE_XARRAY(serials); /* keys_mutex to change: keys that have references */

int key_quota_maxkeys = 200, key_quota_maxbytes = 20000;
int key_quota_root_maxkeys = 1000000, key_quota_root_maxbytes = 25000000;
int key_gc_delay = 300;

const struct key_type key_type_keyring = {.name = "keyring", .readable = true, .is_keyring = true};

static const struct key_type types[] = {
	{.name = "user", .readable = true, .updatable = true, .max = 32767},
	{.name = "logon", .updatable = true, .max = 32767},
	{.name = "big_key", .readable = true, .updatable = true, .max = (1 << 20) - 1, .quota = 16},
};

const struct key_type *key_type_lookup(const char *name)
{
	if (!strcmp(name, key_type_keyring.name))
		return &key_type_keyring;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(name, types[i].name))
			return &types[i];
	return NULL;
}

/* ---- users and quotas ---- */

struct key_user *key_user_get(uid_t uid)
{
	struct hlist_head *head = &users[uid % USER_HASH];
	struct key_user *user;

	hlist_for_each_entry(user, head, hash)
		if (user->uid == uid)
			return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (user) {
		user->uid = uid;
		hlist_add_head(&user->hash, head);
	}
	return user;
}

static unsigned int max_keys(const struct key_user *user)
{
	return user->uid ? key_quota_maxkeys : key_quota_root_maxkeys;
}

static unsigned int max_bytes(const struct key_user *user)
{
	return user->uid ? key_quota_maxbytes : key_quota_root_maxbytes;
}

static int user_charge(struct key_user *user, int keys, long bytes)
{
	if (keys > 0 && user->quota_keys + keys > max_keys(user))
		return -EDQUOT;
	if (bytes > 0 && user->quota_bytes + bytes > max_bytes(user))
		return -EDQUOT;
	user->quota_keys += keys;
	user->quota_bytes += bytes;
	return 0;
}

int key_charge(struct key *key, long delta)
{
	int err = key->user ? user_charge(key->user, 0, delta) : 0;

	if (!err)
		key->charged += delta;
	return err;
}

static void set_owner(struct key *key, struct key_user *user)
{
	if (key->user)
		key->user->nr_keys--;
	key->user = user;
	key->uid = user->uid;
	user->nr_keys++;
}

int key_chown(struct key *key, uid_t uid, gid_t gid)
{
	if (uid != (uid_t)-1 && uid != key->uid && key->user) {
		struct key_user *user = key_user_get(uid);
		int err = user ? user_charge(user, 1, key->charged) : -ENOMEM;

		if (err)
			return err;
		user_charge(key->user, -1, -(long)key->charged);
		set_owner(key, user);
	} else if (uid != (uid_t)-1) {
		key->uid = uid;
	}
	if (gid != (gid_t)-1)
		key->gid = gid;
	return 0;
}

/* ---- making ---- */

/* Numbers are not to be guessed; the small ones are left out. */
static int choose_serial(struct key *key)
{
	int err;

	do {
		key->serial = get_random_u32() >> 1;
		err = key->serial < 3 ? -EBUSY : xa_insert(&serials, key->serial, key, GFP_KERNEL);
	} while (err == -EBUSY);
	return err;
}

static int charge_new(struct key *key, uid_t uid, bool quota)
{
	struct key_user *user;
	int err;

	key->uid = uid;
	if (!quota)
		return 0;
	user = key_user_get(uid);
	err = user ? user_charge(user, 1, strlen(key->desc) + 1) : -ENOMEM;
	if (!err) {
		key->charged = strlen(key->desc) + 1;
		set_owner(key, user);
	}
	return err;
}

static void uncharge(struct key *key)
{
	if (!key->user)
		return;
	user_charge(key->user, -1, -(long)key->charged);
	key->user->nr_keys--;
}

struct key *key_alloc(const struct key_type *type, const char *desc, uid_t uid, gid_t gid, u32 perm,
		      bool quota)
{
	struct key *key = kzalloc(sizeof(*key), GFP_KERNEL);
	int err;

	if (!key)
		return ERR_PTR(-ENOMEM);
	refcount_set(&key->usage, 1);
	key->type = type;
	key->gid = gid;
	key->perm = perm;
	key->desc = kstrdup(desc, GFP_KERNEL);
	err = key->desc ? charge_new(key, uid, quota) : -ENOMEM;
	if (!err) {
		err = choose_serial(key);
		if (!err)
			return key;
		uncharge(key);
	}
	kfree(key->desc);
	kfree(key);
	return ERR_PTR(err);
}

static void drop_payload(struct key *key)
{
	if (key->data)
		memset(key->data, 0, key->datalen);
	kvfree(key->data);
	key->data = NULL;
	key->datalen = 0;
}

/* Bytes of the quota that a payload takes. */
static long payload_cost(const struct key *key, size_t len)
{
	return key->type->quota && len ? (long)key->type->quota : (long)len;
}

int key_set_payload(struct key *key, void *data, size_t len)
{
	int err = key_charge(key, payload_cost(key, len) - payload_cost(key, key->datalen));

	if (err)
		return err;
	drop_payload(key);
	key->data = data;
	key->datalen = len;
	key->reject = 0;
	key->expiry = 0;
	return 0;
}

/* ---- states ---- */

int key_validate(const struct key *key)
{
	if (key->invalidated)
		return -ENOKEY;
	if (key->revoked)
		return -EKEYREVOKED;
	if (key->expiry && ktime_get_real() / NSEC_PER_SEC >= key->expiry)
		return -EKEYEXPIRED;
	return 0;
}

void key_revoke(struct key *key)
{
	if (key->revoked)
		return;
	key->revoked = true;
	if (!key->expiry)
		key->expiry = ktime_get_real() / NSEC_PER_SEC; /* for keyring_prune() */
	if (key->type->is_keyring) {
		keyring_clear(key);
	} else {
		key_charge(key, -payload_cost(key, key->datalen));
		drop_payload(key);
	}
}

/* It leaves all keyrings at once. */
void key_invalidate(struct key *key)
{
	unsigned long i = 0;
	struct key *ring;

	key->invalidated = true;
	for (ring = key_next(&i); ring; i++, ring = key_next(&i))
		if (ring->type->is_keyring)
			keyring_unlink(ring, key);
}

void key_set_timeout(struct key *key, u32 seconds)
{
	key->expiry = seconds ? ktime_get_real() / NSEC_PER_SEC + seconds : 0;
}

/* ---- finding by number; the end ---- */

struct key *key_by_serial(key_serial_t serial)
{
	struct key *key = xa_load(&serials, serial);

	return key && refcount_inc_not_zero(&key->usage) ? key : NULL;
}

struct key *key_next(unsigned long *serial)
{
	return xa_find(&serials, serial, ULONG_MAX, XA_PRESENT);
}

static LLIST_HEAD(dead);

static void free_key(struct key *key)
{
	mutex_lock(&keys_mutex);
	xa_erase(&serials, key->serial);
	if (key->type->is_keyring)
		keyring_clear(key); /* may put more on the list */
	uncharge(key);
	mutex_unlock(&keys_mutex);
	drop_payload(key);
	kfree(key->desc);
	kfree(key);
}

static void free_dead(struct work_struct *work)
{
	struct llist_node *node;

	while ((node = llist_del_all(&dead)) != NULL) {
		while (node) {
			struct key *key = container_of(node, struct key, free_node);

			node = node->next;
			free_key(key);
		}
	}
}
static DECLARE_WORK(dead_work, free_dead);

void key_put(struct key *key)
{
	if (!key || !refcount_dec_and_test(&key->usage))
		return;
	llist_add(&key->free_node, &dead);
	schedule_work(&dead_work);
}

static const struct ctl_table key_table[] = {
#define KEY_SYSCTL(name, var)                                                            \
	{                                                                                \
		.procname = (name), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(const int)             \
		{                                                                        \
			0                                                                \
		}                                                                        \
	}
	KEY_SYSCTL("maxkeys", key_quota_maxkeys),
	KEY_SYSCTL("maxbytes", key_quota_maxbytes),
	KEY_SYSCTL("root_maxkeys", key_quota_root_maxkeys),
	KEY_SYSCTL("root_maxbytes", key_quota_root_maxbytes),
	KEY_SYSCTL("gc_delay", key_gc_delay),
};

static int __init keys_init(void)
{
	return register_sysctl("kernel/keys", key_table, ARRAY_SIZE(key_table));
}
core_initcall(keys_init);

/* ---- /proc/key-users ---- */

int proc_key_users_show(struct seq_file *m, void *v)
{
	struct key_user *user;

	mutex_lock(&keys_mutex);
	for (unsigned int i = 0; i < USER_HASH; i++)
		hlist_for_each_entry(user, &users[i], hash)
			seq_printf(m, "%5u: %5u %u/%u %u/%u %u/%u\n", user->uid, user->nr_keys,
				   user->nr_keys, user->nr_keys, user->quota_keys, max_keys(user),
				   user->quota_bytes, max_bytes(user));
	mutex_unlock(&keys_mutex);
	return 0;
}
