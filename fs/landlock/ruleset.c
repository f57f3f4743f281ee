/* SPDX-License-Identifier: MIT */
/* Landlock's rules, rulesets and layers: their life. */
#include <kernel/spinlock.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include "landlock.h"

static DEFINE_SPINLOCK(landlock_lock);

/* ---- rules ----------------------------------------------------------------------------------- */

static struct landlock_rule *find_rule(const struct rb_root *rules, const struct inode *inode)
{
	unsigned long key = (unsigned long)inode;
	struct rb_node *n = rules->rb_node;

	while (n) {
		struct landlock_rule *rule = rb_entry(n, struct landlock_rule, node);

		if (key == rule->key)
			return rule;
		n = key < rule->key ? n->rb_left : n->rb_right;
	}
	return NULL;
}

/* One whose inode is gone may have the address of a new one: it is no rule on that. */
u32 landlock_find_access(const struct rb_root *rules, const struct inode *inode)
{
	const struct landlock_rule *rule = find_rule(rules, inode);

	return rule && READ_ONCE(rule->inode) ? rule->access : 0;
}

static bool rule_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct landlock_rule, node)->key <
	       rb_entry(b, struct landlock_rule, node)->key;
}

/* landlock_lock held; the inode is in use. */
static void attach(struct landlock_rule *rule, struct inode *inode)
{
	ihold(inode);
	WRITE_ONCE(rule->inode, inode);
	list_add(&rule->sb_node, &inode->i_sb->s_landlock_rules);
}

int landlock_add_to_rules(struct rb_root *rules, struct inode *inode, u32 access)
{
	struct landlock_rule *rule = find_rule(rules, inode);
	bool known = rule;

	if (!rule) {
		rule = kzalloc(sizeof(*rule), GFP_KERNEL);
		if (!rule)
			return -ENOMEM;
		rule->key = (unsigned long)inode;
	}
	spin_lock(&landlock_lock);
	if (!rule->inode) {
		attach(rule, inode);
		rule->access = 0;
	}
	spin_unlock(&landlock_lock);
	rule->access |= access;
	if (!known)
		rb_add(&rule->node, rules, rule_less);
	return 0;
}

/*
 * A rule that is in no tree any more goes. The super block must not go before the inode: either it
 * is kept meanwhile, or, when it is going already, landlock_sb_delete() does the rest.
 */
static void free_rule(struct landlock_rule *rule)
{
	struct super_block *sb = NULL;
	struct inode *inode;

	spin_lock(&landlock_lock);
	inode = rule->inode;
	if (inode) {
		sb = inode->i_sb;
		if (!atomic_inc_not_zero(&sb->s_active)) {
			rule->orphan = true;
			spin_unlock(&landlock_lock);
			return;
		}
		list_del(&rule->sb_node);
	}
	spin_unlock(&landlock_lock);
	kfree(rule);
	if (inode) {
		iput(inode);
		deactivate_super(sb);
	}
}

void landlock_free_rules(struct rb_root *rules)
{
	struct rb_node *n;

	while ((n = rb_first(rules)) != NULL) {
		struct landlock_rule *rule = rb_entry(n, struct landlock_rule, node);

		rb_erase(n, rules);
		free_rule(rule);
	}
}

void landlock_sb_delete(struct super_block *sb)
{
	struct landlock_rule *rule;
	struct inode *inode;

	spin_lock(&landlock_lock);
	while ((rule = list_first_entry_or_null(&sb->s_landlock_rules, struct landlock_rule,
						sb_node)) != NULL) {
		bool orphan = rule->orphan;

		inode = rule->inode;
		WRITE_ONCE(rule->inode, NULL);
		list_del(&rule->sb_node);
		spin_unlock(&landlock_lock);
		if (orphan)
			kfree(rule);
		iput(inode);
		spin_lock(&landlock_lock);
	}
	spin_unlock(&landlock_lock);
}

/* ---- layers ---------------------------------------------------------------------------------- */

void landlock_get(struct landlock_layer *layer)
{
	if (layer)
		refcount_inc(&layer->refs);
}

static void free_layer(struct work_struct *work)
{
	struct landlock_layer *layer = container_of(work, struct landlock_layer, free), *below;

	do {
		below = layer->below;
		landlock_free_rules(&layer->rules);
		kfree(layer);
		layer = below;
	} while (layer && refcount_dec_and_test(&layer->refs));
}

void landlock_put(struct landlock_layer *layer)
{
	if (!layer || !refcount_dec_and_test(&layer->refs))
		return;
	INIT_WORK(&layer->free, free_layer);
	schedule_work(&layer->free);
}

static int copy_rule(struct rb_root *rules, struct landlock_rule *from)
{
	struct landlock_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL);
	bool alive;

	if (!rule)
		return -ENOMEM;
	rule->key = from->key;
	rule->access = from->access;
	spin_lock(&landlock_lock);
	alive = from->inode;
	if (alive)
		attach(rule, from->inode);
	spin_unlock(&landlock_lock);
	if (alive)
		rb_add(&rule->node, rules, rule_less);
	else
		kfree(rule);
	return 0;
}

struct landlock_layer *landlock_new_layer(struct landlock_ruleset *ruleset,
					  struct landlock_layer *below)
{
	struct landlock_layer *layer = kzalloc(sizeof(*layer), GFP_KERNEL);
	struct rb_node *n;
	int err = 0;

	if (!layer)
		return NULL;
	refcount_set(&layer->refs, 1);
	layer->depth = below ? below->depth + 1 : 1;
	layer->handled = ruleset->handled;
	mutex_lock(&ruleset->lock);
	for (n = rb_first(&ruleset->rules); n && !err; n = rb_next(n))
		err = copy_rule(&layer->rules, rb_entry(n, struct landlock_rule, node));
	mutex_unlock(&ruleset->lock);
	if (err) {
		landlock_free_rules(&layer->rules);
		kfree(layer);
		return NULL;
	}
	layer->below = below;
	return layer;
}
