/* SPDX-License-Identifier: MIT */
/*
 * Keys and keyrings, keyrings(7): what credentials have to do with them. The rest is kernel/keys/.
 */
#ifndef KERNEL_KEYS_H
#define KERNEL_KEYS_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/cred.h>

struct key;
struct seq_file;

#if IS_ENABLED(CONFIG_KEYS)
/* @cred is a new copy: it holds the keyrings too. */
void keys_copy_cred(struct cred *cred);
/* @cred goes. Any context. */
void keys_put_cred(struct cred *cred);
/*
 * A new task (exec: the old task with a new program) may not keep all keyrings of @cred: a thread
 * keyring is one thread's, a process keyring one process's.
 */
static inline bool keys_must_shed(const struct cred *cred, bool same_process)
{
	return cred->thread_keyring || (cred->process_keyring && !same_process);
}
void keys_shed(struct cred *cred, bool same_process);

int proc_keys_show(struct seq_file *m, void *v);
int proc_key_users_show(struct seq_file *m, void *v);
#else
static inline void keys_copy_cred(struct cred *cred)
{
}
static inline void keys_put_cred(struct cred *cred)
{
}
static inline bool keys_must_shed(const struct cred *cred, bool same_process)
{
	return false;
}
static inline void keys_shed(struct cred *cred, bool same_process)
{
}
/* Never called. */
int proc_keys_show(struct seq_file *m, void *v);
int proc_key_users_show(struct seq_file *m, void *v);
#endif

#endif
