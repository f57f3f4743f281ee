/* SPDX-License-Identifier: MIT */
/*
 * Messages. A client has a few requests with their memory, made at mount time, so that nothing is
 * allocated for I/O; who finds none free waits. A server that does not answer within P9_TIMEOUT is
 * dead: every call fails from then on, and what it may still write to is never freed.
 */
#include <kernel/printk.h>
#include <lib/byteorder.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "9p.h"

#define P9_TIMEOUT  (60 * NSEC_PER_SEC)
#define P9_MIN_SIZE 4096u
#define P9_NOTAG    0xffffu

static DEFINE_MUTEX(channels_lock);
static LIST_HEAD(channels); /* channels_lock */

void p9_register_channel(struct p9_channel *ch)
{
	mutex_lock(&channels_lock);
	list_add_tail(&ch->list, &channels);
	mutex_unlock(&channels_lock);
}

static struct p9_channel *take_channel(const char *tag)
{
	struct p9_channel *ch, *found = ERR_PTR(-ENOENT);

	mutex_lock(&channels_lock);
	list_for_each_entry(ch, &channels, list) {
		if (strcmp(ch->tag, tag))
			continue;
		found = ch->used ? ERR_PTR(-EBUSY) : ch;
		if (!ch->used) {
			ch->used = true;
			break;
		}
	}
	mutex_unlock(&channels_lock);
	return found;
}

/* ---- fields ---------------------------------------------------------------------------------- */

void *p9_put_room(struct p9_req *r, u32 len)
{
	u8 *at = r->tx + r->pos;

	if (len > r->rx_size - r->pos) { /* both halves have the same size */
		r->bad = true;
		return NULL;
	}
	r->pos += len;
	return at;
}

static void put(struct p9_req *r, u64 v, u32 len)
{
	u8 *at = p9_put_room(r, len);

	for (u32 i = 0; at && i < len; i++)
		at[i] = v >> 8 * i;
}

void p9_put32(struct p9_req *r, u32 v)
{
	put(r, v, 4);
}

void p9_put64(struct p9_req *r, u64 v)
{
	put(r, v, 8);
}

void p9_put_str(struct p9_req *r, const char *s, size_t len)
{
	void *at;

	put(r, len, 2);
	at = len <= 0xffff ? p9_put_room(r, len) : NULL;
	if (at)
		memcpy(at, s, len);
	else
		r->bad = true;
}

const void *p9_get_bytes(struct p9_req *r, u32 len)
{
	const u8 *at = r->rx + r->pos;

	if (len > r->rx_len - r->pos) {
		r->bad = true;
		return NULL;
	}
	r->pos += len;
	return at;
}

static u64 get(struct p9_req *r, u32 len)
{
	const u8 *at = p9_get_bytes(r, len);
	u64 v = 0;

	for (u32 i = len; at && i--;)
		v = v << 8 | at[i];
	return v;
}

u8 p9_get8(struct p9_req *r)
{
	return get(r, 1);
}

u16 p9_get16(struct p9_req *r)
{
	return get(r, 2);
}

u32 p9_get32(struct p9_req *r)
{
	return get(r, 4);
}

u64 p9_get64(struct p9_req *r)
{
	return get(r, 8);
}

void p9_get_qid(struct p9_req *r, struct p9_qid *qid)
{
	qid->type = p9_get8(r);
	qid->version = p9_get32(r);
	qid->path = p9_get64(r);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static struct p9_req *try_take(struct p9_client *c)
{
	struct p9_req *r = NULL;

	spin_lock(&c->lock);
	for (unsigned int i = 0; i < P9_REQUESTS && !r; i++)
		if (!(c->busy >> i & 1)) {
			c->busy |= 1ul << i;
			r = &c->reqs[i];
		}
	spin_unlock(&c->lock);
	return r;
}

static void give_back(struct p9_client *c, struct p9_req *r)
{
	spin_lock(&c->lock);
	c->busy &= ~(1ul << (r - c->reqs));
	spin_unlock(&c->lock);
	wake_up(&c->wait);
}

struct p9_req *p9_begin(struct p9_client *c, u8 type)
{
	struct p9_req *r = NULL;

	wait_event(c->wait, READ_ONCE(c->dead) || (r = try_take(c)) != NULL);
	if (!r)
		return ERR_PTR(-EIO);
	r->pos = 0;
	r->bad = false;
	put(r, 0, 4); /* the size, when it is known */
	put(r, type, 1);
	put(r, type == P9_TVERSION ? P9_NOTAG : (u64)(r - c->reqs), 2);
	return r;
}

/* The server is given up with the request in its hands. */
static int no_answer(struct p9_client *c)
{
	pr_err("9p: %s: the server does not answer: it is given up\n", c->ch->tag);
	WRITE_ONCE(c->dead, true);
	wake_up_all(&c->wait);
	return -EIO;
}

/* Header of the answer: 0, the server's error, or -EIO. */
static int check_answer(struct p9_client *c, struct p9_req *r, u8 type, u16 tag)
{
	u32 size, error;
	u8 got;

	r->pos = 0;
	r->rx_len = min(r->rx_len, r->rx_size);
	size = p9_get32(r);
	got = p9_get8(r);
	if (r->bad || size < P9_HEADER || size > r->rx_len || p9_get16(r) != tag ||
	    (got != type + 1 && got != P9_RLERROR)) {
		pr_warn_ratelimited("9p: %s: bad answer to message %u\n", c->ch->tag, type);
		return -EIO;
	}
	r->rx_len = size;
	if (got != P9_RLERROR)
		return 0;
	error = p9_get32(r);
	return !r->bad && error && error < 4096 ? -(int)error : -EIO;
}

int p9_call(struct p9_client *c, struct p9_req *r)
{
	u32 len = r->pos;
	u8 type = r->tx[4];
	u16 tag = r->tx[5] | r->tx[6] << 8;
	int err = -ENAMETOOLONG;

	if (r->bad)
		goto out_give;
	r->pos = 0;
	put(r, len, 4);
	r->tx_len = len;
	r->rx_len = 0;
	init_completion(&r->done);
	err = READ_ONCE(c->dead) ? -EIO : c->ch->submit(c->ch, r);
	if (err)
		goto out_give;
	if (!wait_for_completion_timeout(&r->done, P9_TIMEOUT))
		return no_answer(c);
	err = check_answer(c, r, type, tag);
	if (!err)
		return 0;

out_give:
	give_back(c, r);
	return err;
}

int p9_end(struct p9_client *c, struct p9_req *r)
{
	int err = r->bad ? -EIO : 0;

	if (err)
		pr_warn_ratelimited("9p: %s: an answer is too short\n", c->ch->tag);
	give_back(c, r);
	return err;
}

/* ---- fids ------------------------------------------------------------------------------------ */

int p9_new_fid(struct p9_client *c, u32 *fid)
{
	int n;

	mutex_lock(&c->fid_lock);
	n = ida_alloc(&c->fids, GFP_KERNEL);
	mutex_unlock(&c->fid_lock);
	*fid = n;
	return n < 0 ? n : 0;
}

static void free_fid(struct p9_client *c, u32 fid)
{
	mutex_lock(&c->fid_lock);
	ida_free(&c->fids, fid);
	mutex_unlock(&c->fid_lock);
}

static int do_walk(struct p9_client *c, u32 fid, u32 newfid, const char *name, size_t len)
{
	struct p9_req *r = p9_begin(c, P9_TWALK);
	unsigned int n;
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid);
	p9_put32(r, newfid);
	put(r, name ? 1 : 0, 2);
	if (name)
		p9_put_str(r, name, len);
	err = p9_call(c, r);
	if (err)
		return err;
	n = p9_get16(r);
	err = p9_end(c, r);
	return err ? err : n == (name ? 1 : 0) ? 0 : -ENOENT;
}

int p9_walk(struct p9_client *c, u32 fid, const char *name, size_t len, u32 *newfid)
{
	int err = p9_new_fid(c, newfid);

	if (err)
		return err;
	err = do_walk(c, fid, *newfid, name, len);
	if (err)
		free_fid(c, *newfid);
	return err;
}

void p9_clunk(struct p9_client *c, u32 fid)
{
	struct p9_req *r = p9_begin(c, P9_TCLUNK);

	if (IS_ERR(r))
		return;
	p9_put32(r, fid);
	/* Even after an error the fid is gone; without an answer its number is not used again. */
	if (!p9_call(c, r))
		p9_end(c, r);
	if (!READ_ONCE(c->dead))
		free_fid(c, fid);
}

int p9_open_fid(struct p9_client *c, u32 fid, u32 flags)
{
	struct p9_req *r = p9_begin(c, P9_TLOPEN);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid);
	p9_put32(r, flags);
	err = p9_call(c, r);
	return err ? err : p9_end(c, r);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static int agree(struct p9_client *c)
{
	static const char version[] = "9P2000.L";
	struct p9_req *r = p9_begin(c, P9_TVERSION);
	const char *theirs;
	u32 size, len;
	int err;

	p9_put32(r, c->msize);
	p9_put_str(r, version, sizeof(version) - 1);
	err = p9_call(c, r);
	if (err)
		return err;
	size = p9_get32(r);
	len = p9_get16(r);
	theirs = p9_get_bytes(r, len);
	if (!theirs || len != sizeof(version) - 1 || memcmp(theirs, version, len) ||
	    size < P9_MIN_SIZE) {
		pr_err("9p: %s: the server does not speak %s\n", c->ch->tag, version);
		r->bad = true;
	}
	c->msize = min(c->msize, size);
	return p9_end(c, r);
}

/* The channel and the requests; what a dead server holds stays. */
void p9_disconnect(struct p9_client *c)
{
	if (c->dead)
		return;
	for (unsigned int i = 0; i < P9_REQUESTS; i++) {
		if (c->reqs[i].tx)
			free_pages_exact(c->reqs[i].tx, c->reqs[i].rx_size);
		if (c->reqs[i].rx)
			free_pages_exact(c->reqs[i].rx, c->reqs[i].rx_size);
	}
	mutex_lock(&channels_lock);
	c->ch->used = false;
	mutex_unlock(&channels_lock);
	ida_destroy(&c->fids);
	kfree(c);
}

static int make_requests(struct p9_client *c)
{
	for (unsigned int i = 0; i < P9_REQUESTS; i++) {
		c->reqs[i].rx_size = c->msize;
		c->reqs[i].tx = alloc_pages_exact(c->msize, GFP_KERNEL);
		c->reqs[i].rx = alloc_pages_exact(c->msize, GFP_KERNEL);
		if (!c->reqs[i].tx || !c->reqs[i].rx)
			return -ENOMEM;
	}
	return 0;
}

struct p9_client *p9_connect(const char *tag, u32 msize)
{
	struct p9_channel *ch = take_channel(tag);
	struct p9_client *c;
	int err;

	if (IS_ERR(ch))
		return ERR_CAST(ch);
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c) {
		mutex_lock(&channels_lock);
		ch->used = false;
		mutex_unlock(&channels_lock);
		return ERR_PTR(-ENOMEM);
	}
	c->ch = ch;
	c->msize = min(max(msize, P9_MIN_SIZE), ch->max_size);
	mutex_init(&c->fid_lock);
	ida_init(&c->fids);
	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->wait);
	err = make_requests(c);
	if (!err)
		err = agree(c);
	if (err) {
		p9_disconnect(c);
		return ERR_PTR(err);
	}
	return c;
}
