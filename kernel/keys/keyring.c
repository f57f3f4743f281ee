/* SPDX-License-Identifier: MIT */
/* Keyrings: links, sorted by type and description, and the search through keyrings in keyrings. */
#include <lib/string.h>
#include <kernel/time.h>
#include <mm/slab.h>
#include "internal.h"

#define LINK_COST 4 /* bytes of quota */

static struct key_link *link_of(const struct rb_node *node)
{
	return rb_entry(node, struct key_link, node);
}

/* Keyrings first, so that a search finds them without looking at the rest. */
static int compare(const struct key_type *type, const char *desc, const struct key *with)
{
	if (type->is_keyring != with->type->is_keyring)
		return type->is_keyring ? -1 : 1;
	if (type != with->type)
		return strcmp(type->name, with->type->name);
	return strcmp(desc, with->desc);
}

/* Where a link to such a key is, or would be: *link is NULL then. */
static struct rb_node **find_place(struct key *ring, const struct key_type *type, const char *desc,
				   struct rb_node **parent)
{
	struct rb_node **at = &ring->links.rb_node;

	*parent = NULL;
	while (*at) {
		int c = compare(type, desc, link_of(*at)->key);

		if (!c)
			break;
		*parent = *at;
		at = c < 0 ? &(*at)->rb_left : &(*at)->rb_right;
	}
	return at;
}

struct key *keyring_find(const struct key *ring, const struct key_type *type, const char *desc)
{
	struct rb_node *parent, **at = find_place((struct key *)ring, type, desc, &parent);

	return *at ? link_of(*at)->key : NULL;
}

/* ---- links ---- */

static u64 search_nr; /* keys_mutex */

/* Whether @ring can be reached from @from, which a link between them would make a circle. */
static int check_circle(struct key *from, const struct key *ring, int depth)
{
	int err = 0;

	if (from == ring)
		return -EDEADLK;
	if (from->seen == search_nr)
		return 0;
	if (depth > KEYRING_DEPTH)
		return -ELOOP;
	from->seen = search_nr;
	for (struct rb_node *n = rb_first(&from->links); n && !err; n = rb_next(n)) {
		if (!link_of(n)->key->type->is_keyring)
			break;
		err = check_circle(link_of(n)->key, ring, depth + 1);
	}
	return err;
}

int keyring_link(struct key *ring, struct key *key)
{
	struct rb_node *parent, **at;
	struct key_link *link;
	int err = 0;

	if (key->type->is_keyring) {
		search_nr++;
		err = check_circle(key, ring, 1);
	}
	if (err)
		return err;
	at = find_place(ring, key->type, key->desc, &parent);
	if (*at) {
		link = link_of(*at);
		key_get(key);
		key_put(link->key);
		link->key = key;
		return 0;
	}
	err = key_charge(ring, LINK_COST);
	if (err)
		return err;
	link = kmalloc(sizeof(*link), GFP_KERNEL);
	if (!link) {
		key_charge(ring, -LINK_COST);
		return -ENOMEM;
	}
	link->key = key_get(key);
	rb_link_node(&link->node, parent, at);
	rb_insert_color(&link->node, &ring->links);
	ring->nr_links++;
	return 0;
}

static void remove_link(struct key *ring, struct key_link *link)
{
	rb_erase(&link->node, &ring->links);
	ring->nr_links--;
	key_charge(ring, -LINK_COST);
	key_put(link->key);
	kfree(link);
}

int keyring_unlink(struct key *ring, const struct key *key)
{
	struct rb_node *parent, **at = find_place(ring, key->type, key->desc, &parent);

	if (!*at || link_of(*at)->key != key)
		return -ENOENT;
	remove_link(ring, link_of(*at));
	return 0;
}

void keyring_clear(struct key *ring)
{
	struct rb_node *n;

	while ((n = rb_first(&ring->links)) != NULL)
		remove_link(ring, link_of(n));
}

void keyring_prune(struct key *ring)
{
	s64 limit = ktime_get_real() / NSEC_PER_SEC - key_gc_delay;
	struct rb_node *n, *next;

	for (n = rb_first(&ring->links); n; n = next) {
		struct key *key = link_of(n)->key;

		next = rb_next(n);
		if (key->expiry && key->expiry <= limit)
			remove_link(ring, link_of(n));
	}
}

void keyring_serials(const struct key *ring, key_serial_t *to, size_t max)
{
	struct rb_node *n = rb_first(&ring->links);

	for (; n && max--; n = rb_next(n))
		*to++ = link_of(n)->key->serial;
}

/* ---- search ---- */

/* A key that fits but cannot be taken: the reason that says most stays. */
static void note_error(struct key_search *s, int err)
{
	if (!s->err || s->err == -EACCES)
		s->err = err;
}

static bool may_take(struct key *key, bool possessed, struct key_search *s)
{
	int err = key_validate(key);

	if (!err && key_permission((struct key_ref){key, possessed}, KEY_NEED_SEARCH))
		err = -EACCES;
	if (!err)
		err = key->reject;
	if (err)
		note_error(s, err);
	return !err;
}

static struct key *search_ring(struct key *ring, bool possessed, struct key_search *s, int depth)
{
	struct key *key = keyring_find(ring, s->type, s->desc), *found = NULL;

	if (key && s->target)
		found = key == s->target ? key : NULL;
	else if (key && may_take(key, possessed, s))
		found = key;
	if (found)
		return key_get(found);
	for (struct rb_node *n = rb_first(&ring->links); n && !found; n = rb_next(n)) {
		key = link_of(n)->key;
		if (!key->type->is_keyring)
			break;
		if (key->seen == search_nr || depth == KEYRING_DEPTH || key_validate(key) ||
		    key_permission((struct key_ref){key, possessed}, KEY_NEED_SEARCH))
			continue;
		key->seen = search_nr;
		found = search_ring(key, possessed, s, depth + 1);
	}
	return found;
}

void keyring_search_start(void)
{
	search_nr++;
}

struct key *keyring_search(struct key_ref ring, struct key_search *s)
{
	int err = key_validate(ring.key);

	if (!err && key_permission(ring, KEY_NEED_SEARCH))
		err = -EACCES;
	if (err) {
		note_error(s, err);
		return NULL;
	}
	if (ring.key->seen == search_nr)
		return NULL;
	ring.key->seen = search_nr;
	return search_ring(ring.key, ring.possessed, s, 0);
}
