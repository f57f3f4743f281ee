/* SPDX-License-Identifier: MIT */
/*
 * From the arch's C entry to process 1. start_kernel() runs on the boot CPU with IRQs off and
 * brings up, in order, what later steps need; kernel_init() is the first task that may sleep: it
 * runs the initcalls, unpacks the initramfs and becomes init by exec.
 */
#include <kernel/percpu.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <fs/file.h>
#include <fs/fs.h>
#include <fs/initramfs.h>
#include <fs/namei.h>
#include <kernel/binfmts.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/kallsyms.h>
#include <kernel/kthread.h>
#include <kernel/kunit.h>
#include <kernel/pid.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/workqueue.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <uapi/fcntl.h>
#include "init.h"

static char *ramdisk_init = "/init"; /* rdinit= */
static char *requested_init; /* init= */
static bool rdinit_given;

static int __init rdinit_setup(char *value)
{
	if (!value)
		return -EINVAL;
	ramdisk_init = value;
	rdinit_given = true;
	return 0;
}
__setup("rdinit", rdinit_setup);

static int __init init_setup(char *value)
{
	if (!value)
		return -EINVAL;
	requested_init = value;
	return 0;
}
__setup("init", init_setup);

#define INITCALL_LEVELS 5
#define LEVEL_TABLE(n)	extern const struct initcall __start_initcall##n[], __stop_initcall##n[]
LEVEL_TABLE(0);
LEVEL_TABLE(1);
LEVEL_TABLE(2);
LEVEL_TABLE(3);
LEVEL_TABLE(4);

static void __init do_initcalls(void)
{
	static const struct initcall *const levels[][2] = {
		{__start_initcall0, __stop_initcall0}, {__start_initcall1, __stop_initcall1},
		{__start_initcall2, __stop_initcall2}, {__start_initcall3, __stop_initcall3},
		{__start_initcall4, __stop_initcall4},
	};

	for (int i = 0; i < INITCALL_LEVELS; i++) {
		for (const struct initcall *c = levels[i][0]; c < levels[i][1]; c++) {
			int err = c->fn();

			if (err && err != -ENODEV)
				pr_warn("initcall %s failed: %pe\n", c->name, ERR_PTR(err));
		}
	}
}

/* Descriptors 0, 1, 2 of init: /dev/console, made if the initramfs did not bring one. */
static void __init console_on_rootfs(void)
{
	struct file *file = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(file)) {
		init_mkdir("/dev", 0755);
		init_mknod("/dev/console", S_IFCHR | 0600, MKDEV(5, 1));
		file = filp_open("/dev/console", O_RDWR, 0);
	}
	if (IS_ERR(file)) {
		pr_warn("init: no usable console (%pe); "
			"process 1 starts without standard input and output. Is console= right?\n",
			file);
		return;
	}
	for (int fd = 0; fd < 3; fd++)
		fd_install(get_unused_fd_flags(0), get_file(file));
	fput(file);
}

static int __init try_init(const char *path)
{
	init_argv[0] = path;
	pr_info("Run %s as init process\n", path);
	return kernel_execve(path, init_argv, init_envp);
}

static const char *__init exec_hint(int err)
{
	switch (err) {
	case -ENOENT:
		return "it, or the interpreter it names, is not there";
	case -EACCES:
		return "it is not an executable file; chmod +x it when the initramfs is made";
	case -ENOEXEC:
		return "it is no program for this machine (damaged, or of another architecture)";
	case -ENOMEM:
		return "it does not fit in memory";
	default:
		return "see the error number";
	}
}

/* Returns only when init was exec'd. */
static void __init run_init_process(void)
{
	static const char *const defaults[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	int err;

	if (!init_access(ramdisk_init) || rdinit_given || !requested_init) {
		err = try_init(ramdisk_init);
		if (!err)
			return;
		pr_err("Failed to execute %s: %pe: %s\n", ramdisk_init, ERR_PTR(err),
		       exec_hint(err));
	}
	if (requested_init) {
		err = try_init(requested_init);
		if (!err)
			return;
		panic("Requested init %s failed: %pe: %s", requested_init, ERR_PTR(err),
		      exec_hint(err));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (init_access(defaults[i]))
			continue;
		err = try_init(defaults[i]);
		if (!err)
			return;
		pr_err("Failed to execute %s: %pe: %s\n", defaults[i], ERR_PTR(err),
		       exec_hint(err));
	}
	panic("No working init found. Give an initramfs with an executable /init (-initrd), "
	      "or pass init= or rdinit=");
}

static void free_init_memory(void)
{
	if (!IS_ENABLED(CONFIG_RETAIN_INIT))
		arch_free_init_memory();
}

/* What needs a task: threads, other CPUs, drivers, the root file system. */
static noinline void __init kernel_init_freeable(void)
{
	rcu_init();
	workqueue_init();
	smp_init();
	mount_rootfs();
	do_initcalls();
	kunit_run_all_tests(); /* powers off when asked for by kunit.run */
	populate_rootfs();
	/* Linux looks for the initramfs' init by the rules of access(2) too. */
	if (init_access(ramdisk_init))
		prepare_namespace();
	console_on_rootfs();
}

/*
 * Process 1. Not __init itself: nothing of boot code runs once run_init_process() has returned,
 * so its memory goes back then, just before user mode.
 */
static int kernel_init(void *unused)
{
	bool all_up;

	kernel_init_freeable();
	all_up = smp_wait_online();
	if (all_up)
		arch_free_boot();
	system_state = SYSTEM_RUNNING;
	run_init_process();
	if (all_up) /* else a late CPU may still run boot code */
		free_init_memory();
	return 0;
}

void __init start_kernel(void)
{
	if (IS_ENABLED(CONFIG_KALLSYMS))
		printf_set_symbol_hook(kallsyms_lookup);
	arch_early_init();
	parse_early_params();
	memblock_init(&boot_info);
	arch_map_boot_memory();
	kasan_init();
	setup_per_cpu_areas();
	mm_init();
	arch_init();
	free_unused_per_cpu();
	sched_init();
	rcu_init_cpu();
	pr_notice("%s\n", linux_banner);
	pr_notice("Command line: %s\n", boot_info.cmdline);
	parse_params();
	pid_init();
	task_init();
	signals_init();
	files_init();
	vfs_init();
	arch_init_irq();
	timekeeping_init();
	local_irq_enable();
	/* Pid 1 first, then kthreadd, which it needs: neither runs before this task sleeps. */
	user_mode_thread(kernel_init, NULL, CLONE_FS);
	start_kthreadd();
	schedule_first();
}
