/* SPDX-License-Identifier: MIT */
/*
 * The keyrings of a task, as its credentials name them, and what it may do with which key. A thread
 * keyring ends with the thread, a process keyring with the process or its program, a session
 * keyring goes on to children; user keyrings are there for all processes of a user id.
 */
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/keys.h>
#include <kernel/sched.h>
#include <kernel/user.h>
#include "internal.h"

#define OWN_KEYRING_PERM  (KEY_POS_ALL | KEY_USR_VIEW)
#define USER_KEYRING_PERM ((KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_ALL)

/* ---- credentials ---- */

static struct key *get_or_null(struct key *key)
{
	return key ? key_get(key) : NULL;
}

void keys_copy_cred(struct cred *cred)
{
	get_or_null(cred->thread_keyring);
	get_or_null(cred->process_keyring);
	get_or_null(cred->session_keyring);
}

void keys_put_cred(struct cred *cred)
{
	key_put(cred->thread_keyring);
	key_put(cred->process_keyring);
	key_put(cred->session_keyring);
}

void keys_shed(struct cred *cred, bool same_process)
{
	key_put(cred->thread_keyring);
	cred->thread_keyring = NULL;
	if (same_process)
		return;
	key_put(cred->process_keyring);
	cred->process_keyring = NULL;
}

/* ---- permission ---- */

int key_permission(struct key_ref ref, unsigned int need)
{
	const struct key *key = ref.key;
	u32 perm = key->perm;

	if (key->uid == current_fsuid())
		perm = key->perm >> 16;
	else if (key->gid != (gid_t)-1 && key->perm & KEY_GRP_ALL && in_group_p(key->gid))
		perm = key->perm >> 8;
	if (ref.possessed)
		perm |= key->perm >> 24;
	return need & ~perm ? -EACCES : 0;
}

/* ---- user keyrings ---- */

static struct key *make_user_keyring(const char *form, uid_t uid)
{
	char name[32];

	snprintf(name, sizeof(name), form, uid);
	return key_alloc(&key_type_keyring, name, uid, -1, USER_KEYRING_PERM, true);
}

/* The user of current, with both keyrings. */
static struct key_user *get_user_keyrings(void)
{
	uid_t uid = current_user()->uid;
	struct key_user *user = key_user_get(uid);
	struct key *key, *session;
	int err;

	if (!user)
		return ERR_PTR(-ENOMEM);
	if (user->user_keyring)
		return user;
	key = make_user_keyring("_uid.%u", uid);
	if (IS_ERR(key))
		return ERR_CAST(key);
	session = make_user_keyring("_uid_ses.%u", uid);
	err = PTR_ERR_OR_ZERO(session);
	if (!err) {
		err = keyring_link(session, key);
		if (err)
			key_put(session);
	}
	if (err) {
		key_put(key);
		return ERR_PTR(err);
	}
	user->user_keyring = key;
	user->session_keyring = session;
	return user;
}

/* ---- keyrings of current ---- */

static struct key **keyring_slot(struct cred *cred, key_serial_t id)
{
	switch (id) {
	case KEY_SPEC_THREAD_KEYRING:
		return &cred->thread_keyring;
	case KEY_SPEC_PROCESS_KEYRING:
		return &cred->process_keyring;
	default:
		return &cred->session_keyring;
	}
}

/* Takes over @key. */
static int install_keyring(key_serial_t id, struct key *key)
{
	struct cred *new = prepare_creds();
	struct key **slot;

	if (!new) {
		key_put(key);
		return -ENOMEM;
	}
	slot = keyring_slot(new, id);
	key_put(*slot);
	*slot = key;
	commit_creds(new);
	return 0;
}

/* A new keyring of current, which it takes as @id. */
static int make_keyring(key_serial_t id, const char *name, u32 perm, bool quota)
{
	const struct cred *cred = current_cred();
	struct key *key = key_alloc(&key_type_keyring, name, cred->uid, cred->gid, perm, quota);

	return IS_ERR(key) ? PTR_ERR(key) : install_keyring(id, key);
}

/* A reference to current's own thread or process keyring. */
static struct key *own_keyring(key_serial_t id, const char *name, bool create)
{
	struct key *key = *keyring_slot((struct cred *)current_cred(), id);
	int err;

	if (!key && !create)
		return ERR_PTR(-ENOKEY);
	if (!key) {
		err = make_keyring(id, name, OWN_KEYRING_PERM, false);
		if (err)
			return ERR_PTR(err);
		key = *keyring_slot((struct cred *)current_cred(), id);
	}
	return key_get(key);
}

/* The session keyring; who has none uses his user's, but does not write to it. */
static struct key *session_keyring(bool create)
{
	struct key *key = current_cred()->session_keyring;
	struct key_user *user;
	int err;

	if (key && !create)
		return key_get(key);
	user = get_user_keyrings();
	if (IS_ERR(user))
		return ERR_CAST(user);
	if (!create)
		return key_get(user->session_keyring);
	if (!key || key == user->session_keyring) {
		err = make_keyring(KEY_SPEC_SESSION_KEYRING, "_ses",
				   OWN_KEYRING_PERM | KEY_USR_READ, true);
		if (err)
			return ERR_PTR(err);
	}
	return key_get(current_cred()->session_keyring);
}

static struct key *special_keyring(key_serial_t id, bool create)
{
	struct key_user *user;

	switch (id) {
	case KEY_SPEC_THREAD_KEYRING:
		return own_keyring(id, "_tid", create);
	case KEY_SPEC_PROCESS_KEYRING:
		return own_keyring(id, "_pid", create);
	case KEY_SPEC_SESSION_KEYRING:
		return session_keyring(create);
	case KEY_SPEC_USER_KEYRING:
	case KEY_SPEC_USER_SESSION_KEYRING:
		user = get_user_keyrings();
		if (IS_ERR(user))
			return ERR_CAST(user);
		return key_get(id == KEY_SPEC_USER_KEYRING ? user->user_keyring :
							     user->session_keyring);
	case KEY_SPEC_REQKEY_AUTH_KEY:
	case KEY_SPEC_REQUESTOR_KEYRING:
		return ERR_PTR(-ENOKEY); /* current instantiates nothing for anybody */
	default:
		return ERR_PTR(-EINVAL);
	}
}

struct key *search_process_keyrings(struct key_search *s)
{
	static const key_serial_t order[] = {KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
					     KEY_SPEC_SESSION_KEYRING};
	struct key *found = NULL;

	keyring_search_start();
	for (size_t i = 0; i < ARRAY_SIZE(order) && !found; i++) {
		struct key_ref ring = {special_keyring(order[i], false), true};

		if (IS_ERR(ring.key))
			continue;
		if (s->target == ring.key)
			return ring.key;
		found = keyring_search(ring, s);
		key_put(ring.key);
	}
	return found;
}

static bool is_possessed(struct key *key)
{
	struct key_search s = {.type = key->type, .desc = key->desc, .target = key};
	struct key *found = search_process_keyrings(&s);

	key_put(found);
	return found;
}

int lookup_user_key(key_serial_t id, unsigned int flags, unsigned int need, struct key_ref *ref)
{
	int err = 0;

	if (id <= 0) {
		ref->key = special_keyring(id, flags & LOOKUP_CREATE);
		ref->possessed = true;
		if (IS_ERR(ref->key))
			return PTR_ERR(ref->key);
	} else {
		ref->key = key_by_serial(id);
		if (!ref->key)
			return -ENOKEY;
		ref->possessed = is_possessed(ref->key);
	}
	if (!(flags & LOOKUP_PARTIAL)) {
		err = key_validate(ref->key);
		if (!err)
			err = ref->key->reject;
	}
	if (!err)
		err = key_permission(*ref, need);
	if (err)
		key_put(ref->key);
	return err;
}

/* ---- sessions ---- */

static struct key *find_session(const char *name)
{
	unsigned long i = 0;
	struct key *key;

	for (key = key_next(&i); key; i++, key = key_next(&i))
		if (key->type->is_keyring && !strcmp(key->desc, name) && !key_validate(key) &&
		    !key_permission((struct key_ref){key, false}, KEY_NEED_SEARCH) &&
		    refcount_inc_not_zero(&key->usage))
			return key;
	return NULL;
}

long join_session_keyring(const char *name)
{
	struct key *key = name ? find_session(name) : NULL;
	int err;

	if (key)
		err = install_keyring(KEY_SPEC_SESSION_KEYRING, key);
	else
		err = make_keyring(
			KEY_SPEC_SESSION_KEYRING, name ? name : "_ses",
			OWN_KEYRING_PERM | KEY_USR_READ | (name ? KEY_NEED_LINK << 16 : 0), true);
	return err ? err : current_cred()->session_keyring->serial;
}

/* ---- where request_key(2) puts keys ---- */

long set_reqkey_keyring(int where)
{
	unsigned int old = current_cred()->jit_keyring;
	struct cred *new;
	struct key *key;

	if (where == KEY_REQKEY_DEFL_NO_CHANGE)
		return old;
	if (where < 0 || where > KEY_REQKEY_DEFL_USER_SESSION_KEYRING)
		return -EINVAL;
	if (where == KEY_REQKEY_DEFL_THREAD_KEYRING || where == KEY_REQKEY_DEFL_PROCESS_KEYRING) {
		key = special_keyring(-where, true);
		if (IS_ERR(key))
			return PTR_ERR(key);
		key_put(key);
	}
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->jit_keyring = where;
	commit_creds(new);
	return old;
}

struct key *default_request_keyring(int *err)
{
	const struct cred *cred = current_cred();
	key_serial_t id = -(int)cred->jit_keyring;
	struct key *key;

	if (!id)
		id = cred->thread_keyring  ? KEY_SPEC_THREAD_KEYRING :
		     cred->process_keyring ? KEY_SPEC_PROCESS_KEYRING :
					     KEY_SPEC_SESSION_KEYRING;
	key = special_keyring(id, false);
	*err = IS_ERR(key) ? PTR_ERR(key) :
			     key_permission((struct key_ref){key, true}, KEY_NEED_WRITE);
	if (!*err)
		return key;
	if (!IS_ERR(key))
		key_put(key);
	return NULL;
}
