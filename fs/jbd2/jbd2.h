/* SPDX-License-Identifier: MIT */
/*
 * What the files of fs/jbd2/ share.
 *
 * j_lock is a leaf spinlock over all lists and states. j_checkpoint_mutex serialises who frees log
 * space; it is taken with no handle held. The commit thread is the only one that writes the log and
 * moves j_head.
 */
#ifndef FS_JBD2_JBD2_H
#define FS_JBD2_JBD2_H

#include <lib/err.h>
#include <lib/string.h>
#include <kernel/bug.h>
#include <kernel/kthread.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <mm/slab.h>
#include <fs/jbd2.h>
#include "format.h"

enum transaction_state { T_RUNNING, T_LOCKED, T_COMMITTING, T_CHECKPOINT };

/* A buffer the journal knows: bh->b_private, with a reference on the buffer. All fields: j_lock. */
struct journal_head {
	struct buffer_head *b_bh;
	struct transaction *b_transaction; /* running or locked */
	struct transaction *b_commit_transaction; /* its copy is on the way to the log */
	struct transaction *b_cp_transaction; /* the newest whose log copy is its last good one */
	bool b_forget; /* freed in b_transaction: nothing to log, nothing to write */
	bool b_commit_forget; /* the same of b_commit_transaction */
	struct list_head b_list; /* t_buffers of b_transaction */
	struct list_head b_commit_list; /* t_commit_list of b_commit_transaction */
	struct list_head b_cp_list; /* t_checkpoint of b_cp_transaction */
};

/* A buffer's contents as its transaction leaves them, or a journal block. */
struct log_copy {
	struct list_head list;
	void *data;
	u64 blocknr;
	bool escaped;
};

struct revoke_chunk {
	struct list_head list;
	unsigned int n;
	u64 blocks[60];
};

struct transaction {
	struct journal *t_journal;
	tid_t t_tid;
	enum transaction_state t_state; /* j_lock */
	u32 t_log_start; /* first log block; commit thread, then j_lock */
	unsigned int t_updates; /* j_lock; handles in it */
	int t_credits; /* j_lock; promised to handles and used by buffers */
	unsigned int t_nr_buffers; /* j_lock */
	unsigned int t_nr_revokes; /* j_lock */
	ktime_t t_expires;
	struct list_head t_buffers; /* j_lock; journal_head.b_list */
	struct list_head t_commit_list; /* j_lock; journal_head.b_commit_list */
	struct list_head t_copies; /* commit thread; log_copy: journal blocks */
	struct list_head t_checkpoint; /* j_lock; journal_head.b_cp_list */
	struct list_head t_revokes; /* j_lock; revoke_chunk */
	struct list_head t_callbacks; /* j_lock */
	struct list_head t_list; /* j_lock; in j_checkpoint, oldest first */
	atomic_t t_data_io; /* data writes under way, and one until the commit looks */
	_Atomic(int) t_data_error;
};

#define J_ABORT	    1u
#define J_STOP	    2u /* the thread is to end */
#define J_DIRTY_LOG 4u /* the super block on disk says that there is a log */

struct journal {
	struct block_device *j_bdev;
	unsigned int j_blocksize;
	struct jbd2_geometry j_geo;
	char j_name[32];
	bool j_barrier, j_want_csum, j_want_64bit;
	struct jbd2_extent *j_extents;
	unsigned int j_nr_extents;
	u64 j_fs_first, j_fs_blocks;
	struct buffer_head *j_sb_bh;

	spinlock_t j_lock;
	unsigned int j_flags; /* j_lock to write; J_* */
	int j_errno;
	struct transaction *j_running, *j_committing; /* j_lock */
	struct list_head j_checkpoint; /* j_lock; committed transactions, oldest first */
	tid_t j_next_tid; /* j_lock */
	tid_t j_commit_sequence; /* j_lock; last committed */
	tid_t j_commit_request; /* j_lock; commit up to here */
	u32 j_head; /* commit thread; next log block to write */
	u32 j_tail; /* j_lock; oldest block in use as the disk knows it */
	tid_t j_tail_tid;
	u32 j_free; /* j_lock; log blocks free */
	int j_max_credits; /* of a transaction */
	ktime_t j_interval;

	struct mutex j_checkpoint_mutex;
	struct task_struct *j_task;
	struct wait_queue_head j_wait_commit; /* the thread: something to do */
	struct wait_queue_head j_wait_done; /* commit ended, transaction unlocked, space freed */
	struct wait_queue_head j_wait_updates; /* the thread: handles, data I/O */
	void (*j_abort)(void *arg, int error);
	void *j_abort_arg;
};

extern struct kmem_cache *jbd2_head_cache, *jbd2_handle_cache;

/* journal.c */
/* Where log block @n is on the device. Out of range: 0, which is never a log block. */
u64 jbd2_log_block(const struct journal *journal, u32 n);
/* Reads one log block into @buf. 0 or -EIO. */
int jbd2_read_log(struct journal *journal, u32 n, void *buf);
u32 jbd2_next_log(const struct journal *journal, u32 n);
/* Writes the super block with what tail the caller says; @start 0: empty. Sleeps. 0 or -EIO. */
int jbd2_write_super(struct journal *journal, tid_t sequence, u32 start);
static inline bool tid_geq(tid_t a, tid_t b)
{
	return (s32)(a - b) >= 0;
}

/* transaction.c; j_lock held. */
/* Drops the journal's hold on a buffer that no transaction has any more. */
void jbd2_put_head(struct journal_head *jh);
void jbd2_free_transaction(struct transaction *t);

/* commit.c */
int jbd2_commit_thread(void *arg);

/* checkpoint.c */
/* Takes clean buffers off the checkpoint lists; does not sleep. j_lock held. */
void jbd2_clean_checkpoints(struct journal *journal);
/* Writes buffers of the oldest transactions until @want log blocks are free. */
int jbd2_checkpoint(struct journal *journal, u32 want, bool may_commit);
/* What the commit thread does for space after a commit, without waiting for anybody. */
void jbd2_trim_log(struct journal *journal);
/* The buffers of @jh's older transaction are superseded: j_lock held. */
void jbd2_drop_checkpoint(struct journal_head *jh);
int jbd2_update_tail(struct journal *journal);

/* recovery.c */
int jbd2_replay(struct journal *journal);

#endif
