/* SPDX-License-Identifier: MIT */
/*
 * The objects of the VFS and the tables a file system or a driver fills in.
 *
 *   file_system_type --mounts--> super_block --has--> inode <--names-- dentry (<fs/dcache.h>)
 *   struct file: one open(2): a path, a position, flags; descriptors (<fs/file.h>) point to it.
 *
 * Rules
 * - An operation that a table leaves NULL gives the errno that Linux gives (EINVAL, ENOTTY,
 *   EPERM, ENODEV...).
 * - Directory operations run with the directory's i_rwsem held exclusively (lookup too);
 *   iterate_shared with it held shared; setattr with the inode's own i_rwsem held exclusively;
 *   getattr, permission and open with none.
 * - An operation marked RCU may be called inside rcu_read_lock(): it must not sleep and may
 *   answer -ECHILD to be called again without.
 * - Documentation/vfs.md has the lock order and the legal states of every object.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/err.h>
#include <lib/errseq.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>
#include <kernel/spinlock.h>
#include <kernel/mutex.h>
#include <kernel/rwsem.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <fs/path.h>

struct address_space;
struct block_device;
struct cdev;
struct cred;
struct epitem;
struct export_operations;
struct dentry;
struct dentry_operations;
struct file;
struct file_lock;
struct file_lock_context;
struct fown_struct;
struct inode;
struct iov_iter;
struct kstat;
struct kstatfs;
struct pipe_inode_info;
struct pid;
struct posix_acl;
struct poll_table_struct;
struct seq_file;
struct super_block;
struct vfsmount;
struct vm_area_struct;
struct xattr_handler;

/* ---- permission masks ------------------------------------------------------------------------ */
#define MAY_EXEC      0x01
#define MAY_WRITE     0x02
#define MAY_READ      0x04
#define MAY_APPEND    0x08
#define MAY_ACCESS    0x10
#define MAY_OPEN      0x20
#define MAY_CHDIR     0x40
#define MAY_NOT_BLOCK 0x80 /* inside RCU: answer -ECHILD rather than sleep */

/* ---- inode ----------------------------------------------------------------------------------- */

/* i_flags, set by the file system before the inode is visible unless said otherwise */
#define S_SYNC	    0x0001
#define S_NOATIME   0x0002
#define S_APPEND    0x0004 /* chattr +a */
#define S_IMMUTABLE 0x0008 /* chattr +i */
#define S_DEAD	    0x0010 /* removed directory; (w) of the directory */
#define S_NOCMTIME  0x0040
#define S_SWAPFILE  0x0100 /* in use as swap: contents and blocks stay as they are */
#define S_PRIVATE   0x0200
/* Every existing name of this directory is in the dentry cache (tmpfs, ramfs): a miss is ENOENT. */
#define S_ALLCACHED 0x0400
/*
 * getattr is absent and generic_fillattr() is enough, or getattr neither sleeps nor needs a
 * reference.
 */
#define S_FASTATTR 0x0800
#define S_STREAM   0x1000 /* pipe, socket, tty...: no position, no seek */
/*
 * i_op->permission is absent: mode bits, owner and group decide. Set when the inode gets its first
 * name.
 */
#define S_MODEPERM 0x2000
/* Blocks used are the pages in the page cache (i_blocks at least). */
#define S_PAGEBLOCKS 0x8000
/* Known to have no security.capability; i_rwsem. */
#define S_NOCAP	   0x10000
#define S_LINKABLE 0x4000 /* O_TMPFILE without O_EXCL: link() may name it; i_rwsem */

/*
 * Letters: (i) constant after the inode became visible; (l) i_lock; (w) written under i_rwsem
 * exclusive, read anywhere with READ_ONCE semantics; (a) atomic; (d) dcache_lock.
 */
struct inode {
	umode_t i_mode; /* (w) type bits (i) */
	u8 i_blkbits; /* (i) */
	u32 i_flags; /* S_*; (w) */
	uid_t i_uid; /* (w) */
	gid_t i_gid; /* (w) */
	const struct inode_operations *i_op; /* (i) never NULL */
	struct super_block *i_sb; /* (i) */
	const struct file_operations *i_fop; /* (i) never NULL */
	struct address_space *i_mapping; /* (i) NULL when there is no page cache */
	loff_t i_size; /* (w) */
	ino_t i_ino; /* (i) */
	unsigned int i_nlink; /* (w) of the directories and dcache */
	dev_t i_rdev; /* (i) device nodes */
	struct timespec64 i_atime, i_mtime, i_ctime; /* (w) or (l), torn reads are harmless */
	u64 i_blocks; /* (l) in 512-byte units */
	atomic_int i_count; /* (a) references; see iget/iput */
	atomic_int i_writecount; /* (a) > 0 writers, < 0 deny-write holders */
	spinlock_t i_lock;
	struct rw_semaphore i_rwsem;
	struct hlist_head i_dentry; /* (d) dentries of this inode */
	union {
		struct pipe_inode_info *i_pipe; /* (l) FIFO */
		const char *i_link; /* (i) symlink text kept in memory, else NULL */
	};
	struct file_lock_context *i_flctx; /* set once by cmpxchg */
	struct hlist_node i_hash; /* inode hash lock; disk file systems: fs/inode_cache.c */
	unsigned int i_state; /* (l) I_* */
	ktime_t dirtied_when; /* s_wb_lock */
	struct list_head i_lru; /* inode_lru_lock; unused and clean */
	struct list_head i_io_list; /* s_wb_lock; in sb->s_dirty */
	struct list_head i_sb_list; /* s_inode_list_lock; in sb->s_inodes */
#if IS_ENABLED(CONFIG_FSNOTIFY)
	u32 i_fsnotify_mask; /* events that somebody watches for; fsnotify_lock */
	struct hlist_head i_fsnotify_marks; /* fsnotify_lock */
#endif
#if IS_ENABLED(CONFIG_POSIX_ACL)
	struct posix_acl *i_acl, *i_default_acl; /* <fs/posix_acl.h> */
#endif
	struct rcu_head i_rcu;
	void *i_private; /* the file system's */
};

/* i_state */
#define I_NEW		 0x01 /* being read in or made; lookups wait */
#define I_DIRTY_SYNC	 0x02 /* the inode itself is newer than the disk */
#define I_DIRTY_DATASYNC 0x04 /* in what fdatasync(2) must write */
#define I_DIRTY_PAGES	 0x08
#define I_FREEING	 0x10 /* being evicted */
#define I_SYNC		 0x20 /* being written */
#define I_REFERENCED	 0x40 /* second chance on the LRU */
#define I_BAD		 0x80 /* could not be read */
#define I_HASHED	 0x100 /* is or was in the hash */
#define I_DIRTY		 (I_DIRTY_SYNC | I_DIRTY_DATASYNC | I_DIRTY_PAGES)

struct iattr {
	unsigned int ia_valid; /* ATTR_* */
	umode_t ia_mode;
	uid_t ia_uid;
	gid_t ia_gid;
	loff_t ia_size;
	struct timespec64 ia_atime, ia_mtime, ia_ctime;
	struct file *ia_file; /* with ATTR_FILE: ftruncate's file */
};

#define ATTR_MODE      (1u << 0)
#define ATTR_UID       (1u << 1)
#define ATTR_GID       (1u << 2)
#define ATTR_SIZE      (1u << 3)
#define ATTR_ATIME     (1u << 4)
#define ATTR_MTIME     (1u << 5)
#define ATTR_CTIME     (1u << 6)
#define ATTR_ATIME_SET (1u << 7)
#define ATTR_MTIME_SET (1u << 8)
#define ATTR_KILL_SUID (1u << 11)
#define ATTR_KILL_SGID (1u << 12)
#define ATTR_FORCE     (1u << 9) /* the kernel's own change: no owner check */
#define ATTR_FILE      (1u << 13)
#define ATTR_OPEN      (1u << 15) /* truncation by open(O_TRUNC) */
#define ATTR_TOUCH     (1u << 17)

struct inode_operations {
	/*
	 * Finds @dentry->d_name in @dir: d_add(dentry, inode or NULL) and NULL, another dentry to
	 * use, or ERR_PTR.
	 */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	/*
	 * Symlink text, NUL-terminated, valid while the inode is referenced; @dentry NULL inside
	 * RCU (-ECHILD).
	 */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode);
	/* -EACCES/-EPERM or 0. RCU when @mask has MAY_NOT_BLOCK. */
	int (*permission)(struct inode *inode, int mask);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags);
	int (*setattr)(struct dentry *dentry, struct iattr *attr);
	int (*getattr)(const struct path *path, struct kstat *stat, u32 request_mask,
		       unsigned int flags);
	int (*tmpfile)(struct inode *dir, struct dentry *dentry, umode_t mode);
	/* Names of extended attributes, each with its NUL; @size 0: how many bytes. <fs/xattr.h> */
	ssize_t (*listxattr)(struct dentry *dentry, char *buf, size_t size);
	/* The stored list of ACL_TYPE_*, referenced; NULL or ERR_PTR. <fs/posix_acl.h> */
	struct posix_acl *(*get_acl)(struct inode *inode, int type);
	/* Stores it and calls set_cached_acl(); i_rwsem held exclusively. */
	int (*set_acl)(struct inode *inode, struct posix_acl *acl, int type);
	/*
	 * FS_*_FL of chattr(1); get does not sleep, set (i_rwsem held exclusively) updates i_flags.
	 * <fs/fileattr.h>
	 */
	int (*fileattr_get)(struct inode *inode, u32 *flags);
	int (*fileattr_set)(struct inode *inode, u32 flags);
	/*
	 * proc's magic links: fills *path (referenced) with where the link goes, instead of
	 * get_link's text.
	 */
	int (*get_path)(struct dentry *dentry, struct path *path);
};

#define IS_RDONLY(inode)    (!!((inode)->i_sb->s_flags & SB_RDONLY))
#define IS_APPEND(inode)    (!!((inode)->i_flags & S_APPEND))
#define IS_SWAPFILE(inode)  (!!((inode)->i_flags & S_SWAPFILE))
#define IS_IMMUTABLE(inode) (!!((inode)->i_flags & S_IMMUTABLE))
#define IS_DEADDIR(inode)   (!!((inode)->i_flags & S_DEAD))

/*
 * Allocates an inode of @sb (through s_op->alloc_inode if any): count 1, nlink 1, times now. NULL:
 * no memory. May sleep.
 */
struct inode *new_inode(struct super_block *sb);
/* The same with i_ino = get_next_ino(); for file systems without numbers of their own. */
struct inode *new_inode_pseudo(struct super_block *sb);
/* Fills the generic part of an inode that the file system allocated itself. */
void inode_init_always(struct super_block *sb, struct inode *inode);
ino_t get_next_ino(void);
/* Another reference; the caller holds one. Any context. */
void ihold(struct inode *inode);
/* Drops one; the last evicts (and, nlink 0, deletes) the inode. May sleep; NULL is ignored. */
void iput(struct inode *inode);
/* Another reference unless it is being evicted (NULL). */
struct inode *igrab(struct inode *inode);

/*
 * Inodes found by number (disk file systems); all may sleep.
 * iget_locked(): the inode @ino of @sb, referenced; when it is not in memory a new one that is
 * I_NEW: the caller reads it in and calls unlock_new_inode(), or iget_failed(). NULL: no memory.
 */
struct inode *iget_locked(struct super_block *sb, ino_t ino);
/* The inode if it is in memory, referenced, else NULL. */
struct inode *ilookup(struct super_block *sb, ino_t ino);
/* Makes a new_inode() with its i_ino set findable, I_NEW. -EBUSY: that number is in use. */
int insert_inode_locked(struct inode *inode);
void unlock_new_inode(struct inode *inode);
/* The I_NEW inode cannot be read: nobody will find it; its reference is dropped. */
void iget_failed(struct inode *inode);
/* Out of the hash, so that the last iput() evicts it. */
void remove_inode_hash(struct inode *inode);
static inline bool inode_unhashed(const struct inode *inode)
{
	return !inode->i_hash.pprev;
}
/* Evicts all unused inodes of @sb, clean or not: unmount. */
void evict_inodes(struct super_block *sb);
/*
 * Notes that @inode (I_DIRTY_SYNC: times, I_DIRTY_DATASYNC: what fdatasync must write,
 * I_DIRTY_PAGES: its pages) is newer than the disk. Cheap when already noted; nothing for inodes
 * that are not hashed. Process context. More: <fs/writeback.h>.
 */
#if IS_ENABLED(CONFIG_INODE_HASH)
void __mark_inode_dirty(struct inode *inode, int flags);
#else
static inline void __mark_inode_dirty(struct inode *inode, int flags)
{
}
#endif

static inline void mark_inode_dirty(struct inode *inode)
{
	__mark_inode_dirty(inode, I_DIRTY_SYNC | I_DIRTY_DATASYNC);
}

static inline void mark_inode_dirty_sync(struct inode *inode)
{
	__mark_inode_dirty(inode, I_DIRTY_SYNC);
}

/* Without set-group-ID if @dir would give an executable a group that current is not in. */
umode_t mode_strip_sgid(const struct inode *dir, umode_t mode);
/* Owner, group (setgid directories) and mode of a new inode made in @dir (NULL: none). */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
/* i_op/i_fop/i_rdev for devices, FIFOs and sockets. */
void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev);
/* The coarse real time, as file systems stamp it. */
struct timespec64 current_time(const struct inode *inode);
void inode_set_nlink(struct inode *inode, unsigned int n);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void clear_nlink(struct inode *inode);

static inline loff_t i_size_read(const struct inode *inode)
{
	return READ_ONCE(inode->i_size);
}

static inline void i_size_write(struct inode *inode, loff_t size)
{
	WRITE_ONCE(inode->i_size, size);
}

/*
 * i_rwsem. Taken and given back by different functions along a walk, so sparse does not count it
 * (lockdep does): each of these balances its own context.
 */
/* Subclasses for the checker: the second of two directories; entries under a locked directory. */
#define I_MUTEX_PARENT2 1
#define I_MUTEX_CHILD	2
#define I_MUTEX_CHILD2	3
static inline void inode_lock_nested(struct inode *inode, unsigned int subclass)
{
	down_write_nested(&inode->i_rwsem, subclass);
	__release(&inode->i_rwsem);
}

static inline void inode_lock(struct inode *inode)
{
	down_write(&inode->i_rwsem);
	__release(&inode->i_rwsem);
}

static inline void inode_unlock(struct inode *inode)
{
	__acquire(&inode->i_rwsem);
	up_write(&inode->i_rwsem);
}

static inline void inode_lock_shared(struct inode *inode)
{
	down_read(&inode->i_rwsem);
	__release(&inode->i_rwsem);
}

static inline void inode_unlock_shared(struct inode *inode)
{
	__acquire(&inode->i_rwsem);
	up_read(&inode->i_rwsem);
}

/* Locks two different non-directories in address order; either may be NULL. */
void lock_two_nondirectories(struct inode *a, struct inode *b);
void unlock_two_nondirectories(struct inode *a, struct inode *b);

/*
 * inode(7) checks with the caller's fsuid/fsgid/capabilities: 0, -EACCES, -EPERM or -EROFS.
 * MAY_NOT_BLOCK: RCU.
 */
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask);
/* inode_permission() of an open file's inode. */
int file_permission(struct file *file, int mask);
/* The caller owns the inode or has CAP_FOWNER. */
bool inode_owner_or_capable(const struct inode *inode);
/*
 * setattr(2) family: checks @attr against the caller; may clear S_ISGID in attr->ia_mode. i_rwsem
 * held.
 */
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
/* Copies everything but the size into the inode. i_rwsem held. */
void setattr_copy(struct inode *inode, const struct iattr *attr);
/* i_op->setattr with the common checks, ctime and suid rules. i_rwsem held exclusively. */
int notify_change(struct dentry *dentry, struct iattr *attr);
/* -EFBIG (and SIGXFSZ) when @size is over RLIMIT_FSIZE or s_maxbytes. */
int inode_newsize_ok(const struct inode *inode, loff_t size);
/* Strips setuid/setgid after a write or truncation, as POSIX wants. i_rwsem held exclusively. */
int file_remove_privs(struct file *file);
/* mtime and ctime of a write; cheap when nothing changes. */
void file_update_time(struct file *file);
/* atime by the mount's relatime/noatime rules. */
void touch_atime(const struct path *path);
static inline void file_accessed(struct file *file);
/* relatime as mount(8): whether atime must move now. */
bool atime_needs_update(const struct path *path, struct inode *inode);

/* ---- struct file ----------------------------------------------------------------------------- */

#define FMODE_READ	((__force fmode_t)0x1)
#define FMODE_WRITE	((__force fmode_t)0x2)
#define FMODE_LSEEK	((__force fmode_t)0x4)
#define FMODE_PREAD	((__force fmode_t)0x8)
#define FMODE_PWRITE	((__force fmode_t)0x10)
#define FMODE_EXEC	((__force fmode_t)0x20)
#define FMODE_NONOTIFY	((__force fmode_t)0x40)
#define FMODE_CAN_READ	((__force fmode_t)0x80)
#define FMODE_CAN_WRITE ((__force fmode_t)0x100)
#define FMODE_ATOMIC_POS \
	((__force fmode_t)0x200) /* regular file or directory: f_pos is serialised */
#define FMODE_STREAM ((__force fmode_t)0x400) /* no position at all */
#define FMODE_PATH   ((__force fmode_t)0x800) /* O_PATH */
#define FMODE_WRITER \
	((__force fmode_t)0x1000) /* counted in i_writecount and in the mount's writers */
#define FMODE_OPENED	  ((__force fmode_t)0x2000)
#define FMODE_NOWAIT	  ((__force fmode_t)0x4000)
#define FMODE_CREATED	  ((__force fmode_t)0x8000)
#define FMODE_RANDOM	  ((__force fmode_t)0x10000) /* (l) posix_fadvise(2): no read-ahead */
#define FMODE_SEQUENTIAL  ((__force fmode_t)0x20000) /* (l) twice as much of it */

#define OPEN_FMODE(flags) ((__force fmode_t)(((flags) + 1) & O_ACCMODE))

/*
 * Letters: (i) constant after open; (a) atomic; (l) f_lock; (p) f_pos_lock when the file can be
 * shared. Memory is type-stable under RCU: fget() takes a reference with inc-not-zero and looks at
 * the slot again.
 */
struct file {
	atomic_long f_count; /* (a) */
	fmode_t f_mode; /* (i) */
	unsigned int f_flags; /* (l) O_*; read without */
	const struct file_operations *f_op; /* (i) */
	struct inode *f_inode; /* (i) cached f_path.dentry->d_inode */
	struct path f_path; /* (i) */
	struct address_space *f_mapping; /* (i) */
	loff_t f_pos; /* (p) */
	void *private_data; /* the driver's; set in open */
	const struct cred *f_cred; /* (i) */
	struct mutex f_pos_lock;
	spinlock_t f_lock;
	struct fown_struct *f_owner; /* (l) SIGIO owner, allocated by the first F_SETOWN */
	struct epitem *f_ep; /* (l) epoll entries watching this file */
	union {
		unsigned long f_ra_prev; /* readahead: last page read */
		unsigned long f_version; /* FIFO: writers seen at open */
	};
	unsigned int f_ra_size;
	u32 f_wb_err, f_sb_err; /* (l) errors seen: of the file, of its file system */
	struct callback_head f_work; /* of the deferred last fput() */
};

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
	int ki_flags; /* IOCB_* */
	void (*ki_complete)(struct kiocb *iocb, long ret);
	void *private;
};

#define IOCB_HIPRI   0x01
#define IOCB_DSYNC   0x02
#define IOCB_SYNC    0x04
#define IOCB_NOWAIT  0x08
#define IOCB_APPEND  0x10
#define IOCB_EVENTFD (1 << 16)
#define IOCB_DIRECT  (1 << 17)
#define IOCB_WRITE   (1 << 18)

/* A getdents(2) consumer. The actor returns false to stop (buffer full). */
struct dir_context;
typedef bool (*filldir_t)(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
			  unsigned int type);

struct dir_context {
	filldir_t actor;
	loff_t pos;
};

struct file_operations {
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	/*
	 * Plain read and write of a user buffer, for drivers that want no iov_iter; used when
	 * read_iter is NULL.
	 */
	ssize_t (*read)(struct file *file, char __user *buf, size_t len, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t len, loff_t *pos);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	int (*iterate_shared)(struct file *file, struct dir_context *ctx);
	/*
	 * Ready events now; registers wait queues through poll_wait() when the table asks. Must not
	 * sleep on them.
	 */
	__poll_t (*poll)(struct file *file, struct poll_table_struct *table);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *file);
	/* Every close(2) of a descriptor; the error is close's. */
	int (*flush)(struct file *file);
	/* The last reference; may sleep. */
	int (*release)(struct inode *inode, struct file *file);
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
	int (*fasync)(int fd, struct file *file, int on);
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	int (*check_flags)(int flags);
	void (*show_fdinfo)(struct seq_file *m, struct file *file);
};

static inline struct inode *file_inode(const struct file *file)
{
	return file->f_inode;
}

static inline struct dentry *file_dentry(const struct file *file)
{
	return file->f_path.dentry;
}

static inline void file_accessed(struct file *file)
{
	if (!(file->f_flags & O_NOATIME))
		touch_atime(&file->f_path);
}

static inline struct file *get_file(struct file *file)
{
	atomic_fetch_add_explicit(&file->f_count, 1, memory_order_relaxed);
	return file;
}

/* Drops a reference. Any context: the last one is released by task work on the way to user mode. */
void fput(struct file *file);
/* Open files in the system and their limit: /proc/sys/fs/file-nr. */
long get_nr_files(void);
long get_max_files(void);

/* An empty file (count 1, f_cred set) of no inode; -ENFILE/-ENOMEM as ERR_PTR. */
struct file *alloc_empty_file(unsigned int flags);
/*
 * A file over @inode (its reference is consumed on success) in the pseudo mount @mnt, named @name
 * for /proc/pid/fd.
 */
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       unsigned int flags, const struct file_operations *fops);
/* Another file object on the same dentry as @base, not going through f_op->open. */
struct file *alloc_file_clone(struct file *base, unsigned int flags,
			      const struct file_operations *fops);
/* A file "anon_inode:@name" with @fops and @priv: eventfd, epoll, ... */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				unsigned int flags);
/* The same installed in the lowest free descriptor. */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv,
		     unsigned int flags);

/* Opens @path with the caller's credentials; ERR_PTR on failure. May sleep. */
struct file *filp_open(const char *path, int flags, umode_t mode);
struct file *dentry_open(const struct path *path, int flags, const struct cred *cred);
/* f_op->flush, POSIX locks of this table, fput. */
int filp_close(struct file *file, void *owner);
/*
 * Opens for execution: regular file, exec permission, no noexec, writers denied (ETXTBSY) until
 * fput_exec().
 */
struct file *open_exec(const char *path);
/*
 * open_exec() of a name that was copied in, relative to @dfd, with AT_EMPTY_PATH /
 * AT_SYMLINK_NOFOLLOW in @flags.
 */
struct filename;
struct file *do_open_execat(int dfd, struct filename *name, int flags);
/* allow_write_access() and fput(). */
void fput_exec(struct file *file);
/* Forbids writers to @file's inode, or -ETXTBSY when there is one. Counted. */
int deny_write_access(struct file *file);
void allow_write_access(struct file *file);
int get_write_access(struct inode *inode);
void put_write_access(struct inode *inode);

/* Whole reads and writes from kernel memory; return bytes done or -errno; *pos moves. May sleep. */
ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t *pos);
ssize_t vfs_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t len, loff_t *pos);
ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int flags);
ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int flags);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
int vfs_fsync(struct file *file, int datasync);
int vfs_fsync_range(struct file *file, loff_t start, loff_t end, int datasync);
/* sync_file_range(2) on @file. Sleeps. */
int do_sync_file_range(struct file *file, loff_t offset, loff_t nbytes, unsigned int flags);
/* splice(2), tee(2) between two files; offsets are kernel memory, NULL: the file's own. Sleep. */
ssize_t do_splice(struct file *in, loff_t *off_in, struct file *out, loff_t *off_out, size_t len,
		  unsigned int flags);
ssize_t do_tee(struct file *in, struct file *out, size_t len, unsigned int flags);
/* posix_fadvise(2) on @file: @len bytes from @offset (0: to the end). 0 or -errno. Sleeps. */
int vfs_fadvise(struct file *file, loff_t offset, loff_t len, int advice);
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int vfs_truncate(const struct path *path, loff_t length);
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int iterate_dir(struct file *file, struct dir_context *ctx);
/* f_op->mmap; -ENODEV if none. mm calls it with its lock held. */
static inline int call_mmap(struct file *file, struct vm_area_struct *vma)
{
	return file->f_op->mmap ? file->f_op->mmap(file, vma) : -ENODEV;
}
/*
 * Limits a write at iocb->ki_pos (O_APPEND applied): bytes allowed, 0, -EFBIG with SIGXFSZ. i_rwsem
 * held.
 */
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);

static inline void init_sync_kiocb(struct kiocb *iocb, struct file *file)
{
	iocb->ki_filp = file;
	iocb->ki_pos = file->f_pos;
	iocb->ki_flags = 0;
	iocb->ki_complete = NULL;
}

/*
 * SIGIO. A driver keeps a struct fasync_struct *list for its object, calls fasync_helper() from
 * f_op->fasync and kill_fasync() when something happens: each file on the list sends its F_SETSIG
 * signal (default @sig) to its F_SETOWN target. @band: POLL_IN, POLL_OUT, ...
 */
struct fasync_struct {
	struct fasync_struct *next; /* fasync_lock */
	struct file *file;
	int fd;
	struct rcu_head rcu;
};
#if IS_ENABLED(CONFIG_FASYNC)
/* Adds or (@on 0) removes @file: 1 changed, 0 not, -ENOMEM. May sleep. */
int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list);
/* Any context. */
void kill_fasync(struct fasync_struct **list, int sig, int band);
/* F_SETOWN, F_GETOWN: a process, or a group when negative; 0 or -EINVAL, -ESRCH, -ENOMEM. */
int f_setown(struct file *file, int who);
int f_getown(struct file *file);
#else
static inline int f_setown(struct file *file, int who)
{
	return -EINVAL;
}
static inline int f_getown(struct file *file)
{
	return 0;
}
static inline int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list)
{
	return on ? -EINVAL : 0;
}
static inline void kill_fasync(struct fasync_struct **list, int sig, int band)
{
}
#endif

/* llseek operations: sizes from i_size, fixed, none. */
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t no_llseek(struct file *file, loff_t offset, int whence);
loff_t default_llseek(struct file *file, loff_t offset, int whence);
loff_t vfs_setpos(struct file *file, loff_t offset, loff_t maxsize);
int no_open(struct inode *inode, struct file *file); /* -ENXIO */
int generic_file_open(struct inode *inode, struct file *file);
int nonseekable_open(struct inode *inode, struct file *file);
int stream_open(struct inode *inode, struct file *file);

static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

/* "." and ".." of @file at positions 0 and 1; false when the buffer is full. */
bool dir_emit_dots(struct file *file, struct dir_context *ctx);

/* ---- super block ----------------------------------------------------------------------------- */

#define SB_RDONLY	 0x0001
#define SB_NOSUID	 0x0002
#define SB_NODEV	 0x0004
#define SB_NOEXEC	 0x0008
#define SB_SYNCHRONOUS	 0x0010
#define SB_MANDLOCK	 0x0040
#define SB_DIRSYNC	 0x0080
#define SB_NOATIME	 0x0400
#define SB_NODIRATIME	 0x0800
#define SB_SILENT	 0x8000
#define SB_POSIXACL	 (1 << 16) /* inodes have access control lists */
#define SB_KERNMOUNT	 (1 << 22)
#define SB_LAZYTIME	 (1 << 25)
#define SB_ACTIVE	 (1 << 30) /* mounted: unused inodes stay in memory */
#define SB_NOUSER	 (1u << 31)

#define MAX_LFS_FILESIZE ((loff_t)0x7fffffffffffffffLL)

struct super_block {
	dev_t s_dev; /* (i) what stat's st_dev shows */
	u32 s_flags; /* SB_*; s_umount */
	u8 s_blocksize_bits;
	u32 s_time_gran; /* ns */
	unsigned long s_blocksize;
	loff_t s_maxbytes;
	const struct file_system_type *s_type;
	const struct super_operations *s_op; /* never NULL */
	const struct dentry_operations *s_d_op;
	const struct xattr_handler *const *s_xattr; /* ends with NULL; NULL: no attributes */
	const struct export_operations *s_export_op; /* NULL: no handles. <fs/exportfs.h> */
#if IS_ENABLED(CONFIG_LANDLOCK)
	struct list_head s_landlock_rules; /* landlock_lock */
#endif
#if IS_ENABLED(CONFIG_FSNOTIFY)
	u32 s_fsnotify_mask; /* fsnotify_lock, all three */
	struct hlist_head s_fsnotify_marks;
	struct list_head s_fsnotify_inode_marks; /* on the inodes of this super block */
#endif
	unsigned long s_magic;
	struct dentry *s_root; /* holds a reference */
	struct rw_semaphore s_umount;
	struct mutex s_rename_mutex; /* renames between directories */
	atomic_int s_active; /* (a) mounts of it */
	struct list_head s_list; /* all super blocks; sb_lock */
	spinlock_t s_inode_list_lock;
	struct list_head s_inodes; /* s_inode_list_lock; hashed inodes */
	spinlock_t s_wb_lock;
	struct list_head s_dirty; /* s_wb_lock; dirty inodes, oldest first */
	struct sb_flusher *s_flusher; /* kflushd's: the thread that writes s_dirty; NULL: none */
	errseq_t s_wb_err; /* what write-back lost of any file, or of metadata */
	void *s_fs_info;
	struct block_device *s_bdev; /* (i) NULL: not on a device */
	char s_id[32];
};

struct super_operations {
	struct inode *(*alloc_inode)(struct super_block *sb);
	/* Frees the memory; called after an RCU grace period. */
	void (*free_inode)(struct inode *inode);
	/* The last reference is gone: drop pages and on-disk blocks when nlink is 0. May sleep. */
	void (*evict_inode)(struct inode *inode);
	/* Writes the inode itself (not its pages); @wait: until it is safe. 0 or -errno. Sleeps. */
	int (*write_inode)(struct inode *inode, bool wait);
	void (*put_super)(struct super_block *sb);
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*statfs)(struct dentry *dentry, struct kstatfs *buf);
	int (*remount_fs)(struct super_block *sb, unsigned int *flags, char *data);
	int (*show_options)(struct seq_file *m, struct dentry *root);
};

struct kstatfs {
	long f_type;
	long f_bsize;
	u64 f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	u64 f_fsid;
	long f_namelen;
	long f_frsize;
	long f_flags;
};

#define FS_REQUIRES_DEV 1
#define FS_USERNS_MOUNT 8
#define FS_TMPFS_MAGIC	0x100 /* statfs says tmpfs, not ramfs */

struct file_system_type {
	const char *name;
	int fs_flags;
	/*
	 * Makes (or finds) the super block: its s_root, referenced, or ERR_PTR. @data is the option
	 * string (may be NULL, may be written to) and @dev_name what mount(2) calls the source.
	 */
	struct dentry *(*mount)(const struct file_system_type *type, unsigned int sb_flags,
				const char *dev_name, char *data);
	/* Unmounted for good; usually kill_litter_super() or kill_anon_super(). */
	void (*kill_sb)(struct super_block *sb);
	struct file_system_type *next; /* file_systems_lock */
};

int register_filesystem(struct file_system_type *type);
int unregister_filesystem(struct file_system_type *type);
/* The type called @name (length @len), or NULL. */
struct file_system_type *get_fs_type(const char *name);
bool device_fs_type(unsigned int n, char *name, size_t size);
/* /proc/filesystems. */
void show_filesystems(struct seq_file *m);

typedef int (*fill_super_t)(struct super_block *sb, void *data, int silent);
/* A new super block with an anonymous device number, filled by @fill: for tmpfs, procfs... */
struct dentry *mount_nodev(const struct file_system_type *type, unsigned int flags, void *data,
			   fill_super_t fill);
/* The one super block that all mounts of the type share: devtmpfs, sysfs... */
struct dentry *mount_single(const struct file_system_type *type, unsigned int flags, void *data,
			    fill_super_t fill);
/* A pseudo file system (pipefs, sockfs, anon_inodefs) that is never in the name space. */
struct dentry *mount_pseudo(const struct file_system_type *type, unsigned long magic);
void kill_anon_super(struct super_block *sb);
/*
 * The part of kill_sb that every type needs: drops dentries, writes back and evicts inodes, calls
 * put_super. The super block stays allocated and is off the list.
 */
void generic_shutdown_super(struct super_block *sb);
/* The same for file systems whose dentries are all pinned (tmpfs). */
void kill_litter_super(struct super_block *sb);
void deactivate_super(struct super_block *sb);
/* Mounts inside the kernel only; ERR_PTR on failure. */
struct vfsmount *kern_mount(struct file_system_type *type);
void sync_filesystems(void);
void iterate_supers(void (*fn)(struct super_block *sb));
int sync_filesystem(struct super_block *sb);
int vfs_statfs(const struct path *path, struct kstatfs *buf);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);

/* ---- pieces for simple, memory-resident file systems ----------------------------------------- */

struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
int simple_setattr(struct dentry *dentry, struct iattr *attr);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int simple_unlink(struct inode *dir, struct dentry *dentry);
int simple_rmdir(struct inode *dir, struct dentry *dentry);
int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags);
bool simple_empty(struct dentry *dentry);
const char *simple_get_link(struct dentry *dentry, struct inode *inode);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync);
int simple_open(struct inode *inode, struct file *file); /* private_data = i_private */
/* Copies [*pos, *pos+count) of a kernel buffer out (in): bytes or -errno. */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
				size_t available);
ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t count);
/* Reads a directory whose children are all dentries (tmpfs, devtmpfs). */
extern const struct file_operations simple_dir_operations;
extern const struct inode_operations simple_dir_inode_operations;
extern const struct inode_operations simple_symlink_inode_operations;
extern const struct super_operations simple_super_operations;
extern const struct file_operations def_chr_fops, def_blk_fops, pipefifo_fops, no_open_fops;
extern const struct inode_operations empty_iops;
unsigned int dt_type(const struct inode *inode); /* DT_* */
int dcache_readdir(struct file *file, struct dir_context *ctx);
int dcache_dir_open(struct inode *inode, struct file *file);
int dcache_dir_release(struct inode *inode, struct file *file);
loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence);

/* ---- character devices ----------------------------------------------------------------------- */

#define MINORBITS     20
#define MINORMASK     ((1u << MINORBITS) - 1)
#define MAJOR(dev)    ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)    ((unsigned int)((dev)&MINORMASK))
#define MKDEV(ma, mi) (((dev_t)(ma) << MINORBITS) | (mi))

/* Between dev_t and the 64-bit number of struct stat, mknod(2)'s 32-bit and cpio. */
static inline u64 huge_encode_dev(dev_t dev)
{
	return (MINOR(dev) & 0xff) | (MAJOR(dev) << 8) | ((u64)(MINOR(dev) & ~0xffu) << 12);
}

static inline dev_t huge_decode_dev(u64 dev)
{
	return MKDEV((dev & 0xfff00) >> 8, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

struct cdev {
	const struct file_operations *ops;
	dev_t dev;
	unsigned int count;
	struct hlist_node node; /* chrdevs_lock */
	void *priv; /* the driver's */
};

void cdev_init(struct cdev *cdev, const struct file_operations *fops);
/*
 * From now on opening a node of [dev, dev+count) calls cdev->ops. -EBUSY if some number is taken.
 */
int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count);
void cdev_del(struct cdev *cdev);
/* Claims numbers (for /proc/devices); @dev 0 major: a free one. */
int register_chrdev_region(dev_t from, unsigned int count, const char *name);
int alloc_chrdev_region(dev_t *dev, unsigned int baseminor, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t from, unsigned int count);
/* Major @major (0: any, returned) with all 256 minors, in one call. */
int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops);
/* /proc/devices' character part. */
void chrdev_show(struct seq_file *m);

/* ---- creation from kernel code (devtmpfs, initramfs) ----------------------------------------- */

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
	       unsigned int flags);

/*
 * Boot: caches, rootfs mount, init_task's fs. vfs_init() after slab and RCU; mount_rootfs() before
 * initcalls.
 */
void vfs_init(void);
/* rootfs becomes "/" of the calling (first) task and of init_fs. May sleep. */
void mount_rootfs(void);

#endif
