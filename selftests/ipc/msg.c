/* SPDX-License-Identifier: MIT */
/* System V message queues: msgget(2), msgop(2), msgctl(2). Needs root. */
#include "../harness.h"
#include <limits.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
	long type;
	char text[8192];
};

static int new_queue(void)
{
	int id;

	REQUIRE_CONFIG("SYSVIPC");
	id = msgget(IPC_PRIVATE, 0600);
	ASSERT_GE(id, 0);
	return id;
}

static void remove_queue(int id)
{
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

static int put(int id, long type, const char *text)
{
	struct message m = {.type = type};

	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text) + 1, IPC_NOWAIT);
}

/* The text that msgrcv gives for @type and @flg; "-" and errno if none. */
static const char *get(int id, long type, int flg)
{
	static struct message m;

	memset(&m, 0, sizeof(m));
	return msgrcv(id, &m, sizeof(m.text), type, flg | IPC_NOWAIT) < 0 ? "-" : m.text;
}

static struct msqid_ds stat_of(int id)
{
	struct msqid_ds ds;

	memset(&ds, 0, sizeof(ds));
	EXPECT_EQ(0, msgctl(id, IPC_STAT, &ds));
	return ds;
}

TEST(types)
{
	int id = new_queue();

	EXPECT_EQ(0, put(id, 3, "three"));
	EXPECT_EQ(0, put(id, 1, "one"));
	EXPECT_EQ(0, put(id, 2, "two"));
	EXPECT_EQ(0, put(id, 1, "uno"));
	EXPECT_EQ(0, put(id, LONG_MAX, "max"));
	EXPECT_STREQ("two", get(id, 2, 0));
	EXPECT_STREQ("one", get(id, 3, MSG_EXCEPT));
	EXPECT_STREQ("uno", get(id, -3, 0));
	EXPECT_STREQ("-", get(id, -2, 0));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_STREQ("three", get(id, 0, 0));
	EXPECT_STREQ("-", get(id, 7, 0));
	EXPECT_STREQ("max", get(id, LONG_MIN, 0));
	EXPECT_STREQ("-", get(id, 0, 0));
	remove_queue(id);
}

TEST(sizes)
{
	struct message m = {.type = 1}, out;
	int id = new_queue();

	memset(m.text, 'x', sizeof(m.text));
	EXPECT_EQ(0, msgsnd(id, &m, 8192, 0));
	EXPECT_EQ(0, msgsnd(id, &m, 8192, 0));
	EXPECT_ERRNO(EAGAIN, msgsnd(id, &m, 1, IPC_NOWAIT));
	EXPECT_EQ(0, msgsnd(id, &m, 0, IPC_NOWAIT));
	EXPECT_ERRNO(E2BIG, msgrcv(id, &out, 100, 0, 0));
	EXPECT_EQ(3ul, stat_of(id).msg_qnum);
	EXPECT_EQ(100, msgrcv(id, &out, 100, 0, MSG_NOERROR));
	EXPECT_EQ(8192, msgrcv(id, &out, 8192, 0, 0));
	EXPECT_EQ(0, memcmp(m.text, out.text, 8192));
	EXPECT_EQ(0, msgrcv(id, &out, 0, 0, 0));
	EXPECT_ERRNO(EINVAL, msgsnd(id, &m, 8193, 0));
	EXPECT_ERRNO(EINVAL, msgsnd(id, &m, -1, 0));
	remove_queue(id);
}

TEST(errors)
{
	struct message m = {.type = 0};
	int id = new_queue();

	EXPECT_ERRNO(EINVAL, msgsnd(id, &m, 1, 0));
	m.type = -1;
	EXPECT_ERRNO(EINVAL, msgsnd(id, &m, 1, 0));
	m.type = 1;
	EXPECT_ERRNO(EINVAL, msgsnd(-1, &m, 1, 0));
	EXPECT_ERRNO(EFAULT, msgsnd(id, test_bad_pointer, 1, 0));
	EXPECT_ERRNO(EINVAL, msgrcv(id, &m, -1, 0, 0));
	EXPECT_ERRNO(EINVAL, msgrcv(-1, &m, 1, 0, 0));
	EXPECT_ERRNO(ENOMSG, msgrcv(id, &m, 1, 0, IPC_NOWAIT));
	EXPECT_ERRNO(EINVAL, msgctl(id, 99, NULL));
	EXPECT_ERRNO(EFAULT, msgctl(id, IPC_STAT, (void *)test_bad_pointer));
	EXPECT_ERRNO(EFAULT, msgctl(id, IPC_SET, (void *)test_bad_pointer));
	remove_queue(id);
	EXPECT_ERRNO(EINVAL, msgsnd(id, &m, 1, 0));
	EXPECT_ERRNO(EINVAL, msgrcv(id, &m, 1, 0, 0));
	EXPECT_ERRNO(EINVAL, msgctl(id, IPC_RMID, NULL));
}

TEST(copies_stay_in_the_queue)
{
	int id = new_queue();
	struct message m;

	EXPECT_EQ(0, put(id, 5, "first"));
	EXPECT_EQ(0, put(id, 6, "second"));
	if (msgrcv(id, &m, sizeof(m.text), 0, MSG_COPY | IPC_NOWAIT) < 0 && errno == ENOSYS)
		SKIP("MSG_COPY is not built");
	EXPECT_STREQ("second", get(id, 1, MSG_COPY));
	EXPECT_STREQ("first", get(id, 0, MSG_COPY));
	EXPECT_STREQ("-", get(id, 2, MSG_COPY));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_ERRNO(EINVAL, msgrcv(id, &m, 100, 0, MSG_COPY));
	EXPECT_ERRNO(EINVAL, msgrcv(id, &m, 100, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT));
	EXPECT_ERRNO(E2BIG, msgrcv(id, &m, 2, 0, MSG_COPY | IPC_NOWAIT));
	EXPECT_EQ(2ul, stat_of(id).msg_qnum);
	EXPECT_STREQ("first", get(id, 0, 0));
	remove_queue(id);
}

TEST(status)
{
	int id = new_queue();
	struct msqid_ds ds = stat_of(id);
	pid_t pid;

	EXPECT_EQ(16384ul, ds.msg_qbytes);
	EXPECT_EQ(0, ds.msg_lspid);
	EXPECT_EQ(0, ds.msg_stime);
	EXPECT_EQ(0, ds.msg_rtime);
	EXPECT_LE(time(NULL) - 5, ds.msg_ctime);
	EXPECT_EQ(0, put(id, 1, "12345"));
	ds = stat_of(id);
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(1ul, ds.msg_qnum);
	EXPECT_EQ(6ul, ds.__msg_cbytes);
	EXPECT_LE(time(NULL) - 5, ds.msg_stime);
	pid = fork();
	if (!pid)
		_exit(strcmp("12345", get(id, 0, 0)));
	EXPECT_EQ(0, test_wait(pid));
	ds = stat_of(id);
	EXPECT_EQ(pid, ds.msg_lrpid);
	EXPECT_EQ(0ul, ds.msg_qnum);
	EXPECT_LE(time(NULL) - 5, ds.msg_rtime);
	ds.msg_qbytes = 10;
	ds.msg_perm.mode = 0640;
	EXPECT_EQ(0, msgctl(id, IPC_SET, &ds));
	ds = stat_of(id);
	EXPECT_EQ(10ul, ds.msg_qbytes);
	EXPECT_EQ(0640, ds.msg_perm.mode);
	EXPECT_EQ(0, put(id, 1, "12345"));
	EXPECT_ERRNO(EAGAIN, put(id, 1, "12345"));
	remove_queue(id);
}

static void on_signal(int sig)
{
}

TEST(waits_end_by_message_signal_and_removal)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	int id = new_queue();
	struct message m;
	pid_t pid, pid2;

	sigaction(SIGALRM, &sa, NULL);
	ualarm(30000, 0);
	EXPECT_ERRNO(EINTR, msgrcv(id, &m, 100, 0, 0));
	pid = fork();
	if (!pid)
		_exit(msgrcv(id, &m, 100, 7, 0) == 3 && !strcmp(m.text, "go") ? 0 : 1);
	test_sleep_ms(30);
	EXPECT_EQ(0, put(id, 6, "no"));
	EXPECT_EQ(0, put(id, 7, "go"));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(pid, stat_of(id).msg_lrpid);
	EXPECT_EQ(1ul, stat_of(id).msg_qnum);
	/* A buffer too small for what comes. */
	pid = fork();
	if (!pid)
		_exit(msgrcv(id, &m, 2, 7, 0) == -1 && errno == E2BIG ? 0 : 1);
	test_sleep_ms(30);
	EXPECT_EQ(0, put(id, 7, "long"));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_STREQ("long", get(id, 7, 0));
	pid = fork();
	if (!pid)
		_exit(msgrcv(id, &m, 100, 8, 0) == -1 && errno == EIDRM ? 0 : 1);
	m.type = 1;
	EXPECT_EQ(0, msgsnd(id, &m, 8192, 0));
	EXPECT_EQ(0, msgsnd(id, &m, 8189, 0));
	ualarm(30000, 0);
	EXPECT_ERRNO(EINTR, msgsnd(id, &m, 100, 0));
	pid2 = fork();
	if (!pid2)
		_exit(msgsnd(id, &m, 100, 0) == -1 && errno == EIDRM ? 0 : 1);
	test_sleep_ms(30);
	remove_queue(id);
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, test_wait(pid2));
}

TEST(a_waiting_sender_goes_when_there_is_room)
{
	int id = new_queue();
	struct message m = {.type = 1};
	struct msqid_ds ds;
	pid_t pid;

	EXPECT_EQ(0, msgsnd(id, &m, 8192, 0));
	EXPECT_EQ(0, msgsnd(id, &m, 8192, 0));
	pid = fork();
	if (!pid) {
		m.type = 2;
		_exit(msgsnd(id, &m, 500, 0));
	}
	test_sleep_ms(30);
	EXPECT_ERRNO(ENOMSG, msgrcv(id, &m, 8192, 2, IPC_NOWAIT));
	EXPECT_EQ(8192, msgrcv(id, &m, 8192, 1, 0));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(500, msgrcv(id, &m, 8192, 2, 0));
	EXPECT_EQ(pid, stat_of(id).msg_lspid);
	/* Or when the queue is made larger. */
	ds = stat_of(id);
	ds.msg_qbytes = 8192;
	EXPECT_EQ(0, msgctl(id, IPC_SET, &ds));
	pid = fork();
	if (!pid) {
		m.type = 2;
		_exit(msgsnd(id, &m, 500, 0));
	}
	test_sleep_ms(30);
	ds.msg_qbytes = 9000;
	EXPECT_EQ(0, msgctl(id, IPC_SET, &ds));
	EXPECT_EQ(0, test_wait(pid));
	remove_queue(id);
}

TEST(keys_and_permissions)
{
	key_t key = 0x3e310000 | (getpid() & 0xffff);
	struct msqid_ds ds;
	int id, status;

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_ERRNO(ENOENT, msgget(key, 0600));
	ASSERT_LE(0, id = msgget(key, IPC_CREAT | 0640));
	EXPECT_EQ(id, msgget(key, 0));
	EXPECT_ERRNO(EEXIST, msgget(key, IPC_CREAT | IPC_EXCL | 0600));
	if (geteuid())
		SKIP("not root");
	EXPECT_EQ(0, put(id, 1, "x"));
	if (!fork()) {
		ASSERT_EQ(0, setuid(12345)); /* still in the group */
		EXPECT_ERRNO(EACCES, put(id, 1, "x"));
		EXPECT_STREQ("x", get(id, 0, 0));
		EXPECT_ERRNO(EACCES, msgget(key, 0600));
		EXPECT_EQ(id, msgget(key, 0400));
		EXPECT_ERRNO(EPERM, msgctl(id, IPC_RMID, NULL));
		EXPECT_EQ(0, msgctl(id, IPC_STAT, &ds));
		EXPECT_ERRNO(EPERM, msgctl(id, IPC_SET, &ds));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	ds = stat_of(id);
	ds.msg_perm.uid = 12345;
	EXPECT_EQ(0, msgctl(id, IPC_SET, &ds));
	if (!fork()) {
		ASSERT_EQ(0, setuid(12345));
		ds.msg_qbytes = 1 << 20;
		EXPECT_ERRNO(EPERM, msgctl(id, IPC_SET, &ds));
		EXPECT_EQ(0, put(id, 1, "x"));
		EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
}

TEST(lists_and_limits)
{
	struct msginfo before, after, limits;
	struct msqid_ds ds;
	int id, max, found = 0;
	char *text = calloc(1, 1 << 20), want[100];

	REQUIRE_CONFIG("SYSVIPC");
	EXPECT_LE(0, msgctl(0, MSG_INFO, (void *)&before));
	id = new_queue();
	EXPECT_EQ(0, put(id, 1, "123456789"));
	EXPECT_LE(0, max = msgctl(0, MSG_INFO, (void *)&after));
	EXPECT_EQ(before.msgpool + 1, after.msgpool);
	EXPECT_EQ(before.msgmap + 1, after.msgmap);
	EXPECT_EQ(before.msgtql + 10, after.msgtql);
	EXPECT_EQ(max, msgctl(0, IPC_INFO, (void *)&limits));
	EXPECT_EQ(8192, limits.msgmax);
	EXPECT_EQ(16384, limits.msgmnb);
	for (int i = 0; i <= max; i++)
		found += msgctl(i, MSG_STAT, &ds) == id;
	EXPECT_EQ(1, found);
	EXPECT_EQ(id, msgctl(id & 0x7fff, MSG_STAT_ANY, &ds));
	EXPECT_EQ(1ul, ds.msg_qnum);
	if (test_config("PROC_FS")) {
		EXPECT_LT(0, test_read_file("/proc/sysvipc/msg", text, 1 << 20));
		snprintf(want, sizeof(want), "%10d %10d   600          10          1 %5u     0", 0,
			 id, getpid());
		EXPECT_TRUE(strstr(text, want));
	}
	remove_queue(id);
	EXPECT_LE(0, msgctl(0, MSG_INFO, (void *)&after));
	EXPECT_EQ(before.msgmap, after.msgmap);
	EXPECT_EQ(before.msgtql, after.msgtql);
}

TEST_TIMEOUT(many_processes_one_queue, 120)
{
	enum { PAIRS = 6, EACH = 100 };
	int id = new_queue();
	pid_t pids[2 * PAIRS];

	for (int i = 0; i < 2 * PAIRS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int n = 0; n < EACH; n++) {
			struct message m = {.type = i / 2 + 1};

			memcpy(m.text, &n, sizeof(n));
			if (i % 2 ? msgsnd(id, &m, 4 + n % 1000, 0) :
				    msgrcv(id, &m, 8192, i / 2 + 1, 0) != 4 + n % 1000)
				_exit(1);
			if (memcmp(m.text, &n, sizeof(n)))
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		EXPECT_EQ(0, test_wait(pids[i]));
	EXPECT_EQ(0ul, stat_of(id).msg_qnum);
	EXPECT_EQ(0ul, stat_of(id).__msg_cbytes);
	remove_queue(id);
}

TEST_MAIN
