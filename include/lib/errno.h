/* SPDX-License-Identifier: MIT */
/*
 * Error numbers. Those from 512 up stay inside the kernel: user space never sees them (only a
 * tracer may, at a system call's exit stop), and the signal code turns them into a restart or into
 * EINTR.
 */
#ifndef _LIB_ERRNO_H
#define _LIB_ERRNO_H

#include <uapi/errno.h>

#define ERESTARTSYS	      512 /* restart if SA_RESTART or no handler, else EINTR */
#define ERESTARTNOINTR	      513 /* always restart */
#define ERESTARTNOHAND	      514 /* restart if no handler ran, else EINTR */
#define ENOIOCTLCMD	      515 /* no such ioctl here: becomes ENOTTY */
#define ERESTART_RESTARTBLOCK 516 /* restart through restart_syscall(2) */
#define EPROBE_DEFER	      517 /* the driver asks to be probed again later */
#define EOPENSTALE	      518
#define ENOPARAM	      519
#define ENOTSUPP	      524

#endif
