/* SPDX-License-Identifier: MIT */
/* System V semaphores: semget(2), semop(2), semctl(2). Needs root. */
#include "../harness.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static int set_of(int n)
{
	int id;

	REQUIRE_CONFIG("SYSVIPC");
	id = semget(IPC_PRIVATE, n, 0600);
	ASSERT_GE(id, 0);
	return id;
}

static void remove_set(int id)
{
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

static int op(int id, int num, int val, int flg)
{
	struct sembuf sop = {num, val, flg};

	return semop(id, &sop, 1);
}

static int value(int id, int num)
{
	return semctl(id, num, GETVAL);
}

/* Waits until @n processes wait for semaphore @num, as @cmd counts. */
static void await(int id, int num, int cmd, int n)
{
	double end = test_now() + 10;

	while (semctl(id, num, cmd) != n && test_now() < end)
		test_sleep_ms(2);
	EXPECT_EQ(n, semctl(id, num, cmd));
}

TEST(values_and_operations)
{
	int id = set_of(3);
	unsigned short all[3] = {5, 6, 7}, got[3];

	EXPECT_EQ(0, value(id, 0));
	EXPECT_EQ(0, semctl(id, 1, SETVAL, 4));
	EXPECT_EQ(4, value(id, 1));
	EXPECT_EQ(getpid(), semctl(id, 1, GETPID));
	EXPECT_EQ(0, semctl(id, 2, GETPID));
	EXPECT_EQ(0, op(id, 1, -4, 0));
	EXPECT_EQ(0, op(id, 1, 0, 0));
	EXPECT_ERRNO(EAGAIN, op(id, 1, -1, IPC_NOWAIT));
	EXPECT_EQ(0, op(id, 1, 3, 0));
	EXPECT_ERRNO(EAGAIN, op(id, 1, 0, IPC_NOWAIT));
	EXPECT_EQ(0, semctl(id, 0, SETALL, all));
	EXPECT_EQ(0, semctl(id, 0, GETALL, got));
	EXPECT_EQ(0, memcmp(all, got, sizeof(all)));
	remove_set(id);
}

TEST(errors)
{
	int id = set_of(2);
	struct sembuf sops[2] = {{0, 1, 0}, {2, 1, 0}};
	struct timespec bad = {0, 1000000000};
	unsigned short all[2] = {1, 32768};

	EXPECT_ERRNO(EFBIG, semop(id, sops, 2));
	EXPECT_EQ(0, value(id, 0));
	EXPECT_ERRNO(EINVAL, semop(id, sops, 0));
	EXPECT_ERRNO(E2BIG, semop(id, sops, 501));
	EXPECT_ERRNO(EFAULT, semop(id, (struct sembuf *)test_bad_pointer, 1));
	EXPECT_ERRNO(EINVAL, semop(-1, sops, 1));
	EXPECT_ERRNO(EINVAL, semtimedop(id, sops, 1, &bad));
	EXPECT_ERRNO(EFAULT, semtimedop(id, sops, 1, (struct timespec *)test_bad_pointer));
	EXPECT_ERRNO(ERANGE, semctl(id, 0, SETVAL, 32768));
	EXPECT_ERRNO(ERANGE, semctl(id, 0, SETVAL, -1));
	EXPECT_ERRNO(ERANGE, semctl(id, 0, SETALL, all));
	EXPECT_ERRNO(EINVAL, semctl(id, 2, SETVAL, 1));
	EXPECT_ERRNO(EINVAL, semctl(id, -1, GETVAL));
	EXPECT_ERRNO(EINVAL, semctl(id, 0, 99));
	EXPECT_ERRNO(EFAULT, semctl(id, 0, IPC_STAT, test_bad_pointer));
	EXPECT_ERRNO(EFAULT, semctl(id, 0, GETALL, test_bad_pointer));
	EXPECT_EQ(0, semctl(id, 0, SETVAL, 32767));
	EXPECT_ERRNO(ERANGE, op(id, 0, 1, 0));
	EXPECT_ERRNO(EINVAL, semget(IPC_PRIVATE, 0, 0600));
	EXPECT_ERRNO(EINVAL, semget(IPC_PRIVATE, -1, 0600));
	EXPECT_ERRNO(EINVAL, semget(IPC_PRIVATE, 32001, 0600));
	remove_set(id);
	EXPECT_ERRNO(EINVAL, op(id, 0, 1, 0));
	EXPECT_ERRNO(EINVAL, semctl(id, 0, GETVAL));
}

TEST(keys)
{
	key_t key = 0x5e310000 | (getpid() & 0xffff);
	int id;

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_ERRNO(ENOENT, semget(key, 2, 0600));
	ASSERT_LE(0, id = semget(key, 2, IPC_CREAT | 0600));
	EXPECT_EQ(id, semget(key, 2, 0));
	EXPECT_EQ(id, semget(key, 0, IPC_CREAT));
	EXPECT_ERRNO(EINVAL, semget(key, 3, 0));
	EXPECT_ERRNO(EEXIST, semget(key, 2, IPC_CREAT | IPC_EXCL | 0600));
	remove_set(id);
	EXPECT_ERRNO(ENOENT, semget(key, 2, 0600));
}

TEST(ids_are_not_soon_used_again)
{
	int first = set_of(1), id;

	remove_set(first);
	for (int i = 0; i < 1000; i++) {
		id = set_of(1);
		ASSERT_NE(first, id);
		remove_set(id);
	}
}

TEST(several_operations_are_atomic)
{
	int id = set_of(2);
	struct sembuf both[2] = {{0, -1, 0}, {1, -1, IPC_NOWAIT}};
	struct sembuf self[3] = {{0, 2, 0}, {0, -1, 0}, {0, -1, 0}};
	pid_t pid;

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 1));
	EXPECT_ERRNO(EAGAIN, semop(id, both, 2));
	EXPECT_EQ(1, value(id, 0));
	EXPECT_EQ(0, semop(id, self, 3));
	EXPECT_EQ(1, value(id, 0));
	both[1].sem_flg = 0;
	pid = fork();
	if (!pid)
		_exit(semop(id, both, 2) != 0);
	await(id, 1, GETNCNT, 1);
	EXPECT_EQ(0, semctl(id, 0, GETNCNT));
	EXPECT_EQ(0, op(id, 0, -1, 0)); /* now it waits for the other one */
	EXPECT_EQ(0, op(id, 1, 1, 0));
	await(id, 0, GETNCNT, 1);
	EXPECT_EQ(1, value(id, 1));
	EXPECT_EQ(0, op(id, 0, 1, 0));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, value(id, 0));
	EXPECT_EQ(0, value(id, 1));
	EXPECT_EQ(pid, semctl(id, 1, GETPID));
	remove_set(id);
}

TEST(waiting_for_zero_and_for_more)
{
	int id = set_of(1);
	pid_t zero, two, one;

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 1));
	zero = fork();
	if (!zero)
		_exit(op(id, 0, 0, 0) != 0);
	await(id, 0, GETZCNT, 1);
	two = fork();
	if (!two)
		_exit(op(id, 0, -2, 0) != 0);
	await(id, 0, GETNCNT, 1);
	one = fork();
	if (!one)
		_exit(op(id, 0, -3, 0) != 0);
	await(id, 0, GETNCNT, 2);
	EXPECT_EQ(0, op(id, 0, 2, 0)); /* three: -2 goes first, one is left */
	EXPECT_EQ(0, test_wait(two));
	EXPECT_EQ(1, value(id, 0));
	EXPECT_EQ(1, semctl(id, 0, GETZCNT));
	EXPECT_EQ(0, op(id, 0, 2, 0)); /* three again: -3 goes, then who waits for zero */
	EXPECT_EQ(0, test_wait(one));
	EXPECT_EQ(0, test_wait(zero));
	EXPECT_EQ(0, semctl(id, 0, GETZCNT));
	EXPECT_EQ(0, semctl(id, 0, GETNCNT));
	remove_set(id);
}

static void on_signal(int sig)
{
}

TEST(waits_end_by_time_signal_and_removal)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sembuf sop = {0, -1, 0};
	struct timespec ts = {0, 50000000};
	int id = set_of(1);
	double start = test_now();
	pid_t pid;

	EXPECT_ERRNO(EAGAIN, semtimedop(id, &sop, 1, &ts));
	EXPECT_LE(0.045, test_now() - start);
	sigaction(SIGALRM, &sa, NULL);
	ualarm(30000, 0);
	EXPECT_ERRNO(EINTR, op(id, 0, -1, 0));
	pid = fork();
	if (!pid)
		_exit(op(id, 0, -1, 0) == -1 && errno == EIDRM ? 0 : 1);
	await(id, 0, GETNCNT, 1);
	remove_set(id);
	EXPECT_EQ(0, test_wait(pid));
}

TEST(undo_at_exit)
{
	int id = set_of(3);
	struct sembuf sops[2] = {{0, -2, SEM_UNDO}, {1, 3, SEM_UNDO}};
	pid_t pid;

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 5));
	pid = fork();
	if (!pid) {
		ASSERT_EQ(0, semop(id, sops, 2));
		ASSERT_EQ(0, op(id, 0, -1, SEM_UNDO));
		ASSERT_EQ(0, op(id, 2, 7, SEM_UNDO));
		ASSERT_EQ(2, value(id, 0));
		ASSERT_EQ(0, semctl(id, 2, SETVAL, 9)); /* forgets the undo */
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(5, value(id, 0));
	EXPECT_EQ(0, value(id, 1));
	EXPECT_EQ(9, value(id, 2));
	EXPECT_EQ(pid, semctl(id, 0, GETPID));
	/* A fork's child does not undo what its parent did. */
	EXPECT_EQ(0, op(id, 0, -1, SEM_UNDO));
	pid = fork();
	if (!pid)
		_exit(0);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(4, value(id, 0));
	/* Who waits is woken by what is undone. */
	EXPECT_EQ(0, semctl(id, 0, SETVAL, 1));
	pid = fork();
	if (!pid) {
		op(id, 0, -1, SEM_UNDO);
		op(id, 1, 1, 0);
		await(id, 0, GETNCNT, 1);
		_exit(0);
	}
	EXPECT_EQ(0, op(id, 1, -1, 0));
	EXPECT_EQ(0, op(id, 0, -1, 0));
	EXPECT_EQ(0, test_wait(pid));
	remove_set(id);
}

TEST(undo_survives_exec_and_removal)
{
	int id = set_of(1), id2 = set_of(1);
	pid_t pid;

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 3));
	pid = fork();
	if (!pid) {
		op(id, 0, -1, SEM_UNDO);
		op(id2, 0, 1, SEM_UNDO);
		semctl(id2, 0, IPC_RMID);
		execl("/bin/true", "true", NULL);
		execl("/bin/busybox", "true", NULL);
		_exit(0);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(3, value(id, 0));
	remove_set(id);
}

static int sharer(void *arg)
{
	return op(*(int *)arg, 0, -1, SEM_UNDO);
}

TEST(sharers_undo_together)
{
	static char stack[65536] __attribute__((aligned(16)));
	int id = set_of(1);
	pid_t pid;

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 5));
	pid = clone(sharer, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD, &id);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(4, value(id, 0)); /* we live, so nothing is undone */
	EXPECT_EQ(0, unshare(CLONE_SYSVSEM));
	EXPECT_EQ(5, value(id, 0));
	pid = clone(sharer, stack + sizeof(stack), SIGCHLD, &id);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(5, value(id, 0));
	remove_set(id);
}

TEST(undo_has_a_range)
{
	int id = set_of(1);

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 0));
	EXPECT_EQ(0, op(id, 0, 32767, SEM_UNDO));
	EXPECT_EQ(0, op(id, 0, -32767, 0));
	EXPECT_EQ(0, op(id, 0, 1, SEM_UNDO));
	EXPECT_ERRNO(ERANGE, op(id, 0, 1, SEM_UNDO));
	EXPECT_EQ(1, value(id, 0));
	remove_set(id);
}

TEST(status_and_permissions)
{
	struct semid_ds ds;
	int id = set_of(2), status;

	ASSERT_EQ(0, semctl(id, 0, IPC_STAT, &ds));
	EXPECT_EQ(2ul, ds.sem_nsems);
	EXPECT_EQ(0, ds.sem_otime);
	EXPECT_LE(ds.sem_ctime, time(NULL));
	EXPECT_LE(time(NULL) - 5, ds.sem_ctime);
	EXPECT_EQ(0600, ds.sem_perm.mode);
	EXPECT_EQ(geteuid(), ds.sem_perm.uid);
	EXPECT_EQ(0, op(id, 0, 1, 0));
	ASSERT_EQ(0, semctl(id, 0, IPC_STAT, &ds));
	EXPECT_LE(time(NULL) - 5, ds.sem_otime);
	ds.sem_perm.mode = 0644;
	EXPECT_EQ(0, semctl(id, 0, IPC_SET, &ds));
	ASSERT_EQ(0, semctl(id, 0, IPC_STAT, &ds));
	EXPECT_EQ(0644, ds.sem_perm.mode);
	if (geteuid())
		SKIP("not root");
	if (!fork()) {
		ASSERT_EQ(0, setgid(12345));
		ASSERT_EQ(0, setuid(12345));
		EXPECT_EQ(1, value(id, 0));
		EXPECT_ERRNO(EACCES, op(id, 0, 1, 0));
		EXPECT_EQ(0, op(id, 1, 0, 0));
		EXPECT_ERRNO(EACCES, semctl(id, 0, SETVAL, 1));
		EXPECT_ERRNO(EPERM, semctl(id, 0, IPC_RMID));
		EXPECT_ERRNO(EPERM, semctl(id, 0, IPC_SET, &ds));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	ds.sem_perm.mode = 0600;
	ds.sem_perm.uid = 12345;
	EXPECT_EQ(0, semctl(id, 0, IPC_SET, &ds));
	if (!fork()) {
		ASSERT_EQ(0, setgid(12345));
		ASSERT_EQ(0, setuid(12345));
		EXPECT_EQ(0, op(id, 0, 1, 0));
		EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_ERRNO(EINVAL, value(id, 0));
}

TEST(lists_and_limits)
{
	struct seminfo before, after, limits;
	struct semid_ds ds;
	int id, max, found = 0;
	char *text;

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_LE(0, semctl(0, 0, SEM_INFO, &before));
	id = set_of(7);
	EXPECT_LE(0, max = semctl(0, 0, SEM_INFO, &after));
	EXPECT_EQ(before.semusz + 1, after.semusz);
	EXPECT_EQ(before.semaem + 7, after.semaem);
	EXPECT_EQ(max, semctl(0, 0, IPC_INFO, &limits));
	EXPECT_EQ(32000, limits.semmsl);
	EXPECT_EQ(500, limits.semopm);
	EXPECT_EQ(32767, limits.semvmx);
	for (int i = 0; i <= max; i++)
		found += semctl(i, 0, SEM_STAT, &ds) == id;
	EXPECT_EQ(1, found);
	EXPECT_EQ(id, semctl(id & 0x7fff, 0, SEM_STAT_ANY, &ds));
	EXPECT_EQ(7ul, ds.sem_nsems);
	text = calloc(1, 1 << 20);
	if (test_config("PROC_FS")) {
		char want[64], *line;

		EXPECT_LT(0, test_read_file("/proc/sysvipc/sem", text, 1 << 20));
		snprintf(want, sizeof(want), "%10d %10d   600          7", 0, id);
		line = strstr(text, want);
		EXPECT_TRUE(line);
	}
	remove_set(id);
}

TEST_TIMEOUT(many_processes_one_set, 120)
{
	enum { PROCS = 16, ROUNDS = 60 };
	int id = set_of(3);
	unsigned short start[3] = {1, 4, 0};
	pid_t pids[PROCS];

	EXPECT_EQ(0, semctl(id, 0, SETALL, start));
	for (int i = 0; i < PROCS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int n = 0; n < ROUNDS; n++) {
			struct sembuf take[2] = {{0, -1, SEM_UNDO}, {1, -1, 0}};
			struct sembuf give[3] = {{1, 1, 0}, {0, 1, SEM_UNDO}, {2, 1, 0}};

			if (n % 2 ? semop(id, take, 2) : op(id, 0, -1, SEM_UNDO))
				_exit(1);
			if (value(id, 0))
				_exit(2);
			if (n % 2 ? semop(id, give, 3) : op(id, 0, 1, SEM_UNDO))
				_exit(3);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCS; i++)
		EXPECT_EQ(0, test_wait(pids[i]));
	EXPECT_EQ(1, value(id, 0));
	EXPECT_EQ(4, value(id, 1));
	EXPECT_EQ(PROCS * ROUNDS / 2, value(id, 2));
	remove_set(id);
}

TEST_TIMEOUT(killed_holders_give_back, 120)
{
	int id = set_of(1);

	EXPECT_EQ(0, semctl(id, 0, SETVAL, 1));
	for (int i = 0; i < 60; i++) {
		pid_t a = fork();

		if (!a) {
			op(id, 0, -1, SEM_UNDO);
			for (;;)
				pause();
		}
		if (i % 2)
			while (value(id, 0))
				sched_yield();
		kill(a, SIGKILL);
		EXPECT_EQ(SIGKILL, test_wait(a));
		ASSERT_EQ(1, value(id, 0));
	}
	remove_set(id);
}

TEST_TIMEOUT(thousands_of_sets, 120)
{
	static int ids[2000];
	struct seminfo before, after;

	REQUIRE_CONFIG("SYSVIPC");
	semctl(0, 0, SEM_INFO, &before);
	for (int i = 0; i < 2000; i++) {
		ids[i] = semget(0x71000000 + i, 2, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
	}
	for (int i = 0; i < 2000; i++)
		ASSERT_EQ(ids[i], semget(0x71000000 + i, 2, 0));
	for (int i = 0; i < 2000; i++)
		ASSERT_EQ(0, semctl(ids[i], 0, IPC_RMID));
	semctl(0, 0, SEM_INFO, &after);
	EXPECT_EQ(before.semusz, after.semusz);
	EXPECT_EQ(before.semaem, after.semaem);
}

TEST_MAIN
