/* SPDX-License-Identifier: MIT */
/*
 * Credentials: immutable once installed. A task changes its own by prepare, edit, commit. Readers
 * of another task's use RCU.
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <lib/refcount.h>
#include <kernel/rcupdate.h>
#include <uapi/capability.h>

typedef u64 kernel_cap_t; /* one bit a CAP_* */
#define CAP_BIT(c)   (1ULL << (c))
#define CAP_FULL_SET ((CAP_BIT(CAP_LAST_CAP) << 1) - 1)

struct task_struct;
struct group_info {
	refcount_t usage;
	int ngroups;
	gid_t gid[]; /* sorted */
};

struct user_struct;
struct key;
struct cred {
	refcount_t usage;
	uid_t uid, suid, euid, fsuid;
	gid_t gid, sgid, egid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct group_info *group_info;
	struct user_struct *user; /* what all tasks of the real uid share: <kernel/user.h> */
#if IS_ENABLED(CONFIG_KEYS)
	struct key *thread_keyring, *process_keyring, *session_keyring; /* or NULL */
	u8 jit_keyring; /* KEY_REQKEY_DEFL_* */
#endif
#if IS_ENABLED(CONFIG_LANDLOCK)
	struct landlock_layer *landlock; /* or NULL: <kernel/landlock.h> */
#endif
	struct rcu_head rcu;
};

/* Room for @n ids, to be filled sorted; NULL: no memory. May sleep. */
struct group_info *groups_alloc(int n);
static inline struct group_info *get_group_info(struct group_info *gi)
{
	refcount_inc(&gi->usage);
	return gi;
}
void put_group_info(struct group_info *gi);

extern struct cred init_cred;
extern struct group_info init_groups;

#define current_cred()	(current->cred)
#define current_uid()	(current_cred()->uid)
#define current_euid()	(current_cred()->euid)
#define current_gid()	(current_cred()->gid)
#define current_egid()	(current_cred()->egid)
#define current_fsuid() (current_cred()->fsuid)
#define current_fsgid() (current_cred()->fsgid)

static inline const struct cred *get_cred(const struct cred *cred)
{
	refcount_inc(&((struct cred *)cred)->usage);
	return cred;
}
void put_cred(const struct cred *cred);
/* A copy of current's to edit; NULL when out of memory. */
struct cred *prepare_creds(void);
void commit_creds(struct cred *new);
/* What a child of @like gets, with a reference; NULL: no memory. */
const struct cred *copy_creds(const struct task_struct *like, bool thread);
void abort_creds(struct cred *new);
/*
 * A task's cred and real_cred hold one reference together, but inside override_creds(), which
 * adds its own.
 */
/*
 * The credentials that exec of @bprm->file gives, in @bprm->cred; NULL there means that nothing
 * changes. Sets secureexec. 0 or -errno.
 */
struct linux_binprm;
int bprm_creds_from_file(struct linux_binprm *bprm);
/* fsuid etc. of @cred for the time between the two (access(2)). */
const struct cred *override_creds(const struct cred *new);
void revert_creds(const struct cred *old);
const struct cred *get_task_cred(struct task_struct *task);

bool capable(int cap); /* current's effective set; notes the use of it for acct(2) */
bool has_capability(struct task_struct *task, int cap);
bool in_group_p(gid_t gid); /* fsgid or supplementary */
bool in_egroup_p(gid_t gid);
/*
 * May current look into (PTRACE_MODE_READ) or control (PTRACE_MODE_ATTACH) @task? ptrace(2),
 * "access mode checking".
 */
#define PTRACE_MODE_READ      0x01
#define PTRACE_MODE_ATTACH    0x02
#define PTRACE_MODE_FSCREDS   0x08
#define PTRACE_MODE_REALCREDS 0x10
bool ptrace_may_access(struct task_struct *task, unsigned int mode);

/* securebits(7): capabilities(7), "The securebits flags". */
#define SECBIT_NOROOT			   (1u << 0)
#define SECBIT_NOROOT_LOCKED		   (1u << 1)
#define SECBIT_NO_SETUID_FIXUP		   (1u << 2)
#define SECBIT_NO_SETUID_FIXUP_LOCKED	   (1u << 3)
#define SECBIT_KEEP_CAPS		   (1u << 4)
#define SECBIT_KEEP_CAPS_LOCKED		   (1u << 5)
#define SECBIT_NO_CAP_AMBIENT_RAISE	   (1u << 6)
#define SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED (1u << 7)

#endif
