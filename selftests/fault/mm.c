/* SPDX-License-Identifier: MIT */
/* Address spaces and shared memory: every allocation of a call fails in turn. */
#include "fault.h"
#include <sys/shm.h>
#include <sys/uio.h>

#define PAGE 4096ul
#define RW   (PROT_READ | PROT_WRITE)

static char *map(size_t size)
{
	char *p = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

SWEEP(mapping)
{
	void *p = (void *)TRY(mmap(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	if (p != MAP_FAILED)
		munmap(p, 16 * PAGE);
	p = (void *)TRY(mmap(NULL, 16 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	if (p != MAP_FAILED)
		munmap(p, 16 * PAGE);
	p = (void *)TRY(
		mmap(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
	if (p != MAP_FAILED)
		munmap(p, 16 * PAGE);
}

SWEEP(mapping_a_file)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p = (char *)TRY(mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0));

	if (p != MAP_FAILED) {
		TRY((p[0]++, 0));
		munmap(p, 2 * PAGE);
	}
	close(fd);
}

/* A page that cannot be had now is tried again: the program does not notice. */
SWEEP(touching_memory)
{
	char *p = map(8 << 20);

	TRY((p[0]++, p[4 << 20]++, (void)*(volatile char *)(p + 100 * PAGE), 0));
	EXPECT_EQ(1, p[0]);
	EXPECT_EQ(1, p[4 << 20]);
	munmap(p, 8 << 20);
}

SWEEP(reading_into_new_memory)
{
	char *p = map(16 * PAGE);
	int fd = open("/dev/zero", O_RDONLY);

	TRY(read(fd, p + 100, 4 * PAGE));
	close(fd);
	munmap(p, 16 * PAGE);
}

SWEEP(changing_a_part)
{
	char *p = map(16 * PAGE);

	memset(p, 1, 16 * PAGE);
	TRY(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	TRY(munmap(p + 10 * PAGE, PAGE));
	TRY(madvise(p + 2 * PAGE, PAGE, MADV_DONTFORK));
	TRY(mlock(p + PAGE, PAGE));
	TRY(madvise(p + 12 * PAGE, 2 * PAGE, MADV_DONTNEED));
	munmap(p, 16 * PAGE);
}

SWEEP(moving)
{
	char *p = map(16 * PAGE), *q;

	memset(p, 1, 16 * PAGE);
	q = (char *)TRY(mremap(p, 16 * PAGE, 1024 * PAGE, MREMAP_MAYMOVE));
	if (q != MAP_FAILED) {
		EXPECT_EQ(1, q[15 * PAGE]);
		munmap(q, 1024 * PAGE);
	} else {
		EXPECT_EQ(1, p[15 * PAGE]);
		munmap(p, 16 * PAGE);
	}
}

SWEEP(heap)
{
	char *at = sbrk(0);

	TRY(brk(at + 64 * PAGE));
	TRY(brk(at));
	ASSERT_EQ(0, brk(at));
}

SWEEP(large_pages)
{
	size_t huge = 2 << 20;
	char *p = map(3 * huge), *q = (char *)(((uintptr_t)p + huge - 1) & ~(huge - 1));

	TRY(madvise(q, huge, MADV_HUGEPAGE));
	TRY((q[0] = 5, 0));
	TRY(munmap(q + huge / 2, PAGE));
	TRY(mprotect(q + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(5, q[0]);
	munmap(p, 3 * huge);
}

SWEEP(copy_on_write)
{
	char *p = map(600 * PAGE);
	pid_t pid;

	memset(p, 3, 600 * PAGE);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	TRY((p[0]++, p[300 * PAGE]++, 0));
	EXPECT_EQ(4, p[0]);
	EXPECT_EQ(4, p[300 * PAGE]);
	kill(pid, SIGKILL);
	test_wait(pid);
	munmap(p, 600 * PAGE);
}

SWEEP(memory_files)
{
	int fd = TRY(memfd_create("fault", 0));
	char *p;

	if (fd < 0)
		return;
	TRY(ftruncate(fd, 1 << 20));
	ftruncate(fd, 1 << 20);
	p = (char *)TRY(mmap(NULL, 1 << 20, RW, MAP_SHARED, fd, 0));
	if (p != MAP_FAILED) {
		TRY((p[5 * PAGE] = 1, 0));
		munmap(p, 1 << 20);
	}
	close(fd);
}

SWEEP(shared_segments)
{
	int id = TRY(shmget(IPC_PRIVATE, 1 << 16, IPC_CREAT | 0600));
	void *p;

	if (id < 0)
		return;
	p = (void *)TRY(shmat(id, NULL, 0));
	if (p != (void *)-1)
		shmdt(p);
	shmctl(id, IPC_RMID, NULL);
}

SWEEP(remote_memory)
{
	static char a[40000], b[40000];
	struct iovec l[20], r[20];

	for (int i = 0; i < 20; i++) {
		l[i] = (struct iovec){a + i * 2000, 2000};
		r[i] = (struct iovec){b + i * 2000, 2000};
	}
	TRY(process_vm_readv(getpid(), l, 20, r, 20, 0));
	TRY(process_vm_writev(getpid(), l, 20, r, 20, 0));
}

SWEEP(residency)
{
	unsigned char vec[64];
	char *p = map(64 * PAGE);

	p[0] = 1;
	TRY(mincore(p, 64 * PAGE, vec));
	TRY(msync(p, 64 * PAGE, MS_SYNC));
	munmap(p, 64 * PAGE);
}

TEST_MAIN
