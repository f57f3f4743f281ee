/* SPDX-License-Identifier: MIT */
/*
 * Inodes. One stands for an entry of a directory; its number is made up, and by_pos finds it again
 * while it is in memory. The chain of its clusters is remembered as runs, as far as it was
 * followed.
 */
#include <lib/math64.h>
#include <kernel/time.h>
#include "fat.h"

/* ---- the calendar ---------------------------------------------------------------------------- */

#define DAY_SECS  86400
#define DAYS_1980 3652 /* since 1970 */
#define LAST_YEAR 2107

static bool is_leap(u32 year)
{
	return !(year % 4) && (year % 100 || !(year % 400));
}

static u32 month_days(u32 year, u32 month)
{
	static const u8 days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

struct timespec64 fat_get_time(__le16 date, __le16 time, u8 cs)
{
	u32 d = le16_to_cpu(date), t = le16_to_cpu(time);
	u32 year = 1980 + (d >> 9), month = clamp(d >> 5 & 15, 1u, 12u);
	u32 days = DAYS_1980 + max(d & 31, 1u) - 1;
	struct timespec64 ts;

	for (u32 y = 1980; y < year; y++)
		days += 365 + is_leap(y);
	for (u32 m = 1; m < month; m++)
		days += month_days(year, m);
	ts.tv_sec = (time64_t)days * DAY_SECS + min(t >> 11, 23u) * 3600 +
		    min(t >> 5 & 63, 59u) * 60 + min((t & 31) * 2, 58u) + cs / 100;
	ts.tv_nsec = (cs % 100) * 10000000l;
	return ts;
}

void fat_put_time(const struct timespec64 *ts, __le16 *date, __le16 *time, u8 *cs)
{
	s64 since = max(ts->tv_sec - (s64)DAYS_1980 * DAY_SECS, (s64)0);
	u32 days = (u32)min_t(s64, since / DAY_SECS, 128 * 366), secs = (u32)(since % DAY_SECS);
	u32 year = 1980, month = 1;

	for (; year <= LAST_YEAR && days >= 365u + is_leap(year); year++)
		days -= 365 + is_leap(year);
	if (year > LAST_YEAR) {
		year = LAST_YEAR;
		days = 364;
		secs = DAY_SECS - 2;
	}
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	*date = cpu_to_le16((u16)((year - 1980) << 9 | month << 5 | (days + 1)));
	if (time)
		*time = cpu_to_le16(
			(u16)(secs / 3600 << 11 | secs / 60 % 60 << 5 | secs % 60 >> 1));
	if (cs)
		*cs = (u8)((secs & 1) * 100 + (u32)ts->tv_nsec / 10000000);
}

/* ---- the chain ------------------------------------------------------------------------------- */

void fat_forget_runs(struct fat_inode *fi)
{
	kfree(fi->runs);
	fi->runs = NULL;
	fi->nr_runs = fi->room = 0;
	fi->whole = false;
}

/* chain_lock held. */
static u32 known_clusters(const struct fat_inode *fi)
{
	const struct fat_run *last = fi->runs + fi->nr_runs - 1;

	return fi->nr_runs ? last->index + last->len : 0;
}

static int add_cluster(struct fat_inode *fi, u32 cluster)
{
	struct fat_run *last = fi->runs + fi->nr_runs - 1, *more;
	u32 room;

	if (fi->nr_runs && last->cluster + last->len == cluster) {
		last->len++;
		return 0;
	}
	if (fi->nr_runs == fi->room) {
		room = fi->room ? fi->room * 2 : 4;
		more = krealloc(fi->runs, room * sizeof(*more), GFP_NOFS);
		if (!more)
			return -ENOMEM;
		fi->runs = more;
		fi->room = room;
	}
	fi->runs[fi->nr_runs] = (struct fat_run){known_clusters(fi), cluster, 1};
	fi->nr_runs++;
	return 0;
}

/* Follows the chain until cluster @index is known, or its end. chain_lock held. */
static int follow(struct inode *inode, u32 index)
{
	struct fat_inode *fi = FAT_I(inode);
	struct super_block *sb = inode->i_sb;
	struct fat_sb *sbi = FAT_SB(sb);
	int err = 0;

	if (!fi->nr_runs && !fi->whole) {
		if (!fi->start)
			fi->whole = true;
		else
			err = add_cluster(fi, fi->start);
	}
	while (!err && !fi->whole && known_clusters(fi) <= index) {
		struct fat_run *last = fi->runs + fi->nr_runs - 1;
		u32 next;

		mutex_lock(&sbi->fat_lock);
		err = fat_table_get(sb, last->cluster + last->len - 1, &next);
		mutex_unlock(&sbi->fat_lock);
		if (err)
			break;
		if (next == FAT_END) {
			fi->whole = true;
		} else if (next < FAT_FIRST_CLUSTER || next >= sbi->g.end_cluster ||
			   known_clusters(fi) > sbi->g.end_cluster) {
			fat_error(sb, "the chain of clusters from %u on is damaged", fi->start);
			err = -EIO;
		} else {
			err = add_cluster(fi, next);
		}
		cond_resched();
	}
	return err;
}

static struct fat_run *find_run(const struct fat_inode *fi, u32 index)
{
	u32 lo = 0, hi = fi->nr_runs;

	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (fi->runs[mid].index <= index)
			lo = mid;
		else
			hi = mid;
	}
	return fi->runs + lo;
}

/* One cluster more. chain_lock held; the whole chain is known. */
static int grow_chain(struct inode *inode)
{
	struct fat_inode *fi = FAT_I(inode);
	struct fat_run *last = fi->runs + fi->nr_runs - 1;
	u32 tail = fi->nr_runs ? last->cluster + last->len - 1 : 0, cluster;
	int err = fat_alloc_cluster(inode, tail, &cluster);

	if (err)
		return err;
	if (!tail) {
		fi->start = cluster;
		mark_inode_dirty(inode);
	}
	err = add_cluster(fi, cluster);
	if (err)
		fi->whole = false; /* it is in the table, and is found there again */
	return err;
}

int fat_chain(struct inode *inode, u32 index, bool grow, u32 *cluster, u32 *run)
{
	struct fat_inode *fi = FAT_I(inode);
	struct fat_run *r;
	int err;

	mutex_lock(&fi->chain_lock);
	err = follow(inode, index);
	while (!err && grow && known_clusters(fi) <= index)
		err = grow_chain(inode);
	if (!err && known_clusters(fi) <= index)
		err = -ENOENT;
	if (!err) {
		r = find_run(fi, index);
		*cluster = r->cluster + (index - r->index);
		*run = r->len - (index - r->index);
	}
	mutex_unlock(&fi->chain_lock);
	return err;
}

int fat_cut_chain(struct inode *inode, u32 clusters)
{
	struct fat_inode *fi = FAT_I(inode);
	u32 first, keep = 0, run;
	int err;

	if (clusters) {
		err = fat_chain(inode, clusters - 1, false, &keep, &run);
		if (err)
			return err == -ENOENT ? 0 : err;
		err = fat_chain(inode, clusters, false, &first, &run);
		if (err)
			return err == -ENOENT ? 0 : err;
	} else {
		first = fi->start;
		if (!first)
			return 0;
	}
	mutex_lock(&fi->chain_lock);
	fat_forget_runs(fi);
	if (!clusters) {
		fi->start = 0;
		mark_inode_dirty(inode);
	}
	mutex_unlock(&fi->chain_lock);
	return fat_free_chain(inode, first, keep);
}

/* ---- entries and inodes ---------------------------------------------------------------------- */

u32 fat_dirent_start(const struct fat_sb *sbi, const struct fat_dirent *de)
{
	u32 start = le16_to_cpu(de->start);

	return sbi->g.bits == 32 ? start | (u32)le16_to_cpu(de->starthi) << 16 : start;
}

void fat_set_start(struct fat_dirent *de, u32 start)
{
	de->start = cpu_to_le16((u16)start);
	de->starthi = cpu_to_le16((u16)(start >> 16));
}

umode_t fat_mode(const struct fat_sb *sbi, u8 attr)
{
	if (attr & FAT_ATTR_DIR)
		return S_IFDIR | (umode_t)(0777 & ~sbi->opt.dmask);
	return S_IFREG | (umode_t)((attr & FAT_ATTR_RO && !(attr & FAT_ATTR_DIR) ? 0555 : 0777) &
				   ~sbi->opt.fmask);
}

static void set_ops(struct inode *inode)
{
	struct fat_inode *fi = FAT_I(inode);

	if (S_ISDIR(inode->i_mode)) {
		inode->i_op = &fat_dir_iops;
		inode->i_fop = &fat_dir_fops;
		return;
	}
	inode->i_op = &fat_file_iops;
	inode->i_fop = &fat_file_fops;
	address_space_init(&fi->mapping, inode, &fat_aops);
	inode->i_mapping = &fi->mapping;
}

/* Counts a directory's clusters, which gives its size. */
static int measure_dir(struct inode *inode)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	u32 most = FAT_MAX_DIR_SIZE >> sbi->g.cluster_bits, n, cluster, run;
	int err = 0;

	for (n = 0; n <= most; n += run) {
		err = fat_chain(inode, n, false, &cluster, &run);
		if (err)
			break;
	}
	if (err && err != -ENOENT)
		return err;
	inode->i_size = (loff_t)min(n, max(most, 1u)) << sbi->g.cluster_bits;
	return 0;
}

static int fill_inode(struct inode *inode, const struct fat_dirent *de)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	struct fat_inode *fi = FAT_I(inode);
	int err = 0;

	fi->attr = de->attr;
	fi->start = fat_dirent_start(sbi, de);
	inode->i_mode = fat_mode(sbi, de->attr);
	inode->i_uid = sbi->opt.uid;
	inode->i_gid = sbi->opt.gid;
	inode->i_mtime = fat_get_time(de->date, de->time, 0);
	inode->i_ctime = inode->i_mtime;
	inode->i_atime = fat_get_time(de->adate, 0, 0);
	fi->crtime = fat_get_time(de->cdate, de->ctime, de->ctime_cs);
	if (fi->start && (fi->start < FAT_FIRST_CLUSTER || fi->start >= sbi->g.end_cluster)) {
		fat_error(inode->i_sb, "an entry begins at cluster %u, outside", fi->start);
		return -EIO;
	}
	if (S_ISDIR(inode->i_mode)) {
		if (!fi->start) {
			fat_error(inode->i_sb, "a directory has no cluster");
			return -EIO;
		}
		err = measure_dir(inode);
		if (!err)
			inode_set_nlink(inode, 2 + fat_count_subdirs(inode));
	} else {
		inode->i_size = le32_to_cpu(de->size);
	}
	inode->i_blocks = ((u64)inode->i_size + (1u << sbi->g.cluster_bits) - 1) >>
			  sbi->g.cluster_bits << (sbi->g.cluster_bits - 9);
	set_ops(inode);
	return err;
}

int fat_attach(struct inode *inode, u64 pos)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	struct fat_inode *fi = FAT_I(inode);
	int err = 0;

	mutex_lock(&sbi->pos_lock);
	if (pos)
		err = xa_err(xa_store(&sbi->by_pos, pos, inode, GFP_NOFS));
	if (!err) {
		if (fi->pos && fi->pos != pos && xa_load(&sbi->by_pos, fi->pos) == inode)
			xa_erase(&sbi->by_pos, fi->pos);
		fi->pos = pos;
	}
	mutex_unlock(&sbi->pos_lock);
	return err;
}

static struct inode *find_by_pos(struct fat_sb *sbi, u64 pos)
{
	struct inode *inode;

	mutex_lock(&sbi->pos_lock);
	inode = xa_load(&sbi->by_pos, pos);
	inode = inode ? igrab(inode) : NULL;
	mutex_unlock(&sbi->pos_lock);
	return inode;
}

/* Two may read the same entry in at once: the second takes what the first made known. */
static struct inode *make_known(struct inode *inode, u64 pos)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	struct inode *other;
	int err = 0;

	mutex_lock(&sbi->pos_lock);
	other = xa_load(&sbi->by_pos, pos);
	other = other ? igrab(other) : NULL;
	if (!other) {
		err = xa_err(xa_store(&sbi->by_pos, pos, inode, GFP_NOFS));
		if (!err)
			FAT_I(inode)->pos = pos;
	}
	mutex_unlock(&sbi->pos_lock);
	return err ? ERR_PTR(err) : other ? other : inode;
}

struct inode *fat_iget(struct super_block *sb, const struct fat_dirent *de, u64 pos)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct inode *inode = find_by_pos(sbi, pos), *known;
	int err;

	if (inode)
		return inode;
	inode = new_inode(sb);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = (ino_t)atomic_fetch_add_explicit(&sbi->last_ino, 1, memory_order_relaxed);
	err = insert_inode_locked(inode);
	if (err) {
		iput(inode);
		return ERR_PTR(err);
	}
	err = fill_inode(inode, de);
	known = err ? ERR_PTR(err) : make_known(inode, pos);
	if (known != inode)
		iget_failed(inode);
	else
		unlock_new_inode(inode);
	return known;
}

int fat_read_root(struct inode *inode)
{
	struct fat_sb *sbi = FAT_SB(inode->i_sb);
	struct fat_inode *fi = FAT_I(inode);
	int err = 0;

	fi->attr = FAT_ATTR_DIR;
	fi->start = sbi->g.bits == 32 ? sbi->g.root_cluster : 0;
	inode->i_mode = fat_mode(sbi, FAT_ATTR_DIR);
	inode->i_uid = sbi->opt.uid;
	inode->i_gid = sbi->opt.gid;
	inode->i_mtime = inode->i_ctime = inode->i_atime = (struct timespec64){};
	if (sbi->g.bits == 32)
		err = measure_dir(inode);
	else
		inode->i_size = sbi->g.root_entries * FAT_DIRENT;
	inode->i_blocks = (u64)inode->i_size >> 9;
	set_ops(inode);
	if (!err)
		inode_set_nlink(inode, 2 + fat_count_subdirs(inode));
	return err;
}

/* ---- writing them ---------------------------------------------------------------------------- */

void fat_put_entry(struct inode *inode, struct fat_dirent *de)
{
	struct fat_inode *fi = FAT_I(inode);

	de->attr = fi->attr;
	if (S_ISREG(inode->i_mode))
		de->attr =
			(u8)((fi->attr & ~FAT_ATTR_RO) | (inode->i_mode & 0222 ? 0 : FAT_ATTR_RO));
	de->size = S_ISREG(inode->i_mode) ? cpu_to_le32((u32)inode->i_size) : 0;
	fat_set_start(de, fi->start);
	fat_put_time(&inode->i_mtime, &de->date, &de->time, NULL);
	fat_put_time(&inode->i_atime, &de->adate, NULL, NULL);
	fat_put_time(&fi->crtime, &de->cdate, &de->ctime, &de->ctime_cs);
}

int fat_write_inode(struct inode *inode, bool wait)
{
	struct super_block *sb = inode->i_sb;
	struct fat_sb *sbi = FAT_SB(sb);
	struct fat_inode *fi = FAT_I(inode);
	u32 per = sbi->g.sector_size / FAT_DIRENT;
	struct buffer_head *bh;
	u64 pos = READ_ONCE(fi->pos);
	int err = 0;

	if (!pos || !inode->i_nlink)
		return 0;
	bh = sb_bread(sb, pos / per);
	if (!bh)
		return -EIO;
	lock_buffer(bh);
	/* It may have been renamed or deleted meanwhile. */
	if (READ_ONCE(fi->pos) == pos)
		fat_put_entry(inode, (struct fat_dirent *)bh->b_data + pos % per);
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	if (wait)
		err = sync_dirty_buffer(bh);
	brelse(bh);
	return err;
}

void fat_evict_inode(struct inode *inode)
{
	struct fat_inode *fi = FAT_I(inode);

	if (inode->i_mapping == &fi->mapping)
		truncate_inode_pages_final(&fi->mapping);
	if (!inode->i_nlink && !(inode->i_state & I_BAD) && fi->start &&
	    !(inode->i_sb->s_flags & SB_RDONLY))
		fat_free_chain(inode, fi->start, 0);
	fat_attach(inode, 0);
	fat_forget_runs(fi);
}
