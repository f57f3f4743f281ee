/* SPDX-License-Identifier: MIT */
/* /proc and /sys tell the truth: proc(5), sysfs(5). */
#include "../harness.h"
#include <dirent.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static char text[1 << 17];

static const char *slurp(const char *path)
{
	REQUIRE_CONFIG("PROC_FS");
	if (test_read_file(path, text, sizeof(text)) < 0) {
		NOTE("%s: %s", path, strerror(errno));
		TEST_STOP;
	}
	return text;
}

/* The number after @key in the text; -1 without. */
static long long value(const char *key)
{
	const char *p = strstr(text, key);

	return p ? strtoll(p + strlen(key), NULL, 10) : -1;
}

TEST(self_is_this_process)
{
	char link[64] = "";

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_GT(readlink("/proc/self", link, sizeof(link) - 1), 0);
	EXPECT_EQ(getpid(), atoi(link));
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			memset(link, 0, sizeof(link));
			_exit(readlink("/proc/self", link, sizeof(link) - 1) > 0 &&
					      atoi(link) == getpid() ?
				      0 :
				      1);
		}
		EXPECT_EQ(0, test_wait(pid));
	}
}

TEST(stat_has_all_fields)
{
	char state, comm[64];
	int pid, ppid, pgrp, session, fields = 0;

	slurp("/proc/self/stat");
	ASSERT_EQ(6, sscanf(text, "%d (%63[^)]) %c %d %d %d", &pid, comm, &state, &ppid, &pgrp,
			    &session));
	EXPECT_EQ(getpid(), pid);
	EXPECT_EQ(getppid(), ppid);
	EXPECT_EQ(getpgrp(), pgrp);
	EXPECT_EQ(getsid(0), session);
	EXPECT_EQ('R', state);
	for (char *p = strtok(text, " "); p; p = strtok(NULL, " "))
		fields++;
	EXPECT_EQ(52, fields);
}

TEST(status_agrees_with_system_calls)
{
	slurp("/proc/self/status");
	EXPECT_EQ(getpid(), value("\nPid:\t"));
	EXPECT_EQ(getpid(), value("Tgid:\t"));
	EXPECT_EQ(getppid(), value("PPid:\t"));
	EXPECT_EQ(getuid(), value("Uid:\t"));
	EXPECT_EQ(getgid(), value("Gid:\t"));
	EXPECT_EQ(1, value("Threads:\t"));
	EXPECT_GT(value("VmSize:\t"), 0);
	EXPECT_GT(value("VmRSS:\t"), 0);
}

TEST(status_shows_signals)
{
	sigset_t set;
	char *p;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR1);
	slurp("/proc/self/status");
	p = strstr(text, "SigBlk:\t");
	ASSERT_TRUE(p != NULL);
	EXPECT_EQ(1ull << (SIGUSR1 - 1), strtoull(p + 8, NULL, 16));
	p = strstr(text, "SigIgn:\t");
	EXPECT_TRUE(strtoull(p + 8, NULL, 16) & 1ull << (SIGUSR2 - 1));
	p = strstr(text, "SigPnd:\t");
	EXPECT_TRUE(
		(strtoull(p + 8, NULL, 16) | strtoull(strstr(text, "ShdPnd:\t") + 8, NULL, 16)) &
		1ull << (SIGUSR1 - 1));
}

TEST(states_are_shown)
{
	pid_t pid = fork();
	char path[64];
	int status;

	REQUIRE_CONFIG("PROC_FS");
	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	test_sleep_ms(100);
	EXPECT_TRUE(strstr(slurp(path), ") S ") != NULL);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	EXPECT_TRUE(strstr(slurp(path), ") T ") != NULL);
	kill(pid, SIGKILL);
	test_sleep_ms(100);
	EXPECT_TRUE(strstr(slurp(path), ") Z ") != NULL);
	test_wait(pid);
	EXPECT_ERRNO(ENOENT, open(path, O_RDONLY));
}

TEST(cmdline_and_comm)
{
	int fd;

	slurp("/proc/self/cmdline");
	EXPECT_NE('\0', text[0]);
	fd = open("/proc/self/comm", O_RDWR);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(7, write(fd, "renamed", 7));
	close(fd);
	EXPECT_STREQ("renamed\n", slurp("/proc/self/comm"));
}

TEST(environ_is_the_initial_environment)
{
	pid_t pid;
	int fd[2];

	REQUIRE_CONFIG("PROC_FS");
	if (getenv("PROC_TEST_VALUE")) {
		slurp("/proc/self/environ");
		ASSERT_TRUE(memmem(text, sizeof(text), "PROC_TEST_VALUE=7", 17) != NULL);
		return;
	}
	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), 1);
		setenv("PROC_TEST_VALUE", "7", 1);
		execl("/proc/self/exe", "proc", "environ_is_the_initial_environment", NULL);
		_exit(99);
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST(links_lead_where_they_should)
{
	char link[256] = "", cwd[256];
	int fd;

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_EQ(0, chdir("/tmp"));
	ASSERT_GT(readlink("/proc/self/cwd", link, sizeof(link) - 1), 0);
	ASSERT_TRUE(getcwd(cwd, sizeof(cwd)) != NULL);
	EXPECT_STREQ(cwd, link);
	memset(link, 0, sizeof(link));
	ASSERT_GT(readlink("/proc/self/exe", link, sizeof(link) - 1), 0);
	EXPECT_EQ(0, access(link, X_OK));
	memset(link, 0, sizeof(link));
	ASSERT_GT(readlink("/proc/self/root", link, sizeof(link) - 1), 0);
	fd = open("/dev/null", O_RDONLY);
	snprintf(cwd, sizeof(cwd), "/proc/self/fd/%d", fd);
	memset(link, 0, sizeof(link));
	ASSERT_GT(readlink(cwd, link, sizeof(link) - 1), 0);
	EXPECT_STREQ("/dev/null", link);
	EXPECT_GE(open(cwd, O_RDONLY), 0);
	close(fd);
	EXPECT_ERRNO(ENOENT, readlink(cwd, link, sizeof(link)));
}

TEST(fd_lists_open_descriptors)
{
	int a = dup(0), b = dup(0), seen = 0;
	struct dirent *e;
	DIR *d;

	REQUIRE_CONFIG("PROC_FS");
	d = opendir("/proc/self/fd");
	ASSERT_TRUE(d != NULL);
	while ((e = readdir(d)) != NULL)
		seen += atoi(e->d_name) == a || atoi(e->d_name) == b;
	EXPECT_EQ(2, seen);
	closedir(d);
}

static int open_again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

/* Through its link a pipe can be opened like a FIFO; what was never a file cannot. */
TEST(open_files_are_opened_again)
{
	int fd[2], r, w;
	char c = 0;

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_EQ(0, pipe(fd));
	r = open_again(fd[1], O_RDONLY);
	w = open_again(fd[0], O_WRONLY);
	ASSERT_GE(r, 0);
	ASSERT_GE(w, 0);
	EXPECT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ('x', c);
	close(fd[0]);
	close(fd[1]);
	EXPECT_EQ(1, write(w, "y", 1));
	close(w);
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ(0, read(r, &c, 1));
	w = open_again(r, O_RDWR);
	EXPECT_GE(w, 0);
	close(w);
	close(r);
	r = eventfd(0, 0);
	if (r >= 0)
		EXPECT_ERRNO(ENXIO, open_again(r, O_RDONLY));
	r = epoll_create1(0);
	if (r >= 0)
		EXPECT_ERRNO(ENXIO, open_again(r, O_RDONLY));
	r = socket(AF_UNIX, SOCK_STREAM, 0);
	if (r >= 0)
		EXPECT_ERRNO(ENXIO, open_again(r, O_RDONLY));
}

TEST(fdinfo_tells_position_and_flags)
{
	char path[64];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	REQUIRE_CONFIG("PROC_FS");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(100, lseek(fd, 100, SEEK_SET));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	slurp(path);
	EXPECT_EQ(100, value("pos:\t"));
	EXPECT_EQ(O_CLOEXEC, strtol(strstr(text, "flags:\t") + 7, NULL, 8) & O_CLOEXEC);
}

TEST(maps_shows_mappings)
{
	char want[64], *p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(0, mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE));
	slurp("/proc/self/maps");
	snprintf(want, sizeof(want), "%lx-%lx rw-p", (long)p + 4096, (long)p + 8192);
	EXPECT_TRUE(strstr(text, want) != NULL);
	EXPECT_TRUE(strstr(text, "[stack]") != NULL);
	EXPECT_TRUE(strstr(text, "r-xp") != NULL);
	EXPECT_TRUE(strstr(text, "rwxp") == NULL);
}

TEST(statm_grows_with_use)
{
	long size, rss, size2, rss2;
	char *p;

	ASSERT_EQ(2, sscanf(slurp("/proc/self/statm"), "%ld %ld", &size, &rss));
	p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 1, 4 << 20);
	ASSERT_EQ(2, sscanf(slurp("/proc/self/statm"), "%ld %ld", &size2, &rss2));
	EXPECT_GE(size2 - size, 1024);
	EXPECT_GE(rss2 - rss, 1000);
}

TEST(mem_can_be_read_and_written)
{
	static volatile int here = 12345;
	int fd, got = 0, put = 777;

	REQUIRE_CONFIG("PROC_FS");
	fd = open("/proc/self/mem", O_RDWR);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(4, pread(fd, &got, 4, (off_t)(uintptr_t)&here));
	EXPECT_EQ(12345, got);
	ASSERT_EQ(4, pwrite(fd, &put, 4, (off_t)(uintptr_t)&here));
	EXPECT_EQ(777, here);
	EXPECT_ERRNO(EIO, pread(fd, &got, 4, 0x10));
}

TEST(pagemap_tells_what_is_there)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t page = sysconf(_SC_PAGESIZE);
	uint64_t entry[2] = {0};
	char *p = aligned_alloc(page, page);

	ASSERT_GE(fd, 0);
	ASSERT_TRUE(p != NULL);
	*p = 1;
	ASSERT_EQ(8, pread(fd, entry, 8, (uintptr_t)p / page * 8));
	EXPECT_TRUE(entry[0] >> 63);
	ASSERT_EQ(16, pread(fd, entry, 16, 0)); /* nothing is mapped there */
	EXPECT_TRUE(!(entry[0] >> 63) && !(entry[1] >> 63));
}

TEST(caches_can_be_dropped)
{
	int fd, n;

	REQUIRE_CONFIG("PROC_SYSCTL");
	if (getuid())
		SKIP("needs root");
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(EINVAL, write(fd, "9", 1));
	for (n = 1; n <= 3; n++)
		EXPECT_EQ(1, pwrite(fd, (char[]){'0' + n}, 1, 0));
	EXPECT_EQ(0, access("/proc/self/exe", F_OK));
}

TEST(limits_agree)
{
	slurp("/proc/self/limits");
	EXPECT_TRUE(strstr(text, "Max open files") != NULL);
	EXPECT_TRUE(strstr(text, "Max stack size") != NULL);
}

TEST(oom_score_adj_is_kept)
{
	int fd;

	REQUIRE_CONFIG("PROC_FS");
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(3, write(fd, "500", 3));
	close(fd);
	EXPECT_STREQ("500\n", slurp("/proc/self/oom_score_adj"));
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	EXPECT_ERRNO(EINVAL, write(fd, "5000", 4));
}

TEST(others_secrets_are_closed)
{
	pid_t pid;

	REQUIRE_CONFIG("PROC_FS");
	if (geteuid())
		SKIP("needs root");
	pid = fork();
	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(1);
		if (open("/proc/1/environ", O_RDONLY) != -1)
			_exit(2);
		if (open("/proc/1/mem", O_RDONLY) != -1)
			_exit(3);
		if (opendir("/proc/1/fd"))
			_exit(4);
		if (open("/proc/1/stat", O_RDONLY) < 0)
			_exit(5);
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST(every_process_is_listed_once)
{
	int me = 0, one = 0;
	struct dirent *e;
	DIR *d;

	REQUIRE_CONFIG("PROC_FS");
	d = opendir("/proc");
	ASSERT_TRUE(d != NULL);
	while ((e = readdir(d)) != NULL) {
		me += atoi(e->d_name) == getpid();
		one += !strcmp(e->d_name, "1");
	}
	EXPECT_EQ(1, me);
	EXPECT_EQ(1, one);
	closedir(d);
}

/* ---- the system ------------------------------------------------------------------------------ */

TEST(meminfo_agrees_with_sysinfo)
{
	struct sysinfo s;
	long long total;

	slurp("/proc/meminfo");
	total = value("MemTotal:");
	ASSERT_EQ(0, sysinfo(&s));
	EXPECT_EQ((long long)(s.totalram * s.mem_unit / 1024), total);
	EXPECT_TRUE(value("MemFree:") > 0 && value("MemFree:") < total);
	EXPECT_GE(value("MemAvailable:"), 0);
	EXPECT_GE(value("Cached:"), 0);
}

TEST(uptime_goes_on)
{
	double a, b, idle;

	ASSERT_EQ(2, sscanf(slurp("/proc/uptime"), "%lf %lf", &a, &idle));
	test_sleep_ms(100);
	ASSERT_EQ(2, sscanf(slurp("/proc/uptime"), "%lf %lf", &b, &idle));
	EXPECT_TRUE(b - a >= 0.08 && b - a < 20);
}

TEST(stat_counts)
{
	long long forks, switches;
	pid_t pid;

	slurp("/proc/stat");
	EXPECT_TRUE(!strncmp(text, "cpu ", 4));
	EXPECT_TRUE(strstr(text, "\ncpu0 ") != NULL);
	forks = value("\nprocesses ");
	switches = value("\nctxt ");
	EXPECT_GT(value("\nbtime "), 0);
	EXPECT_GE(value("\nprocs_running "), 1);
	pid = fork();
	if (pid == 0)
		_exit(0);
	test_wait(pid);
	test_sleep_ms(10);
	slurp("/proc/stat");
	EXPECT_GT(value("\nprocesses "), forks);
	EXPECT_GT(value("\nctxt "), switches);
}

TEST(loadavg_has_its_form)
{
	double a, b, c;
	int running, total, last;

	ASSERT_EQ(6, sscanf(slurp("/proc/loadavg"), "%lf %lf %lf %d/%d %d", &a, &b, &c, &running,
			    &total, &last));
	EXPECT_GE(running, 1);
	EXPECT_GE(total, running);
}

TEST(version_names_the_release)
{
	struct utsname u;

	uname(&u);
	EXPECT_TRUE(strstr(slurp("/proc/version"), u.release) != NULL);
	slurp("/proc/sys/kernel/osrelease");
	text[strcspn(text, "\n")] = '\0';
	EXPECT_STREQ(u.release, text);
}

TEST(mounts_lists_proc)
{
	EXPECT_TRUE(strstr(slurp("/proc/mounts"), " /proc proc ") != NULL);
	EXPECT_TRUE(strstr(slurp("/proc/self/mountinfo"), " - proc ") != NULL);
	EXPECT_TRUE(strstr(slurp("/proc/filesystems"), "\tproc\n") != NULL);
}

TEST(files_exist_and_read)
{
	static const char *const names[] = {
		"cpuinfo", "devices", "interrupts", "cmdline", "vmstat", "swaps", "self/io",
	};

	for (size_t i = 0; i + 1 < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s", names[i]);
		EXPECT_NE('\0', slurp(path)[0]);
	}
}

TEST(reading_in_small_pieces_gives_the_same)
{
	static char pieces[1 << 17];
	ssize_t n, done = 0;
	int fd;

	REQUIRE_CONFIG("PROC_FS");
	fd = open("/proc/filesystems", O_RDONLY);
	ASSERT_GE(fd, 0);
	while ((n = read(fd, pieces + done, 7)) > 0)
		done += n;
	slurp("/proc/filesystems");
	EXPECT_EQ((ssize_t)strlen(text), done);
	EXPECT_EQ(0, memcmp(text, pieces, done));
	ASSERT_EQ(5, lseek(fd, 5, SEEK_SET));
	n = read(fd, pieces, sizeof(pieces));
	EXPECT_EQ((ssize_t)strlen(text) - 5, n);
	EXPECT_EQ(0, memcmp(text + 5, pieces, n));
}

TEST(sysctl_can_be_written)
{
	struct utsname u;
	int fd;

	REQUIRE_CONFIG("PROC_SYSCTL");
	if (geteuid())
		SKIP("needs root");
	fd = open("/proc/sys/kernel/hostname", O_WRONLY);
	if (fd < 0 && errno == EROFS)
		SKIP("/proc/sys is read-only here");
	ASSERT_GE(fd, 0);
	ASSERT_EQ(9, write(fd, "from-proc", 9));
	uname(&u);
	EXPECT_STREQ("from-proc", u.nodename);
	close(fd);
	fd = open("/proc/sys/kernel/pid_max", O_WRONLY);
	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(EINVAL, write(fd, "1", 1));
	EXPECT_ERRNO(EINVAL, write(fd, "none", 4));
	EXPECT_ERRNO(EACCES, open("/proc/sys/kernel/osrelease", O_WRONLY | O_CREAT, 0644));
}

/* The number of lines of /proc/kallsyms; *nonzero: how many have an address. */
static int count_symbols(int *nonzero, bool *has_exit)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr, before = 0;
	char line[256], type, name[128];
	int n = 0;

	ASSERT_TRUE(f);
	for (*nonzero = 0, *has_exit = false; fgets(line, sizeof(line), f); n++) {
		ASSERT_EQ(3, sscanf(line, "%llx %c %127s", &addr, &type, name));
		EXPECT_EQ(1, !!strchr("tT", type));
		EXPECT_LE(before, addr);
		before = addr;
		*nonzero += addr != 0;
		*has_exit |= !strcmp(name, "do_exit");
	}
	fclose(f);
	return n;
}

TEST(kallsyms_names_the_kernels_functions)
{
	int nonzero, again, all;
	bool found;

	REQUIRE_CONFIG("PROC_FS");
	REQUIRE_CONFIG("KALLSYMS");
	all = count_symbols(&nonzero, &found);
	EXPECT_GT(all, 500);
	EXPECT_EQ(all, nonzero);
	EXPECT_TRUE(found);
	/* Others may know the names, not where they are. */
	REQUIRE_CONFIG("CAPABILITIES");
	ASSERT_EQ(0, setuid(65534));
	again = count_symbols(&nonzero, &found);
	EXPECT_EQ(all, again);
	EXPECT_EQ(0, nonzero);
}

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	ASSERT_NE(-1, fd);
	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

#define NR_OPEN "/proc/sys/fs/nr_open"

TEST(the_highest_descriptor_is_set)
{
	struct rlimit lim;
	int status;
	pid_t pid;

	REQUIRE_CONFIG("PROC_SYSCTL");
	REQUIRE_CONFIG("CLONE_FILES");
	EXPECT_STREQ("1048576\n", slurp(NR_OPEN));
	EXPECT_EQ(EINVAL, put(NR_OPEN, "63"));
	ASSERT_EQ(70, dup2(1, 70));
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	ASSERT_NE(-1, pid);
	if (!pid) {
		status = put(NR_OPEN, "64");
		/* What is open stays; a table as large is not made any more. */
		_exit(status || unshare(CLONE_FILES) != -1 || errno != EMFILE ||
		      dup2(1, 70) != 70 || dup2(1, 300) != -1 || errno != EBADF ||
		      fcntl(1, F_DUPFD, 300) != -1 || errno != EMFILE);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max = 128;
	EXPECT_ERRNO(EPERM, setrlimit(RLIMIT_NOFILE, &lim));
	EXPECT_EQ(0, put(NR_OPEN, "1048576"));
	EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &lim));
}

#define SCHED "/proc/sys/kernel/sched_"

TEST(the_share_of_real_time_is_set)
{
	REQUIRE_CONFIG("PROC_SYSCTL");
	REQUIRE_CONFIG("SCHED_RT");
	EXPECT_STREQ("1000000\n", slurp(SCHED "rt_period_us"));
	EXPECT_STREQ("950000\n", slurp(SCHED "rt_runtime_us"));
	EXPECT_EQ(EINVAL, put(SCHED "rt_period_us", "0"));
	EXPECT_EQ(EINVAL, put(SCHED "rt_period_us", "-1"));
	EXPECT_EQ(EINVAL, put(SCHED "rt_runtime_us", "-2"));
	EXPECT_EQ(EINVAL, put(SCHED "rt_runtime_us", "1000001"));
	EXPECT_EQ(EINVAL, put(SCHED "rt_period_us", "900000"));
	EXPECT_STREQ("1000000\n", slurp(SCHED "rt_period_us"));
	EXPECT_STREQ("950000\n", slurp(SCHED "rt_runtime_us"));
	EXPECT_EQ(0, put(SCHED "rt_runtime_us", "-1"));
	EXPECT_STREQ("-1\n", slurp(SCHED "rt_runtime_us"));
	EXPECT_EQ(0, put(SCHED "rt_runtime_us", "950000"));
}

TEST(the_turn_of_round_robin_is_set)
{
	struct sched_param param = {.sched_priority = 1};
	struct timespec turn;

	REQUIRE_CONFIG("PROC_SYSCTL");
	REQUIRE_CONFIG("SCHED_RT");
	EXPECT_EQ(0, put(SCHED "rr_timeslice_ms", "30"));
	EXPECT_EQ(0, sched_setscheduler(0, SCHED_RR, &param));
	EXPECT_EQ(0, sched_rr_get_interval(0, &turn));
	EXPECT_EQ(30000000, turn.tv_sec * 1000000000LL + turn.tv_nsec);
	EXPECT_EQ(0, put(SCHED "rr_timeslice_ms", "-1"));
	EXPECT_STREQ("100\n", slurp(SCHED "rr_timeslice_ms"));
}

TEST(nothing_can_be_made_in_proc)
{
	REQUIRE_CONFIG("PROC_FS");
	EXPECT_EQ(-1, mkdir("/proc/new", 0755));
	EXPECT_EQ(-1, open("/proc/new", O_CREAT | O_WRONLY, 0644));
	EXPECT_EQ(-1, unlink("/proc/version"));
	EXPECT_EQ(-1, rename("/proc/version", "/proc/x"));
}

/* ---- sysfs ----------------------------------------------------------------------------------- */

TEST(sys_lists_cpus)
{
	REQUIRE_CONFIG("SYSFS");
	slurp("/sys/devices/system/cpu/online");
	EXPECT_EQ('0', text[0]);
	EXPECT_EQ(0, access("/sys/devices/system/cpu/cpu0", F_OK));
	slurp("/sys/devices/system/cpu/possible");
	EXPECT_EQ('0', text[0]);
}

TEST(sys_class_has_the_terminals)
{
	REQUIRE_CONFIG("SYSFS");
	REQUIRE_CONFIG("TTY");
	if (access("/sys/class/tty/tty", F_OK) && access("/etc/kconfig", F_OK))
		SKIP("no terminals here");
	EXPECT_STREQ("5:0\n", slurp("/sys/class/tty/tty/dev"));
}

/* ---- races ----------------------------------------------------------------------------------- */

/* Processes come and go while somebody reads all of /proc. */
TEST_TIMEOUT(reading_proc_while_processes_die, 60)
{
	double end = test_now() + 3;

	REQUIRE_CONFIG("PROC_FS");
	if (fork() == 0)
		for (;;) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			test_wait(pid);
		}
	while (test_now() < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while ((e = readdir(d)) != NULL) {
			static const char *const files[] = {"stat", "status", "maps", "cmdline"};
			char path[300];

			if (e->d_name[0] < '1' || e->d_name[0] > '9')
				continue;
			for (int i = 0; i < 4; i++) {
				snprintf(path, sizeof(path), "/proc/%s/%s", e->d_name, files[i]);
				test_read_file(path, text, sizeof(text));
			}
		}
		closedir(d);
	}
}

TEST_MAIN
