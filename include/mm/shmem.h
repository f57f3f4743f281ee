/* SPDX-License-Identifier: MIT */
/*
 * Shared memory: an address_space whose pages are the only copy of the data. tmpfs files, memfd,
 * SysV segments and MAP_SHARED | MAP_ANONYMOUS are all a struct shmem_object; a file system embeds
 * one in its inode (mapping.host = inode), anonymous sharing allocates one by itself (host NULL).
 *
 * A page that was never written reads as zero, or, inside backing_len, as the bytes at backing: an
 * initramfs file is a view of the archive in memory, copied page by page only when it is mapped or
 * written.
 *
 * Size: the inode's i_size where there is a host, else ->size. Limits: each page is charged to
 * ->limit (NULL: none) and counted NR_SHMEM.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <mm/pagemap.h>

struct file;
struct inode;
struct kiocb;
struct iov_iter;
struct vm_area_struct;
struct vm_operations_struct;

/* Blocks and inodes of one tmpfs mount. */
struct shmem_limit {
	atomic_long_t used; /* pages */
	long max; /* pages; 0: no limit */
};

struct shmem_object {
	struct address_space mapping;
	loff_t size; /* when mapping.host is NULL */
	struct shmem_limit *limit;
	/* direct-map or kernel address that stays valid; NULL: zeroes */
	const void *backing;
	size_t backing_len;
	unsigned int seals; /* F_SEAL_*; host's i_rwsem */
	atomic_t refs; /* objects without a host */
	unsigned long vm_flags; /* VM_NORESERVE: charged page by page */
	long accounted; /* pages of committed memory held */
#ifdef CONFIG_SWAP
	_Atomic(unsigned long) nr_swapped; /* values in mapping.i_pages: mm/shmem_swap.c */
	_Atomic(u32) swapped_in; /* how many came back, ever */
	struct list_head swapped_list;
#endif
};

extern const struct address_space_operations shmem_aops;

void shmem_object_init(struct shmem_object *obj, struct inode *host, struct shmem_limit *limit);
/* Frees every page. For evict_inode. */
void shmem_object_destroy(struct shmem_object *obj);
static inline struct shmem_object *shmem_of(struct address_space *mapping)
{
	return container_of(mapping, struct shmem_object, mapping);
}
static inline bool shmem_mapping(const struct address_space *mapping)
{
	return mapping->a_ops == &shmem_aops;
}
/* Pages of the object, in memory or in swap. */
unsigned long shmem_pages(const struct shmem_object *obj);
/* SHM_LOCK: no page leaves for swap any more. */
void shmem_lock_pages(struct shmem_object *obj, bool lock);
/* One user less of an object without a host. */
void shmem_anon_put(struct shmem_object *obj);

/*
 * The page at @index, referenced, unlocked, uptodate. @create: makes it if absent; else an absent
 * page gives NULL when it reads as zeroes. ERR_PTR(-ENOMEM, -ENOSPC). Sleeps.
 */
struct page *shmem_get_page(struct shmem_object *obj, pgoff_t index, bool create);

/* file_operations of a tmpfs regular file. i_rwsem and seals are handled inside. */
ssize_t shmem_file_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t shmem_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
int shmem_mmap(struct file *file, struct vm_area_struct *vma);
extern const struct vm_operations_struct shmem_vm_ops; /* what it gives the VMA */
long shmem_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
loff_t shmem_file_llseek(struct file *file, loff_t offset, int whence);
/*
 * inode_operations.setattr with ATTR_SIZE: new size, i_rwsem held. 0 or -EPERM (sealed), -ENOMEM.
 */
int shmem_setsize(struct inode *inode, loff_t newsize);
/* fcntl F_ADD_SEALS / F_GET_SEALS: -EINVAL if the file is not of shared memory. */
long shmem_fcntl(struct file *file, unsigned int cmd, unsigned long arg);

/* Kernel copies (symlink text, initramfs). Bytes or -errno. Sleep. */
ssize_t shmem_kernel_write(struct shmem_object *obj, const void *buf, size_t len, loff_t pos);

/* MAP_SHARED | MAP_ANONYMOUS: gives @vma an object of its size. 0 or -ENOMEM. */
int shmem_zero_setup(struct vm_area_struct *vma);

/*
 * An unlinked tmpfs file of @size bytes for memfd and SysV shared memory: implemented by fs/tmpfs
 * on its kernel mount. ERR_PTR on failure.
 */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags);

#endif
