/* SPDX-License-Identifier: MIT */
/*
 * /proc/sysvipc and the limits of System V objects in /proc/sys/kernel: sysvipc(7), proc(5).
 */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kernel/init.h>
#include <kernel/sysctl.h>
#include <uapi/errno.h>
#include "util.h"

/* ---- /proc/sysvipc --------------------------------------------------------------------------- */

struct ipc_list {
	const char *name, *header;
	struct ipc_ids *ids;
	void (*show)(struct seq_file *m, struct kern_ipc_perm *perm);
};

static struct ipc_list ipc_lists[] = {
	{"msg",
	 "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
	 "      stime      rtime      ctime\n",
	 &msg_ids, msg_show},
	{"sem",
	 "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n",
	 &sem_ids, sem_show},
	{"shm",
	 "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid"
	 "  cgid      atime      dtime      ctime                   rss                  swap\n",
	 &shm_ids, shm_show},
};

static int sysvipc_show(struct seq_file *m, void *v)
{
	const struct ipc_list *list = m->private;
	struct kern_ipc_perm *perm;
	unsigned long idx;

	seq_puts(m, list->header);
	down_read(&list->ids->rwsem);
	xa_for_each(&list->ids->objs, idx, perm) {
		ipc_lock_object(perm);
		list->show(m, perm);
		ipc_unlock(perm);
	}
	up_read(&list->ids->rwsem);
	return 0;
}

/* ---- /proc/sys/kernel ------------------------------------------------------------------------ */

static const int zero = 0, one = 1, int_most = INT_MAX, mni_most = IPCMNI, minus_one = -1;

/* semmni is the last of four; a write that would break its bound changes nothing. */
static int sem_handler(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int old = sc_semmni, err = proc_dointvec(table, write, buf, lenp);

	if (write && (sc_semmni < 0 || sc_semmni > IPCMNI)) {
		WRITE_ONCE(sc_semmni, old);
		return -ERANGE;
	}
	return err;
}

static int rmid_forced_handler(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_dointvec_minmax(table, write, buf, lenp);

	if (write && !err && shm_rmid_forced)
		shm_destroy_orphaned();
	return err;
}

#define INT_RANGE(nm, var, lo, hi)                                                     \
	{                                                                              \
		.procname = (nm), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(lo), .extra2 = &(hi) \
	}
#define ULONG_RW(nm, var)                                                               \
	{                                                                               \
		.procname = (nm), .data = &(var), .maxlen = sizeof(long), .mode = 0644, \
		.proc_handler = proc_doulongvec_minmax                                  \
	}

static const struct ctl_table ipc_table[] = {
	ULONG_RW("shmmax", shm_ctlmax),
	ULONG_RW("shmall", shm_ctlall),
	INT_RANGE("shmmni", shm_ctlmni, zero, mni_most),
	{.procname = "shm_rmid_forced",
	 .data = &shm_rmid_forced,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = rmid_forced_handler,
	 .extra1 = &zero,
	 .extra2 = &one},
	INT_RANGE("msgmax", msg_ctlmax, zero, int_most),
	INT_RANGE("msgmni", msg_ctlmni, zero, mni_most),
	INT_RANGE("msgmnb", msg_ctlmnb, zero, int_most),
	{.procname = "sem",
	 .data = sem_ctls,
	 .maxlen = sizeof(sem_ctls),
	 .mode = 0644,
	 .proc_handler = sem_handler},
	INT_RANGE("msg_next_id", msg_ids.next_id, minus_one, int_most),
	INT_RANGE("sem_next_id", sem_ids.next_id, minus_one, int_most),
	INT_RANGE("shm_next_id", shm_ids.next_id, minus_one, int_most),
};

static int __init sysvipc_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("sysvipc", NULL);

	for (unsigned int i = 0; dir && i < ARRAY_SIZE(ipc_lists); i++)
		proc_create_single_data(ipc_lists[i].name, 0444, dir, sysvipc_show, &ipc_lists[i]);
	return register_sysctl("kernel", ipc_table, ARRAY_SIZE(ipc_table));
}
fs_initcall(sysvipc_init);
