/* SPDX-License-Identifier: MIT */
/* /proc/net/unix: proc(5). Position: bucket << 32 | index in it. */
#include <kernel/init.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include "unix.h"

static struct unix_bucket *bucket_at(loff_t pos)
{
	return &unix_table[pos >> 32];
}

/* The first sock at or after *pos, its bucket locked; NULL at the end. */
static struct unix_sock *sock_at(loff_t *pos)
{
	for (; *pos >> 32 < UNIX_HASH_SIZE; *pos = ((*pos >> 32) + 1) << 32) {
		struct unix_bucket *b = bucket_at(*pos);
		u32 index = (u32)*pos, n = 0;
		struct unix_sock *u;

		spin_lock(&b->lock);
		hlist_for_each_entry(u, &b->head, node)
			if (n++ == index)
				goto found;
		spin_unlock(&b->lock);
		continue;
found:
		__release(&b->lock);
		return u;
	}
	return NULL;
}

static void *unix_seq_start(struct seq_file *m, loff_t *pos)
{
	struct unix_sock *u;

	if (!*pos)
		return SEQ_START_TOKEN;
	*pos -= 1;
	u = sock_at(pos);
	m->private = u ? bucket_at(*pos) : NULL;
	*pos += 1;
	return u;
}

static void unix_seq_stop(struct seq_file *m, void *v)
{
	struct unix_bucket *b = m->private;

	m->private = NULL;
	if (b) {
		__acquire(&b->lock);
		spin_unlock(&b->lock);
	}
}

static void *unix_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	unix_seq_stop(m, v);
	*pos += 1;
	return unix_seq_start(m, pos);
}

/* SS_UNCONNECTED .. as the file has them: of a sock without a socket one less. */
static int show_state(const struct sock *sk)
{
	if (sk->sk_socket)
		return sk->sk_state == TCP_ESTABLISHED ? SS_CONNECTED : SS_UNCONNECTED;
	return sk->sk_state == TCP_ESTABLISHED ? SS_CONNECTING : SS_DISCONNECTING;
}

static void show_name(struct seq_file *m, const struct unix_address *addr)
{
	int len = addr->len - (int)offsetof(struct sockaddr_un, sun_path);

	seq_putc(m, ' ');
	if (addr->name.sun_path[0]) {
		seq_puts(m, addr->name.sun_path);
		return;
	}
	for (int i = 0; i < len; i++)
		seq_putc(m, addr->name.sun_path[i] ? addr->name.sun_path[i] : '@');
}

static int unix_seq_show(struct seq_file *m, void *v)
{
	struct unix_sock *u = v;
	struct sock *sk = &u->sk;
	const struct unix_address *addr;
	unsigned long ino = 0;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "Num       RefCount Protocol Flags    Type St Inode Path\n");
		return 0;
	}
	spin_lock(&sk->sk_lock);
	if (sk->sk_socket && sk->sk_socket->file)
		ino = file_inode(sk->sk_socket->file)->i_ino;
	seq_printf(m, "%016lx: %08X %08X %08X %04X %02X %5lu", 0ul, refcount_read(&sk->sk_refcnt),
		   0, sk->sk_state == TCP_LISTEN ? __SO_ACCEPTCON : 0, sk->sk_type, show_state(sk),
		   ino);
	spin_unlock(&sk->sk_lock);
	addr = smp_load_acquire(&u->addr);
	if (addr)
		show_name(m, addr);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations unix_seq_ops = {
	.start = unix_seq_start,
	.next = unix_seq_next,
	.stop = unix_seq_stop,
	.show = unix_seq_show,
};

static int __init unix_proc_init(void)
{
	proc_create_seq("net/unix", 0444, NULL, &unix_seq_ops);
	return 0;
}
fs_initcall(unix_proc_init);
