/* SPDX-License-Identifier: MIT */
/* Sockets, System V and POSIX IPC, futexes: every allocation of a call fails in turn. */
#include "fault.h"
#include <linux/futex.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>

static void fd_done(long fd)
{
	if (fd >= 0)
		close(fd);
}

SWEEP(socket_pairs)
{
	static char buf[16384];
	int s[2];

	if (TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, s)))
		return;
	TRY(send(s[0], buf, sizeof(buf), MSG_DONTWAIT));
	TRY(recv(s[1], buf, sizeof(buf), MSG_DONTWAIT) < 0 && errno == EAGAIN ? 0 : 0);
	close(s[0]);
	close(s[1]);
}

SWEEP(passed_descriptors)
{
	char control[CMSG_SPACE(3 * sizeof(int))], byte = 1;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	int s[2], fds[3] = {0, 1, 2};

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s))
		_exit(TEST_EXIT_FAIL);
	memset(control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	if (TRY(sendmsg(s[0], &m, 0)) == 1) {
		m.msg_controllen = sizeof(control);
		TRY(recvmsg(s[1], &m, MSG_DONTWAIT));
		c = CMSG_FIRSTHDR(&m);
		if (m.msg_controllen && c)
			for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
				close(((int *)CMSG_DATA(c))[i]);
	}
	close(s[0]);
	close(s[1]);
}

SWEEP(connections)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int l, c, s = -1;

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/fault.sock.%d", getpid());
	l = TRY(socket(AF_UNIX, SOCK_STREAM, 0));
	if (l < 0)
		return;
	if (TRY(bind(l, (void *)&a, sizeof(a))) == 0 && TRY(listen(l, 5)) == 0) {
		c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (TRY(connect(c, (void *)&a, sizeof(a))) == 0)
			s = TRY(accept(l, NULL, NULL));
		fd_done(s);
		close(c);
	}
	close(l);
	unlink(a.sun_path);
}

SWEEP(semaphores)
{
	struct sembuf op[2] = {{0, 1, SEM_UNDO}, {1, 1, SEM_UNDO}};
	int id = TRY(semget(IPC_PRIVATE, 100, IPC_CREAT | 0600));

	if (id < 0)
		return;
	TRY(semop(id, op, 2));
	semctl(id, 0, IPC_RMID);
}

SWEEP(messages)
{
	struct {
		long type;
		char text[5000];
	} m = {1, ""};
	int id = TRY(msgget(IPC_PRIVATE, IPC_CREAT | 0600));

	if (id < 0)
		return;
	TRY(msgsnd(id, &m, sizeof(m.text), IPC_NOWAIT));
	msgrcv(id, &m, sizeof(m.text), 0, IPC_NOWAIT);
	msgctl(id, IPC_RMID, NULL);
}

SWEEP(message_queues)
{
	char name[32], buf[8192];
	mqd_t q;

	if (test_config("POSIX_MQUEUE") == 0)
		return;
	snprintf(name, sizeof(name), "/fault%d", getpid());
	q = TRY(mq_open(name, O_CREAT | O_RDWR | O_NONBLOCK, 0600, NULL));
	if (q >= 0) {
		TRY(mq_send(q, buf, 4000, 1));
		mq_receive(q, buf, sizeof(buf), NULL);
		mq_close(q);
	}
	mq_unlink(name);
}

SWEEP(futexes)
{
	static uint32_t word;
	struct timespec soon = {0, 1000};

	word = 0;
	TRY(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &soon, NULL, 0) && errno == ETIMEDOUT ? 0 : 0);
	TRY(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	if (word)
		TRY(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	word = 0;
}

TEST_MAIN
