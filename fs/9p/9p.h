/* SPDX-License-Identifier: MIT */
/*
 * 9P2000.L: what the files of the file system share. A message is size[4] type[1] tag[2] and
 * fields, little-endian, strings with their length in front. What the server sends is checked:
 * reading over the end of an answer gives zeroes and -EIO at the end.
 *
 * A fid is the server's handle of a file: each inode has one for its name, each open file one for
 * its contents.
 */
#ifndef FS_9P_9P_H
#define FS_9P_9P_H

#include <kernel/mutex.h>
#include <kernel/wait.h>
#include <lib/ida.h>
#include <mm/pagemap.h>
#include <fs/9p.h>
#include <fs/dcache.h>
#include <fs/fs.h>

enum p9_type {
	P9_RLERROR = 7,
	P9_TSTATFS = 8,
	P9_TLOPEN = 12,
	P9_TLCREATE = 14,
	P9_TSYMLINK = 16,
	P9_TMKNOD = 18,
	P9_TREADLINK = 22,
	P9_TGETATTR = 24,
	P9_TSETATTR = 26,
	P9_TREADDIR = 40,
	P9_TFSYNC = 50,
	P9_TLINK = 70,
	P9_TMKDIR = 72,
	P9_TRENAMEAT = 74,
	P9_TUNLINKAT = 76,
	P9_TVERSION = 100,
	P9_TATTACH = 104,
	P9_TWALK = 110,
	P9_TREAD = 116,
	P9_TWRITE = 118,
	P9_TCLUNK = 120,
};

#define P9_HEADER   7u
#define P9_IOHEADER 24u /* of Twrite and Rread, and a byte */
#define P9_NOFID    (~0u)
#define P9_QID	    13u

struct p9_qid {
	u8 type;
	u32 version;
	u64 path;
};

struct p9_client {
	struct p9_channel *ch;
	u32 msize; /* (i) as agreed */
	bool dead; /* did not answer in time */
	struct mutex fid_lock;
	struct ida fids; /* fid_lock */
	spinlock_t lock;
	unsigned long busy; /* (lock) requests in use */
	struct wait_queue_head wait;
	struct p9_req reqs[P9_REQUESTS];
};

/* client.c. All sleep. -errno is the server's, or -EIO. */
struct p9_client *p9_connect(const char *tag, u32 msize);
void p9_disconnect(struct p9_client *c);
/* A message of @type to be filled; never fails but for a dead client. */
struct p9_req *p9_begin(struct p9_client *c, u8 type);
void p9_put32(struct p9_req *r, u32 v);
void p9_put64(struct p9_req *r, u64 v);
void p9_put_str(struct p9_req *r, const char *s, size_t len);
void *p9_put_room(struct p9_req *r, u32 len); /* NULL: too long */
/* Sends it and waits for the answer. After an error the request is gone already. */
int p9_call(struct p9_client *c, struct p9_req *r);
u8 p9_get8(struct p9_req *r);
u16 p9_get16(struct p9_req *r);
u32 p9_get32(struct p9_req *r);
u64 p9_get64(struct p9_req *r);
void p9_get_qid(struct p9_req *r, struct p9_qid *qid);
const void *p9_get_bytes(struct p9_req *r, u32 len); /* NULL: not so many */
/* Done with the answer: 0, or -EIO if it was too short for what was read from it. */
int p9_end(struct p9_client *c, struct p9_req *r);

int p9_new_fid(struct p9_client *c, u32 *fid);
/* A fid for @name under @fid (NULL: for @fid's file itself). */
int p9_walk(struct p9_client *c, u32 fid, const char *name, size_t len, u32 *newfid);
void p9_clunk(struct p9_client *c, u32 fid);
/* A message of a fid and one number, without answer of interest. */
int p9_open_fid(struct p9_client *c, u32 fid, u32 flags);

/* ---- the file system ------------------------------------------------------------------------- */

struct p9_inode {
	struct inode vfs;
	struct address_space mapping;
	u32 fid;
	struct p9_qid qid;
	u32 cached; /* qid.version of what the page cache holds */
	char *link; /* of a symlink, once read */
};

static inline struct p9_inode *p9_i(const struct inode *inode)
{
	return container_of(inode, struct p9_inode, vfs);
}

static inline struct p9_client *p9_c(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* inode.c: the inode of @fid, which becomes its own; or ERR_PTR, and the fid is gone. */
struct inode *p9_get_inode(struct super_block *sb, u32 fid);
/* Asks the server for the attributes. -ESTALE: another file has the name now. */
int p9_refresh(struct inode *inode);
int p9_setattr(struct dentry *dentry, struct iattr *attr);
int p9_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
extern const struct inode_operations p9_file_iops, p9_symlink_iops;
extern const struct inode_operations p9_dir_iops; /* dir.c */
extern const struct dentry_operations p9_dentry_ops;
extern const struct file_operations p9_file_fops, p9_dir_fops; /* file.c, dir.c */
extern const struct address_space_operations p9_aops;
int p9_file_open(struct inode *inode, struct file *file);
int p9_file_release(struct inode *inode, struct file *file);
int p9_fsync(struct file *file, loff_t start, loff_t end, int datasync);

#endif
