/* SPDX-License-Identifier: MIT */
/*
 * Directories: arrays of 32-byte entries. A name is a short one (8.3), before which may stand slots
 * with pieces of a long one, last piece first. Slots that do not belong to the short name behind
 * them are not there.
 */
#include <lib/utf8.h>
#include <uapi/dirent.h>
#include "fat.h"

/* ---- entries --------------------------------------------------------------------------------- */

static bool is_fixed_root(const struct inode *dir)
{
	return dir->i_ino == FAT_ROOT_INO && FAT_SB(dir->i_sb)->g.bits != 32;
}

/* The sector with the @n-th entry. -ENOENT behind the end. */
static int entry_sector(struct inode *dir, u32 n, u64 *sector)
{
	const struct fat_geometry *g = &FAT_SB(dir->i_sb)->g;
	u64 at = (u64)n * FAT_DIRENT;
	u32 cluster, run;
	int err;

	if (n >= FAT_MAX_DIR_SIZE / FAT_DIRENT)
		return -ENOENT;
	if (is_fixed_root(dir)) {
		if (n >= g->root_entries)
			return -ENOENT;
		*sector = g->root_start + at / g->sector_size;
		return 0;
	}
	err = fat_chain(dir, (u32)(at >> g->cluster_bits), false, &cluster, &run);
	if (err)
		return err;
	*sector = g->data_start + (u64)(cluster - FAT_FIRST_CLUSTER) * g->sectors_per_cluster +
		  (at & ((1u << g->cluster_bits) - 1)) / g->sector_size;
	return 0;
}

int fat_entry_at(struct inode *dir, u32 n, struct buffer_head **bh, struct fat_dirent **de,
		 u64 *pos)
{
	const struct fat_geometry *g = &FAT_SB(dir->i_sb)->g;
	u32 per = g->sector_size / FAT_DIRENT;
	u64 sector;
	int err = entry_sector(dir, n, &sector);

	if (err)
		return err;
	*bh = sb_bread(dir->i_sb, sector);
	if (!*bh)
		return -EIO;
	*de = (struct fat_dirent *)(*bh)->b_data + n % per;
	*pos = sector * per + n % per;
	return 0;
}

/* ---- going through names --------------------------------------------------------------------- */

struct scan {
	struct inode *dir;
	u32 n; /* the next entry */
	struct buffer_head *bh; /* of the entry found last */
	struct fat_dirent *de;
	u64 pos;
	u32 first; /* its first slot */
	u32 long_len; /* 0: it has no long name */
	u32 short_len;
	char long_name[FAT_NAME_MAX + 1];
	char short_name[16];
	u16 units[FAT_LFN_PER_SLOT * 20];
};

static struct scan *scan_begin(struct inode *dir, u32 from)
{
	struct scan *s = kmalloc(sizeof(*s), GFP_NOFS);

	if (s) {
		s->dir = dir;
		s->n = from;
		s->bh = NULL;
	}
	return s;
}

static void scan_end(struct scan *s)
{
	brelse(s->bh);
	kfree(s);
}

/* The next raw entry. 1; 0 at the end; -errno. */
static int scan_raw(struct scan *s)
{
	u32 per = FAT_SB(s->dir->i_sb)->g.sector_size / FAT_DIRENT;
	int err;

	if (s->bh && s->n % per) {
		s->de++;
		s->pos++;
	} else {
		brelse(s->bh);
		s->bh = NULL;
		err = fat_entry_at(s->dir, s->n, &s->bh, &s->de, &s->pos);
		if (err) {
			s->bh = NULL;
			return err == -ENOENT ? 0 : err;
		}
	}
	s->n++;
	return s->de->name[0] ? 1 : 0;
}

static bool is_lfn(const struct fat_dirent *de)
{
	return (de->attr & 0x3f) == FAT_ATTR_LFN;
}

/*
 * Takes the slots of a long name; s->de is the first of them. Afterwards s->de is what follows. 1
 * and *sum if the pieces fit one another.
 */
static int take_slots(struct scan *s, u8 *sum, bool *good)
{
	struct fat_lfn_slot *slot = (void *)s->de;
	u32 left = slot->id & 0x3f;
	int ret;

	*good = slot->id & 0x40 && left >= 1 && left <= 20;
	*sum = slot->alias_checksum;
	memset(s->units, 0, sizeof(s->units));
	for (;;) {
		if (*good)
			fat_slot_get(slot, s->units + (left - 1) * FAT_LFN_PER_SLOT);
		ret = scan_raw(s);
		if (ret <= 0)
			return ret;
		if (!is_lfn(s->de) || s->de->name[0] == FAT_DELETED)
			break;
		slot = (void *)s->de;
		if (slot->id & 0x40) {
			/* Another name begins: the one before has no short one. */
			s->first = s->n - 1;
			left = slot->id & 0x3f;
			*sum = slot->alias_checksum;
			*good = left >= 1 && left <= 20;
			memset(s->units, 0, sizeof(s->units));
			continue;
		}
		left--;
		if (!left || (slot->id & 0x3f) != left || slot->alias_checksum != *sum)
			*good = false;
	}
	if (left != 1)
		*good = false;
	return 1;
}

static void make_long_name(struct scan *s)
{
	u32 n = 0;
	int len;

	while (n < FAT_LFN_UNITS && s->units[n])
		n++;
	len = utf16_to_utf8(s->units, n, s->long_name, sizeof(s->long_name));
	if (len > 0 && !memchr(s->long_name, '/', (size_t)len))
		s->long_len = (u32)len;
}

/* The next name that is in use. 1; 0 at the end; -errno. */
static int scan_next(struct scan *s)
{
	u8 sum = 0;
	int ret;

	for (;;) {
		bool good = false;

		s->first = s->n;
		s->long_len = 0;
		ret = scan_raw(s);
		if (ret > 0 && s->de->name[0] != FAT_DELETED && is_lfn(s->de))
			ret = take_slots(s, &sum, &good);
		if (ret <= 0)
			return ret;
		if (s->de->name[0] == FAT_DELETED || s->de->attr & FAT_ATTR_VOLUME)
			continue;
		if (good && sum == fat_alias_checksum(s->de->name) &&
		    FAT_SB(s->dir->i_sb)->opt.long_names)
			make_long_name(s);
		s->short_len = fat_short_to_text(s->de, s->short_name);
		if (s->short_len)
			return 1;
	}
}

static bool is_dots(const struct fat_dirent *de)
{
	return !memcmp(de->name, ".          ", 11) || !memcmp(de->name, "..         ", 11);
}

/* ---- finding --------------------------------------------------------------------------------- */

static void take_place(struct scan *s, struct fat_place *p)
{
	*p = (struct fat_place){s->first, s->n - s->first, s->bh, s->de, s->pos};
	s->bh = NULL;
}

int fat_find(struct inode *dir, const char *name, u32 len, struct fat_place *p)
{
	struct scan *s = scan_begin(dir, 0);
	int ret;

	if (!s)
		return -ENOMEM;
	while (len && name[len - 1] == '.')
		len--;
	while ((ret = scan_next(s)) > 0) {
		if (is_dots(s->de))
			continue;
		if ((s->long_len && fat_names_equal(name, len, s->long_name, s->long_len)) ||
		    fat_names_equal(name, len, s->short_name, s->short_len)) {
			take_place(s, p);
			break;
		}
		cond_resched();
	}
	scan_end(s);
	return ret < 0 ? ret : ret ? 0 : -ENOENT;
}

int fat_find_dotdot(struct inode *dir, struct fat_place *p)
{
	int err = fat_entry_at(dir, 1, &p->bh, &p->de, &p->pos);

	if (err)
		return err;
	if (!memcmp(p->de->name, "..         ", 11))
		return 0;
	brelse(p->bh);
	fat_error(dir->i_sb, "a directory has no parent entry");
	return -EIO;
}

bool fat_alias_taken(struct inode *dir, const u8 alias[11], int *err)
{
	struct scan *s = scan_begin(dir, 0);
	bool taken = false;
	int ret;

	*err = s ? 0 : -ENOMEM;
	if (!s)
		return true;
	while (!taken && (ret = scan_raw(s)) > 0)
		taken = !is_lfn(s->de) && !memcmp(s->de->name, alias, 11);
	if (!taken && ret < 0)
		*err = ret;
	scan_end(s);
	return taken;
}

int fat_dir_empty(struct inode *dir)
{
	struct scan *s = scan_begin(dir, 0);
	int ret;

	if (!s)
		return -ENOMEM;
	while ((ret = scan_next(s)) > 0)
		if (!is_dots(s->de))
			break;
	scan_end(s);
	return ret > 0 ? -ENOTEMPTY : ret;
}

u32 fat_count_subdirs(struct inode *dir)
{
	struct scan *s = scan_begin(dir, 0);
	u32 n = 0;

	if (!s)
		return 0;
	while (scan_next(s) > 0)
		n += s->de->attr & FAT_ATTR_DIR && !is_dots(s->de);
	scan_end(s);
	return n;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* One cluster of zeroes at the end of the directory. */
static int grow_dir(struct inode *dir)
{
	const struct fat_geometry *g = &FAT_SB(dir->i_sb)->g;
	u32 index = (u32)(dir->i_size >> g->cluster_bits), cluster, run;
	int err;

	if (is_fixed_root(dir) || dir->i_size + (1 << g->cluster_bits) > FAT_MAX_DIR_SIZE)
		return -ENOSPC;
	err = fat_chain(dir, index, true, &cluster, &run);
	for (u32 i = 0; !err && i < g->sectors_per_cluster; i++) {
		u64 sector = g->data_start +
			     (u64)(cluster - FAT_FIRST_CLUSTER) * g->sectors_per_cluster + i;
		struct buffer_head *bh = sb_getblk(dir->i_sb, sector);

		if (!bh)
			return -ENOMEM;
		lock_buffer(bh);
		memset(bh->b_data, 0, bh->b_size);
		set_buffer_uptodate(bh);
		unlock_buffer(bh);
		mark_buffer_dirty(bh);
		brelse(bh);
	}
	if (!err)
		dir->i_size += 1 << g->cluster_bits;
	return err;
}

/* @nr free entries in a row, made if need be: the first; *end: they begin at the end's mark. */
static int find_room(struct inode *dir, u32 nr, u32 *first, bool *end)
{
	struct scan *s = scan_begin(dir, 0);
	u32 run = 0;
	int ret;

	if (!s)
		return -ENOMEM;
	*end = false;
	while (run < nr && (ret = scan_raw(s)) > 0)
		run = s->de->name[0] == FAT_DELETED ? run + 1 : 0;
	if (run == nr) {
		*first = s->n - nr;
		scan_end(s);
		return 0;
	}
	/* The mark of the end was taken by scan_raw(), the array's end was not. */
	*first = s->n - run - (s->bh ? 1 : 0);
	scan_end(s);
	if (ret < 0)
		return ret;
	*end = true;
	while ((u64)(*first + nr) * FAT_DIRENT > (u64)dir->i_size) {
		ret = grow_dir(dir);
		if (ret)
			return ret;
	}
	return 0;
}

static int put_entry(struct inode *dir, u32 n, const void *what)
{
	struct buffer_head *bh;
	struct fat_dirent *de;
	u64 pos;
	int err = fat_entry_at(dir, n, &bh, &de, &pos);

	if (err)
		return err == -ENOENT ? -EIO : err;
	lock_buffer(bh);
	if (what)
		memcpy(de, what, sizeof(*de));
	else
		de->name[0] = FAT_DELETED;
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	brelse(bh);
	return 0;
}

static void fill_slot(struct fat_lfn_slot *slot, const u16 *units, u32 nr, u32 i, bool last, u8 sum)
{
	u16 piece[FAT_LFN_PER_SLOT];

	memset(slot, 0, sizeof(*slot));
	for (u32 k = 0; k < FAT_LFN_PER_SLOT; k++) {
		u32 at = i * FAT_LFN_PER_SLOT + k;

		piece[k] = at < nr ? units[at] : at == nr ? 0 : 0xffff;
	}
	fat_slot_put(slot, piece);
	slot->id = (u8)(i + 1 + (last ? 0x40 : 0));
	slot->attr = FAT_ATTR_LFN;
	slot->alias_checksum = sum;
}

int fat_add_name(struct inode *dir, const u16 *units, u32 nr_units, struct fat_dirent *de,
		 struct fat_place *p)
{
	static const struct fat_dirent mark;
	u32 slots = (nr_units + FAT_LFN_PER_SLOT - 1) / FAT_LFN_PER_SLOT;
	u8 sum = fat_alias_checksum(de->name);
	struct fat_lfn_slot slot;
	bool end;
	int err;

	p->nr = slots + 1;
	err = find_room(dir, p->nr, &p->first, &end);
	/* What lies behind the old end is not known to be zero. */
	if (!err && end && (u64)(p->first + p->nr) * FAT_DIRENT < (u64)dir->i_size)
		err = put_entry(dir, p->first + p->nr, &mark);
	for (u32 i = 0; !err && i < slots; i++) {
		fill_slot(&slot, units, nr_units, slots - 1 - i, !i, sum);
		err = put_entry(dir, p->first + i, &slot);
	}
	if (!err)
		err = put_entry(dir, p->first + slots, de);
	if (!err)
		err = fat_entry_at(dir, p->first + slots, &p->bh, &p->de, &p->pos);
	return err;
}

int fat_remove_name(struct inode *dir, const struct fat_place *p)
{
	int err = 0;

	/* The short name first: slots without one are nobody's. */
	for (u32 i = p->nr; !err && i--;)
		err = put_entry(dir, p->first + i, NULL);
	return err;
}

int fat_init_dir(struct inode *dir, struct inode *parent)
{
	struct fat_dirent de = {.attr = FAT_ATTR_DIR};
	int err;

	dir->i_size = 0;
	err = grow_dir(dir);
	if (err)
		return err;
	memcpy(de.name, ".          ", 11);
	fat_put_time(&dir->i_mtime, &de.date, &de.time, NULL);
	de.cdate = de.adate = de.date;
	de.ctime = de.time;
	fat_set_start(&de, FAT_I(dir)->start);
	err = put_entry(dir, 0, &de);
	memcpy(de.name, "..         ", 11);
	fat_set_start(&de, parent->i_ino == FAT_ROOT_INO ? 0 : FAT_I(parent)->start);
	return err ? err : put_entry(dir, 1, &de);
}

/* ---- getdents -------------------------------------------------------------------------------- */

/*
 * Positions: 0 and 1 are the dots, then 2 + the number of the entry. A name that is not in memory
 * is shown with the place of its entry as its number, which lookup then may answer differently.
 */
static u64 shown_ino(struct fat_sb *sbi, u64 pos)
{
	struct inode *inode;
	u64 ino = pos + 2;

	mutex_lock(&sbi->pos_lock);
	inode = xa_load(&sbi->by_pos, pos);
	if (inode)
		ino = inode->i_ino;
	mutex_unlock(&sbi->pos_lock);
	return ino;
}

static int fat_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);
	struct scan *s;
	int ret = 0;

	if (ctx->pos < 0)
		return -EINVAL;
	if (!dir_emit_dots(file, ctx))
		return 0;
	if (ctx->pos - 2 >= FAT_MAX_DIR_SIZE / FAT_DIRENT)
		return 0;
	s = scan_begin(dir, (u32)(ctx->pos - 2));
	if (!s)
		return -ENOMEM;
	while ((ret = scan_next(s)) > 0) {
		const char *name = s->long_len ? s->long_name : s->short_name;
		u32 len = s->long_len ? s->long_len : s->short_len;

		if (is_dots(s->de))
			continue;
		ctx->pos = 2 + s->first;
		if (!dir_emit(ctx, name, (int)len, shown_ino(FAT_SB(dir->i_sb), s->pos),
			      s->de->attr & FAT_ATTR_DIR ? DT_DIR : DT_REG))
			break;
		ctx->pos = 2 + s->n;
	}
	scan_end(s);
	return ret < 0 ? ret : 0;
}

const struct file_operations fat_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = fat_readdir,
	.fsync = fat_fsync,
};
