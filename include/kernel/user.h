/* SPDX-License-Identifier: MIT */
/* What all tasks of one real user id share: counters that resource limits are compared with. */
#ifndef KERNEL_USER_H
#define KERNEL_USER_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/refcount.h>

struct user_struct {
	refcount_t refs;
	uid_t uid; /* - */
	atomic_t sigpending; /* RLIMIT_SIGPENDING */
	atomic_t processes; /* RLIMIT_NPROC; counted by fork and release, moved by commit_creds() */
	atomic_long_t locked_vm; /* pages, RLIMIT_MEMLOCK of shared memory */
	atomic_long_t mq_bytes; /* RLIMIT_MSGQUEUE */
	atomic_long_t pipe_bufs; /* slots of pipes: pipe-user-pages-soft */
	atomic_t inotify_instances, inotify_watches; /* fs/notify */
	atomic_t fanotify_groups, fanotify_marks;
	atomic_long_t unix_inflight; /* files in AF_UNIX messages, RLIMIT_NOFILE */
	struct hlist_node hash; /* uidhash_lock */
};

extern struct user_struct root_user;

/* The object of @uid with a reference, made if need be; NULL: no memory. May sleep. */
struct user_struct *alloc_uid(uid_t uid);
static inline struct user_struct *get_uid(struct user_struct *user)
{
	refcount_inc(&user->refs);
	return user;
}
/* Any context. */
void free_uid(struct user_struct *user);

#define current_user() (current->cred->user)

#endif
