/* SPDX-License-Identifier: MIT */
/*
 * Questions about and commands to the machine as a whole: uname(2), sethostname(2), sysinfo(2),
 * getcpu(2), personality(2), reboot(2).
 */
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/reboot.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/utsname.h>
#include <mm/mm.h>
#include <uapi/reboot.h>
#include <uapi/sysinfo.h>

SYSCALL_DEFINE1(uname, struct new_utsname __user *, name)
{
	struct new_utsname copy;

	down_read(&uts_sem);
	copy = *utsname();
	up_read(&uts_sem);
	return copy_to_user(name, &copy, sizeof(copy)) ? -EFAULT : 0;
}

static long set_uts_field(char *field, const char __user *name, int len)
{
	char buf[__NEW_UTS_LEN + 1] = {};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(buf, name, len))
		return -EFAULT;
	down_write(&uts_sem);
	memcpy(field, buf, sizeof(buf));
	up_write(&uts_sem);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_uts_field(utsname()->nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_uts_field(utsname()->domainname, name, len);
}

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, uinfo)
{
	struct sysinfo info;

	memset(&info, 0, sizeof(info));
	si_meminfo(&info);
	info.uptime = DIV_ROUND_UP(ktime_get_boottime(), NSEC_PER_SEC);
	get_avenrun(info.loads);
	info.procs = nr_threads;
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

/* The third argument was a cache once and is ignored. One memory node. */
SYSCALL_DEFINE2(getcpu, unsigned int __user *, ucpu, unsigned int __user *, unode)
{
	unsigned int cpu = get_cpu();

	put_cpu();
	if ((ucpu && put_user(cpu, ucpu)) || (unode && put_user(0u, unode)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE1(personality, unsigned int, persona)
{
	unsigned int old = current->personality;

	if (persona != 0xffffffff)
		current->personality = persona;
	return old;
}

static bool reboot_magic_ok(unsigned int magic1, unsigned int magic2)
{
	return magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

SYSCALL_DEFINE4(reboot, unsigned int, magic1, unsigned int, magic2, unsigned int, cmd,
		void __user *, arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!reboot_magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2: /* the command string is for firmware that we do not have */
		kernel_restart();
		return -EIO;
	case LINUX_REBOOT_CMD_HALT:
		kernel_halt();
		return -EIO;
	case LINUX_REBOOT_CMD_POWER_OFF:
		kernel_power_off();
		return -EIO;
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* what Ctrl-Alt-Del does: there is no keyboard that knows it */
	default:
		return -EINVAL;
	}
}
