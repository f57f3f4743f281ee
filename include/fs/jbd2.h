/* SPDX-License-Identifier: MIT */
/*
 * A journal of block changes (fs/jbd2/). Changes to metadata buffers gather in the running
 * transaction and reach the disk all or not at all.
 *
 *   handle:      one file system operation; its changes are in one transaction. Started with the
 *                number of buffers it may change at most. Nests: a start inside a handle of the
 *                same journal gives the same handle again.
 *   transaction: RUNNING (handles join) -> LOCKED (waits for its handles, copies its buffers)
 *                -> COMMITTING (the copies go to the log) -> CHECKPOINT (its buffers go to their
 *                places whenever) -> gone, its log space is free.
 *   buffer:      in no transaction; in the running one (never BH_Dirty, so nobody writes it to its
 *                place); committed, dirty or written, and on a checkpoint list until it is clean.
 *
 * Rules
 * - jbd2_journal_get_write_access() before changing a buffer, jbd2_journal_dirty_metadata() after;
 *   get_create_access() for a new block whose old contents do not matter.
 * - A metadata block that is freed: jbd2_journal_forget(), which also writes a revoke record, so
 *   that replay does not put old contents over what the block is used for later.
 * - File data that a handle makes reachable is submitted for writing inside that handle, between
 *   jbd2_data_begin() and its end_io's jbd2_data_end(): the commit waits for it (data=ordered).
 * - No page lock may be waited for inside a handle; a handle may be started under a page lock.
 *   Allocation inside a handle does not re-enter file systems (PF_MEMALLOC_NOFS is set).
 * - After an I/O error the journal is aborted: starting a handle gives -EROFS, and j_abort is
 *   called once.
 */
#ifndef FS_JBD2_H
#define FS_JBD2_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <kernel/sched.h>
#include <fs/buffer_head.h>

struct journal;
struct transaction;

typedef u32 tid_t;
typedef struct journal_handle {
	struct journal *h_journal;
	struct transaction *h_transaction;
	unsigned int h_ref;
	int h_credits;
	bool h_sync; /* commit when it stops, and wait */
	unsigned int h_nofs; /* PF_MEMALLOC_NOFS before */
} handle_t;

/* Called when the transaction it was added to is safe on disk (or the journal is aborted). */
struct jbd2_callback {
	struct list_head list;
	void (*fn)(struct jbd2_callback *cb);
};

/* A run of the journal's blocks on the device. */
struct jbd2_extent {
	u32 logical, len;
	u64 physical;
};

struct jbd2_setup {
	struct block_device *bdev;
	unsigned int blocksize;
	const struct jbd2_extent *extents; /* copied; cover [0, blocks) in order */
	unsigned int nr_extents;
	u64 blocks;
	const char *name; /* for messages */
	bool barrier;
	bool want_csum, want_64bit; /* features to turn on once the log is empty */
	unsigned int commit_interval; /* seconds */
	u64 fs_first, fs_blocks; /* only these blocks may be replayed to */
	void (*abort)(void *arg, int error);
	void *abort_arg;
};

/* Reads and checks the super block; no replay yet. ERR_PTR(-EINVAL, -EIO, -ENOMEM). Sleeps. */
struct journal *jbd2_journal_load(const struct jbd2_setup *setup);
bool jbd2_journal_needs_recovery(const struct journal *journal);
/* Replays the log and marks it empty. 0 or -errno (-EUCLEAN: it is damaged). Sleeps. */
int jbd2_journal_recover(struct journal *journal);
/* Starts journalling: the commit thread runs. 0 or -errno. */
int jbd2_journal_start_thread(struct journal *journal);
/* Commits, checkpoints, marks the log empty, frees. 0 or what went wrong. Sleeps. */
int jbd2_journal_destroy(struct journal *journal);

/* A handle of at most @nblocks changed buffers. ERR_PTR(-EROFS, -ENOMEM, -ENOSPC). Sleeps. */
handle_t *jbd2_journal_start(struct journal *journal, int nblocks);
/* @nblocks more for this handle, if they can be had without waiting: 0; else 1. */
int jbd2_journal_extend(handle_t *handle, int nblocks);
/* Ends the handle's part in its transaction and begins another of @nblocks. 0 or -errno. Sleeps. */
int jbd2_journal_restart(handle_t *handle, int nblocks);
int jbd2_journal_stop(handle_t *handle);
static inline handle_t *jbd2_current_handle(void)
{
	return current->journal_info;
}

int jbd2_journal_get_write_access(handle_t *handle, struct buffer_head *bh);
int jbd2_journal_get_create_access(handle_t *handle, struct buffer_head *bh);
int jbd2_journal_dirty_metadata(handle_t *handle, struct buffer_head *bh);
/* The block @blocknr is free from now on; @bh its buffer if the caller has it, consumed. */
int jbd2_journal_forget(handle_t *handle, u64 blocknr, struct buffer_head *bh);
void jbd2_add_callback(handle_t *handle, struct jbd2_callback *cb);

/* Ordered data: the transaction to pass to jbd2_data_end(), which is for any context. */
struct transaction *jbd2_data_begin(handle_t *handle);
void jbd2_data_end(struct transaction *t, int error);

tid_t jbd2_handle_tid(const handle_t *handle);
/* Makes sure that transaction @tid will be committed soon; waits until it is. 0 or -EIO. */
void jbd2_log_start_commit(struct journal *journal, tid_t tid);
int jbd2_log_wait_commit(struct journal *journal, tid_t tid);
/* Whether @tid is on disk already. */
bool jbd2_transaction_committed(struct journal *journal, tid_t tid);
/* Commits whatever is running, if @wait until it is done. 0 or -EIO. */
int jbd2_journal_force_commit(struct journal *journal, bool wait);
/* Everything committed is at its place and the log is empty: remount read-only. Sleeps. */
int jbd2_journal_flush(struct journal *journal);
void jbd2_journal_abort(struct journal *journal, int error);
bool jbd2_journal_aborted(const struct journal *journal);
/* The errno that an earlier mount recorded, or 0; and forgets it. */
int jbd2_journal_errno(struct journal *journal);
void jbd2_journal_clear_err(struct journal *journal);
void jbd2_journal_set_options(struct journal *journal, unsigned int commit_interval, bool barrier);
/* Blocks a handle may ask for at most. */
int jbd2_max_handle_credits(const struct journal *journal);

#endif
