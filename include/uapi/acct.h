/* SPDX-License-Identifier: MIT */
/* Process accounting: acct(2), acct(5). */
#ifndef _UAPI_ACCT_H
#define _UAPI_ACCT_H

#include <uapi/types.h>

/* Floating point: 13 bits of fraction, 3 bits of exponent to the base 8. */
typedef __u16 comp_t;
/* 20 bits of fraction, 5 bits of exponent to the base 2. */
typedef __u32 comp2_t;

#define ACCT_COMM      16

#define AFORK	       0x01
#define ASU	       0x02
#define ACOMPAT	       0x04
#define ACORE	       0x08
#define AXSIG	       0x10
#define AGROUP	       0x20

#define ACCT_BYTEORDER 0x00
#define ACCT_VERSION   2
#define AHZ	       100

struct acct {
	char ac_flag;
	char ac_version;
	__u16 ac_uid16;
	__u16 ac_gid16;
	__u16 ac_tty;
	__u32 ac_btime;
	comp_t ac_utime;
	comp_t ac_stime;
	comp_t ac_etime;
	comp_t ac_mem;
	comp_t ac_io;
	comp_t ac_rw;
	comp_t ac_minflt;
	comp_t ac_majflt;
	comp_t ac_swaps;
	__u16 ac_ahz;
	__u32 ac_exitcode;
	char ac_comm[ACCT_COMM + 1];
	__u8 ac_etime_hi;
	__u16 ac_etime_lo;
	__u32 ac_uid;
	__u32 ac_gid;
};

struct acct_v3 {
	char ac_flag;
	char ac_version; /* 3 */
	__u16 ac_tty;
	__u32 ac_exitcode;
	__u32 ac_uid;
	__u32 ac_gid;
	__u32 ac_pid;
	__u32 ac_ppid;
	__u32 ac_btime; /* seconds since 1970 */
	__u32 ac_etime; /* a float, of 1/AHZ seconds as the next two */
	comp_t ac_utime;
	comp_t ac_stime;
	comp_t ac_mem; /* KiB */
	comp_t ac_io;
	comp_t ac_rw;
	comp_t ac_minflt;
	comp_t ac_majflt;
	comp_t ac_swaps;
	char ac_comm[ACCT_COMM];
};

#endif
