/* SPDX-License-Identifier: MIT */
/* A ring by bare system calls, for one thread. */
#ifndef SELFTESTS_URING_H
#define SELFTESTS_URING_H

#include "harness.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct ring {
	int fd;
	struct io_uring_params p;
	unsigned int *sq_head, *sq_tail, *sq_flags, *sq_array, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int queued;
};

static inline int ring_setup(unsigned int n, struct io_uring_params *p)
{
	return syscall(SYS_io_uring_setup, n, p);
}

static inline int ring_enter(struct ring *r, unsigned int n, unsigned int min, unsigned int flags)
{
	return syscall(SYS_io_uring_enter, r->fd, n, min, flags, NULL, 0);
}

static inline int ring_register(struct ring *r, unsigned int op, const void *arg, unsigned int n)
{
	return syscall(SYS_io_uring_register, r->fd, op, arg, n);
}

/* 0 or -errno. */
static inline int ring_init_params(struct ring *r, unsigned int n, struct io_uring_params p)
{
	size_t size;
	char *m;

	memset(r, 0, sizeof(*r));
	r->p = p;
	r->fd = ring_setup(n, &r->p);
	if (r->fd < 0)
		return -errno;
	size = r->p.sq_off.array + r->p.sq_entries * 4;
	m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		 IORING_OFF_SQ_RING);
	if (m == MAP_FAILED)
		return -errno;
	r->sq_head = (void *)(m + r->p.sq_off.head);
	r->sq_tail = (void *)(m + r->p.sq_off.tail);
	r->sq_flags = (void *)(m + r->p.sq_off.flags);
	r->sq_array = (void *)(m + r->p.sq_off.array);
	r->cq_head = (void *)(m + r->p.cq_off.head);
	r->cq_tail = (void *)(m + r->p.cq_off.tail);
	r->cqes = (void *)(m + r->p.cq_off.cqes);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		       MAP_SHARED, r->fd, IORING_OFF_SQES);
	return r->sqes == MAP_FAILED ? -errno : 0;
}

static inline int ring_init(struct ring *r, unsigned int n, unsigned int flags)
{
	return ring_init_params(r, n, (struct io_uring_params){.flags = flags});
}

/* The next entry, cleared but for these. */
static inline struct io_uring_sqe *ring_sqe(struct ring *r, int op, int fd, const void *addr,
					    unsigned int len, unsigned long long off,
					    unsigned long long data)
{
	unsigned int tail = *r->sq_tail, i = tail & (r->p.sq_entries - 1);
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->addr = (unsigned long)addr;
	sqe->len = len;
	sqe->off = off;
	sqe->user_data = data;
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	r->queued++;
	return sqe;
}

static inline int ring_submit(struct ring *r, unsigned int wait)
{
	unsigned int n = r->queued;

	r->queued = 0;
	return ring_enter(r, n, wait, wait ? IORING_ENTER_GETEVENTS : 0);
}

/* Takes the next completion entry, which is waited for. */
static inline struct io_uring_cqe ring_cqe(struct ring *r)
{
	struct io_uring_cqe cqe = {.res = -9999};
	unsigned int head = *r->cq_head;

	while (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		if (ring_enter(r, 0, 1, IORING_ENTER_GETEVENTS) < 0 && errno != EINTR)
			return cqe;
	memcpy(&cqe, &r->cqes[head & (r->p.cq_entries - 1)], 16);
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return cqe;
}

/* Submits what is queued and gives the result of the entry that comes first. */
static inline int ring_do(struct ring *r)
{
	if (ring_submit(r, 1) < 0)
		return -errno;
	return ring_cqe(r).res;
}

#endif
