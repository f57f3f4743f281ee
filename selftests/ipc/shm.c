/* SPDX-License-Identifier: MIT */
/* System V shared memory: shmget(2), shmop(2), shmctl(2). Needs root. */
#include "../harness.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SHM_DEST
#define SHM_DEST 01000
#endif
#ifndef SHM_LOCKED
#define SHM_LOCKED 02000
#endif

static long page;

static int segment(size_t size)
{
	int id;

	REQUIRE_CONFIG("SYSVIPC");
	page = sysconf(_SC_PAGESIZE);
	id = shmget(IPC_PRIVATE, size, 0600);
	ASSERT_GE(id, 0);
	return id;
}

static void remove_segment(int id)
{
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

static char *attach(int id, int flg)
{
	char *p = shmat(id, NULL, flg);

	ASSERT_NE(p, (char *)-1);
	return p;
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	memset(&ds, 0, sizeof(ds));
	EXPECT_EQ(0, shmctl(id, IPC_STAT, &ds));
	return ds;
}

static long attached(int id)
{
	return stat_of(id).shm_nattch;
}

TEST(memory_is_shared_and_zero)
{
	int id = segment(20000);
	char *a = attach(id, 0), *b = attach(id, 0);
	pid_t pid;

	EXPECT_NE(a, b);
	for (int i = 0; i < 20000; i++)
		ASSERT_EQ(0, a[i]);
	a[19999] = 'x';
	EXPECT_EQ('x', b[19999]);
	pid = fork();
	if (!pid) {
		b[5] = 'y';
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ('y', a[5]);
	EXPECT_EQ(0, shmdt(a));
	EXPECT_EQ(0, shmdt(b));
	EXPECT_ERRNO(EINVAL, shmdt(b));
	a = attach(id, 0);
	EXPECT_EQ('y', a[5]);
	remove_segment(id);
}

TEST(attachments_are_counted)
{
	int id = segment(8 * getpagesize());
	char *a, *b;
	pid_t pid;

	EXPECT_EQ(0, attached(id));
	a = attach(id, 0);
	EXPECT_EQ(1, attached(id));
	b = attach(id, SHM_RDONLY);
	EXPECT_EQ(2, attached(id));
	pid = fork();
	if (!pid) {
		EXPECT_EQ(4, attached(id));
		EXPECT_EQ(0, shmdt(a));
		EXPECT_EQ(3, attached(id));
		_exit(test_failures);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(2, attached(id));
	pid = fork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		execl("/bin/busybox", "true", NULL);
		_exit(0);
	}
	test_wait(pid);
	EXPECT_EQ(2, attached(id));
	EXPECT_EQ(0, shmdt(b));
	/* Pieces: each VMA counts. */
	EXPECT_EQ(0, munmap(a + 2 * page, page));
	EXPECT_EQ(2, attached(id));
	EXPECT_EQ(0, mprotect(a + 4 * page, page, PROT_READ));
	EXPECT_EQ(4, attached(id));
	EXPECT_EQ(0, shmdt(a));
	EXPECT_EQ(0, attached(id));
	a = attach(id, 0);
	EXPECT_EQ(0, munmap(a, 8 * page));
	EXPECT_EQ(0, attached(id));
	a = attach(id, 0);
	a[0] = 1;
	b = mremap(a, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_FIXED, a + 64 * page);
	EXPECT_EQ(a + 64 * page, b);
	EXPECT_EQ(1, attached(id));
	EXPECT_EQ(1, b[0]);
	EXPECT_EQ(0, shmdt(b));
	EXPECT_EQ(0, attached(id));
	remove_segment(id);
}

TEST(places)
{
	int id = segment(3 * getpagesize());
	char *room = mmap(NULL, 16 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p;

	EXPECT_ERRNO(EINVAL, (long)shmat(id, room, 0));
	EXPECT_ERRNO(EINVAL, (long)shmat(id, NULL, SHM_REMAP));
	EXPECT_EQ(room, (p = shmat(id, room, SHM_REMAP)));
	EXPECT_EQ(0, shmdt(room));
	munmap(room, 16 * page);
	EXPECT_ERRNO(EINVAL, (long)shmat(id, room + 100, 0));
	EXPECT_EQ(room, (p = shmat(id, room + 100, SHM_RND)));
	p[3 * page - 1] = 1;
	EXPECT_ERRNO(EINVAL, shmdt(p + page));
	EXPECT_ERRNO(EINVAL, shmdt(p + 1));
	EXPECT_EQ(0, shmdt(p));
	EXPECT_ERRNO(EINVAL, (long)shmat(-1, NULL, 0));
	EXPECT_ERRNO(EINVAL, (long)shmat(id + 1, NULL, 0));
	remove_segment(id);
}

TEST_SIGNAL(read_only_is_read_only, SIGSEGV)
{
	int id = segment(100);
	char *p = attach(id, SHM_RDONLY);

	remove_segment(id);
	ASSERT_EQ(0, p[0]);
	ASSERT_ERRNO(EACCES, mprotect(p, page, PROT_READ | PROT_WRITE));
	p[0] = 1;
}

TEST(execution)
{
	int id = shmget(IPC_PRIVATE, 100, 0700);
	char *p;

	REQUIRE_CONFIG("SYSVIPC");
	p = attach(id, SHM_EXEC);
	EXPECT_EQ(0, shmdt(p));
	remove_segment(id);
}

TEST(removed_but_attached)
{
	key_t key = 0x4e32000 | (getpid() & 0xffff);
	struct shmid_ds ds;
	int id, id2;
	char *p;

	REQUIRE_CONFIG("SYSVIPC");
	ASSERT_LE(0, id = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(id, shmget(key, 5000, 0));
	EXPECT_EQ(id, shmget(key, 0, 0));
	EXPECT_ERRNO(EINVAL, shmget(key, 5001, 0));
	p = attach(id, 0);
	p[0] = 7;
	remove_segment(id);
	ds = stat_of(id);
	EXPECT_EQ(SHM_DEST | 0600, ds.shm_perm.mode);
	EXPECT_EQ(IPC_PRIVATE, ds.shm_perm.__key);
	EXPECT_EQ(1ul, ds.shm_nattch);
	EXPECT_ERRNO(ENOENT, shmget(key, 5000, 0));
	ASSERT_LE(0, id2 = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
	remove_segment(id2);
	EXPECT_EQ(7, *attach(id, 0));
	EXPECT_EQ(7, p[0]);
	EXPECT_EQ(2, attached(id));
	EXPECT_EQ(0, shmdt(p));
	if (!fork())
		_exit(0);
	wait(NULL);
	EXPECT_EQ(1, attached(id));
	p = attach(id, 0);
	ds = stat_of(id);
}

TEST(the_last_detach_destroys)
{
	int id = segment(5000);
	struct shmid_ds ds;
	pid_t pid = fork();

	if (!pid) {
		attach(id, 0);
		remove_segment(id);
		_exit(test_failures); /* the end detaches */
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_ERRNO(EINVAL, shmctl(id, IPC_STAT, &ds));
}

TEST(errors_of_get)
{
	int id;

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_ERRNO(EINVAL, shmget(IPC_PRIVATE, 0, 0600));
	EXPECT_ERRNO(EINVAL, shmget(IPC_PRIVATE, -1, 0600));
	EXPECT_ERRNO(ENOENT, shmget(0x7fedcba9, 100, 0600));
	id = segment(1);
	EXPECT_ERRNO(EINVAL, shmctl(id, 99, NULL));
	EXPECT_ERRNO(EFAULT, shmctl(id, IPC_STAT, (void *)test_bad_pointer));
	EXPECT_ERRNO(EFAULT, shmctl(id, IPC_SET, (void *)test_bad_pointer));
	remove_segment(id);
	EXPECT_ERRNO(EINVAL, shmctl(id, IPC_RMID, NULL));
	EXPECT_ERRNO(EINVAL, (long)shmat(id, NULL, 0));
}

TEST(status)
{
	int id = segment(12345);
	struct shmid_ds ds = stat_of(id);
	char *p;
	pid_t pid;

	EXPECT_EQ(12345ul, ds.shm_segsz);
	EXPECT_EQ(getpid(), ds.shm_cpid);
	EXPECT_EQ(0, ds.shm_lpid);
	EXPECT_EQ(0, ds.shm_atime);
	EXPECT_EQ(0, ds.shm_dtime);
	EXPECT_LE(time(NULL) - 5, ds.shm_ctime);
	pid = fork();
	if (!pid) {
		p = attach(id, 0);
		_exit(shmdt(p));
	}
	EXPECT_EQ(0, test_wait(pid));
	ds = stat_of(id);
	EXPECT_EQ(pid, ds.shm_lpid);
	EXPECT_LE(time(NULL) - 5, ds.shm_atime);
	EXPECT_LE(time(NULL) - 5, ds.shm_dtime);
	ds.shm_perm.mode = 0644;
	EXPECT_EQ(0, shmctl(id, IPC_SET, &ds));
	EXPECT_EQ(0644, stat_of(id).shm_perm.mode);
	remove_segment(id);
}

TEST(permissions)
{
	int id = segment(100), status;
	struct shmid_ds ds = stat_of(id);

	if (geteuid())
		SKIP("not root");
	ds.shm_perm.mode = 0604;
	EXPECT_EQ(0, shmctl(id, IPC_SET, &ds));
	if (!fork()) {
		ASSERT_EQ(0, setgid(12345));
		ASSERT_EQ(0, setuid(12345));
		EXPECT_ERRNO(EACCES, (long)shmat(id, NULL, 0));
		EXPECT_ERRNO(EACCES, (long)shmat(id, NULL, SHM_RDONLY | SHM_EXEC));
		attach(id, SHM_RDONLY);
		EXPECT_ERRNO(EPERM, shmctl(id, IPC_RMID, NULL));
		EXPECT_ERRNO(EPERM, shmctl(id, SHM_LOCK, NULL));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	remove_segment(id);
}

TEST(locked_memory_is_limited)
{
	int id = segment(10 * getpagesize()), status;
	struct rlimit lim = {5 * getpagesize(), 5 * getpagesize()};

	if (geteuid())
		SKIP("not root");
	EXPECT_EQ(0, shmctl(id, SHM_LOCK, NULL));
	EXPECT_EQ(SHM_LOCKED | 0600, stat_of(id).shm_perm.mode);
	EXPECT_EQ(0, shmctl(id, SHM_LOCK, NULL));
	EXPECT_EQ(0, shmctl(id, SHM_UNLOCK, NULL));
	EXPECT_EQ(0600, stat_of(id).shm_perm.mode);
	remove_segment(id);
	if (!fork()) {
		ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &lim));
		ASSERT_EQ(0, setuid(12345));
		id = segment(10 * getpagesize());
		EXPECT_ERRNO(ENOMEM, shmctl(id, SHM_LOCK, NULL));
		remove_segment(id);
		id = segment(4 * getpagesize());
		EXPECT_EQ(0, shmctl(id, SHM_LOCK, NULL));
		remove_segment(id);
		id = segment(4 * getpagesize());
		EXPECT_EQ(0, shmctl(id, SHM_LOCK, NULL));
		remove_segment(id);
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
}

TEST(lists_and_maps)
{
	struct shm_info before, after;
	struct shminfo limits;
	struct shmid_ds ds;
	int id, max, found = 0;
	char *text = calloc(1, 1 << 20), want[100], *p;

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_LE(0, shmctl(0, SHM_INFO, (void *)&before));
	id = segment(5 * getpagesize());
	p = attach(id, 0);
	p[0] = p[2 * page] = 1;
	EXPECT_LE(0, max = shmctl(0, SHM_INFO, (void *)&after));
	EXPECT_EQ(before.used_ids + 1, after.used_ids);
	EXPECT_EQ(before.shm_tot + 5, after.shm_tot);
	EXPECT_EQ(before.shm_rss + 2, after.shm_rss);
	EXPECT_EQ(max, shmctl(0, IPC_INFO, (void *)&limits));
	EXPECT_EQ(4096ul, limits.shmmni);
	EXPECT_EQ(1ul, limits.shmmin);
	for (int i = 0; i <= max; i++)
		found += shmctl(i, SHM_STAT, &ds) == id;
	EXPECT_EQ(1, found);
	EXPECT_EQ(id, shmctl(id & 0x7fff, SHM_STAT_ANY, &ds));
	if (test_config("PROC_FS")) {
		EXPECT_LT(0, test_read_file("/proc/sysvipc/shm", text, 1 << 20));
		snprintf(want, sizeof(want), "%10d %10d   600 %21lu %5u %5u      1", 0, id,
			 5 * page, getpid(), getpid());
		EXPECT_TRUE(strstr(text, want));
		EXPECT_LT(0, test_read_file("/proc/self/maps", text, 1 << 20));
		snprintf(want, sizeof(want), "%lx-%lx rw-s 00000000 ", (long)p, (long)p + 5 * page);
		EXPECT_TRUE(strstr(text, want));
		EXPECT_TRUE(strstr(text, "/SYSV00000000 (deleted)"));
	}
	remove_segment(id);
}

TEST(forced_removal)
{
	const char *knob = "/proc/sys/kernel/shm_rmid_forced";
	struct shmid_ds ds;
	int fd, id, id2, orphan = segment(100);
	pid_t pid;

	fd = open(knob, O_RDWR);
	if (fd < 0 || write(fd, "0", 1) != 1)
		SKIP("shm_rmid_forced cannot be set");
	if (test_config("SYSVIPC") < 0)
		SKIP("would take other programs' segments");
	EXPECT_EQ(1, pwrite(fd, "1", 1, 0));
	EXPECT_ERRNO(EINVAL, shmctl(orphan, IPC_STAT, &ds));
	id = segment(100);
	attach(id, 0);
	pid = fork();
	if (!pid) {
		id2 = segment(200);
		_exit(shmctl(id2, IPC_STAT, &ds) ? 1 : 0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(1, attached(id));
	for (int i = 0; i < 100; i++)
		if (shmctl(i, SHM_STAT, &ds) >= 0)
			EXPECT_NE(200ul, ds.shm_segsz);
	EXPECT_EQ(1, pwrite(fd, "0", 1, 0));
	remove_segment(id);
}

TEST_TIMEOUT(no_leak_in_2000_segments, 120)
{
	struct shm_info before, after;

	REQUIRE_CONFIG("SYSVIPC");
	shmctl(0, SHM_INFO, (void *)&before);
	for (int i = 0; i < 2000; i++) {
		int id = segment(20000);
		char *p = attach(id, 0);

		p[i * 7 % 20000] = 1;
		ASSERT_EQ(0, shmctl(id, IPC_RMID, NULL));
		ASSERT_EQ(0, shmdt(p));
	}
	shmctl(0, SHM_INFO, (void *)&after);
	EXPECT_EQ(before.used_ids, after.used_ids);
	EXPECT_EQ(before.shm_tot, after.shm_tot);
}

TEST_TIMEOUT(attach_detach_race, 120)
{
	int id = segment(4 * getpagesize());
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int n = 0; n < 100; n++) {
			char *p = shmat(id, NULL, 0);

			if (p == (char *)-1)
				_exit(1);
			p[i] = n;
			if (n % 3 == 0 && !fork())
				_exit(0);
			if (shmdt(p))
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0, test_wait(pids[i]));
	for (int i = 0; i < 500 && attached(id); i++)
		test_sleep_ms(10);
	EXPECT_EQ(0, attached(id));
	remove_segment(id);
}

TEST_MAIN
