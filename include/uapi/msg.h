/* SPDX-License-Identifier: MIT */
/* System V message queues: msgget(2), msgctl(2), msgop(2). */
#ifndef _UAPI_MSG_H
#define _UAPI_MSG_H

#include <uapi/ipc.h>

#define MSG_STAT     11
#define MSG_INFO     12
#define MSG_STAT_ANY 13

#define MSG_NOERROR  010000
#define MSG_EXCEPT   020000
#define MSG_COPY     040000

struct msqid_ds {
	struct ipc_perm msg_perm;
	struct msg *msg_first;
	struct msg *msg_last;
	__kernel_old_time_t msg_stime;
	__kernel_old_time_t msg_rtime;
	__kernel_old_time_t msg_ctime;
	unsigned long msg_lcbytes;
	unsigned long msg_lqbytes;
	unsigned short msg_cbytes;
	unsigned short msg_qnum;
	unsigned short msg_qbytes;
	__kernel_ipc_pid_t msg_lspid;
	__kernel_ipc_pid_t msg_lrpid;
};

struct msqid64_ds {
	struct ipc64_perm msg_perm;
	long msg_stime;
	long msg_rtime;
	long msg_ctime;
	unsigned long msg_cbytes;
	unsigned long msg_qnum;
	unsigned long msg_qbytes;
	__kernel_pid_t msg_lspid;
	__kernel_pid_t msg_lrpid;
	unsigned long __unused4;
	unsigned long __unused5;
};

struct msgbuf {
	__kernel_long_t mtype;
	char mtext[1];
};

struct msginfo {
	int msgpool;
	int msgmap;
	int msgmax;
	int msgmnb;
	int msgmni;
	int msgssz;
	int msgtql;
	unsigned short msgseg;
};

#define MSGMNI	 32000
#define MSGMAX	 8192
#define MSGMNB	 16384
#define MSGPOOL	 (MSGMNI * MSGMNB / 1024)
#define MSGTQL	 MSGMNB
#define MSGMAP	 MSGMNB
#define MSGSSZ	 16
#define __MSGSEG ((MSGPOOL * 1024) / MSGSSZ)
#define MSGSEG	 (__MSGSEG <= 0xffff ? __MSGSEG : 0xffff)

#endif
