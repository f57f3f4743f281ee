/* SPDX-License-Identifier: MIT */
/*
 * execve(2): arguments, environment, what survives, what is refused, and that a failed exec changes
 * nothing. The program runs itself.
 */
#include "../harness.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *self_path(void)
{
	static char path[256];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		return path;
	}
	return (const char *)getauxval(AT_EXECFN);
}

/* What the program does when it is run by a test: argv[1] begins with '@'. */
static int act(int argc, char **argv)
{
	if (!strcmp(argv[1], "@count"))
		return argc;
	if (!strcmp(argv[1], "@arg"))
		return strlen(argv[2]) % 251;
	if (!strcmp(argv[1], "@env"))
		return getenv("EXEC_VALUE") ? atoi(getenv("EXEC_VALUE")) : 200;
	if (!strcmp(argv[1], "@fd"))
		return fcntl(atoi(argv[2]), F_GETFD) >= 0;
	if (!strcmp(argv[1], "@handler")) {
		struct sigaction sa;

		sigaction(SIGUSR1, NULL, &sa);
		return sa.sa_handler == SIG_DFL ? 1 : sa.sa_handler == SIG_IGN ? 2 : 3;
	}
	if (!strcmp(argv[1], "@mask")) {
		sigset_t set;

		sigprocmask(SIG_BLOCK, NULL, &set);
		return sigismember(&set, SIGUSR2);
	}
	if (!strcmp(argv[1], "@pid"))
		return getpid() == atoi(argv[2]);
	if (!strcmp(argv[1], "@name")) {
		char name[17] = "";

		prctl(PR_GET_NAME, name);
		return strcmp(name, argv[2]) == 0;
	}
	if (!strcmp(argv[1], "@sum")) {
		int sum = 0;

		for (int i = 2; i < argc; i++)
			sum += strlen(argv[i]);
		return sum % 251;
	}
	return 250;
}

static int run(char **argv, char **envp)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execve(self_path(), argv, envp ? envp : environ);
		_exit(199);
	}
	status = test_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN(...) run((char *[]){"exec", __VA_ARGS__, NULL}, NULL)

TEST(arguments_arrive)
{
	EXPECT_EQ(4, RUN("@count", "b", ""));
	EXPECT_EQ(5, RUN("@arg", "12345"));
}

TEST(a_long_argument_arrives)
{
	size_t n = 100000;
	char *s = malloc(n + 1);

	memset(s, 'x', n);
	s[n] = '\0';
	EXPECT_EQ((int)(n % 251), RUN("@arg", s));
	free(s);
}

TEST(many_arguments_arrive)
{
	enum { N = 5000 };
	char **argv = calloc(N + 3, sizeof(*argv));
	int sum = 0;

	argv[0] = "exec";
	argv[1] = "@sum";
	for (int i = 0; i < N; i++) {
		argv[i + 2] = i % 2 ? "abc" : "defgh";
		sum += strlen(argv[i + 2]);
	}
	EXPECT_EQ(sum % 251, run(argv, NULL));
}

TEST(too_much_is_e2big)
{
	size_t n = 40 << 20;
	char *s = malloc(n + 1), *argv[] = {"exec", "@arg", s, NULL};

	ASSERT_TRUE(s != NULL);
	memset(s, 'x', n);
	s[n] = '\0';
	EXPECT_ERRNO(E2BIG, execve(self_path(), argv, environ));
}

TEST(environment_arrives)
{
	EXPECT_EQ(77, run((char *[]){"exec", "@env", NULL}, (char *[]){"EXEC_VALUE=77", NULL}));
	EXPECT_EQ(200, run((char *[]){"exec", "@env", NULL}, (char *[]){NULL}));
}

TEST(close_on_exec_is_obeyed)
{
	int keep = open("/", O_RDONLY), drop = open("/", O_RDONLY | O_CLOEXEC);
	char a[12], b[12];

	snprintf(a, sizeof(a), "%d", keep);
	snprintf(b, sizeof(b), "%d", drop);
	EXPECT_EQ(1, RUN("@fd", a));
	EXPECT_EQ(0, RUN("@fd", b));
}

TEST(handlers_are_reset_ignoring_stays)
{
	signal(SIGUSR1, (void (*)(int))_exit);
	EXPECT_EQ(1, RUN("@handler"));
	signal(SIGUSR1, SIG_IGN);
	EXPECT_EQ(2, RUN("@handler"));
}

TEST(the_signal_mask_stays)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	EXPECT_EQ(1, RUN("@mask"));
}

TEST(the_pid_stays)
{
	pid_t pid = fork();

	if (pid == 0) {
		char n[12];

		snprintf(n, sizeof(n), "%d", getpid());
		execl(self_path(), "exec", "@pid", n, NULL);
		_exit(199);
	}
	EXPECT_EQ(1, WEXITSTATUS(test_wait(pid)));
}

TEST(the_name_is_the_files)
{
	const char *base = strrchr(self_path(), '/');
	char name[16] = "";

	for (size_t i = 0; base && i < sizeof(name) - 1 && base[i + 1]; i++)
		name[i] = base[i + 1];
	EXPECT_EQ(1, RUN("@name", name));
}

/* ---- refusals: the caller goes on ------------------------------------------------------------ */

static char *const no_args[] = {"x", NULL};

static void write_file(const char *path, const void *data, size_t n, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
	ASSERT_GE(fd, 0);
	ASSERT_EQ((ssize_t)n, write(fd, data, n));
	ASSERT_EQ(0, fchmod(fd, mode));
	close(fd);
}

TEST(missing_and_forbidden_files)
{
	EXPECT_ERRNO(ENOENT, execve("/tmp/no-such-file", no_args, environ));
	EXPECT_ERRNO(EACCES, execve("/tmp", no_args, environ));
	write_file("/tmp/exec-plain", "hello", 5, 0644);
	EXPECT_ERRNO(EACCES, execve("/tmp/exec-plain", no_args, environ));
	EXPECT_ERRNO(ENOTDIR, execve("/tmp/exec-plain/x", no_args, environ));
	unlink("/tmp/exec-plain");
}

TEST(not_a_program)
{
	static const char zeros[200];

	write_file("/tmp/exec-text", "hello world\n", 12, 0755);
	EXPECT_ERRNO(ENOEXEC, execve("/tmp/exec-text", no_args, environ));
	write_file("/tmp/exec-text", "", 0, 0755);
	EXPECT_ERRNO(ENOEXEC, execve("/tmp/exec-text", no_args, environ));
	write_file("/tmp/exec-text", zeros, sizeof(zeros), 0755);
	EXPECT_ERRNO(ENOEXEC, execve("/tmp/exec-text", no_args, environ));
	unlink("/tmp/exec-text");
}

static size_t read_self(char *buf, size_t size)
{
	int fd = open(self_path(), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ASSERT_GE(fd, 0);
	n = read(fd, buf, size);
	ASSERT_GT(n, 0);
	close(fd);
	return n;
}

TEST(damaged_elf_files)
{
	char head[4096], copy[4096];
	size_t n = read_self(head, sizeof(head));
	Elf64_Ehdr *eh = (Elf64_Ehdr *)copy;

	for (size_t len = 4; len < sizeof(Elf64_Ehdr); len += 7) {
		write_file("/tmp/exec-elf", head, len, 0755);
		EXPECT_EQ(-1, execve("/tmp/exec-elf", no_args, environ));
	}
	memcpy(copy, head, n);
	eh->e_machine = EM_SPARC;
	write_file("/tmp/exec-elf", copy, n, 0755);
	EXPECT_ERRNO(ENOEXEC, execve("/tmp/exec-elf", no_args, environ));
	memcpy(copy, head, n);
	eh->e_phnum = 0;
	write_file("/tmp/exec-elf", copy, n, 0755);
	EXPECT_EQ(-1, execve("/tmp/exec-elf", no_args, environ));
	memcpy(copy, head, n);
	eh->e_phoff = 0xfffffffffffffff0;
	write_file("/tmp/exec-elf", copy, n, 0755);
	EXPECT_EQ(-1, execve("/tmp/exec-elf", no_args, environ));
	memcpy(copy, head, n);
	eh->e_phentsize = 3;
	write_file("/tmp/exec-elf", copy, n, 0755);
	EXPECT_EQ(-1, execve("/tmp/exec-elf", no_args, environ));
	unlink("/tmp/exec-elf");
}

/* Random damage to the headers: whatever happens to the program, it happens to the program. */
TEST_TIMEOUT(fuzzed_elf_headers, 120)
{
	static char image[4 << 20];
	size_t n = read_self(image, sizeof(image));
	uint64_t state = 12345;
	char saved[512];

	memcpy(saved, image, sizeof(saved));
	for (int round = 0; round < 100; round++) {
		pid_t pid;

		memcpy(image, saved, sizeof(saved));
		for (int i = 0; i < 4; i++) {
			uint64_t r = test_random(&state);

			image[4 + r % (sizeof(saved) - 4)] = r >> 32;
		}
		write_file("/tmp/exec-fuzz", image, n, 0755);
		pid = fork();
		if (pid == 0) {
			struct rlimit rl = {2, 2};

			setrlimit(RLIMIT_CPU, &rl);
			alarm(3);
			dup2(open("/dev/null", O_WRONLY), 1);
			dup2(1, 2);
			execl("/tmp/exec-fuzz", "x", "@count", NULL);
			_exit(1);
		}
		ASSERT_NE(-1, test_wait(pid));
	}
	unlink("/tmp/exec-fuzz");
}

TEST(bad_pointers)
{
	char *bad[] = {test_bad_pointer, NULL};

	EXPECT_ERRNO(EFAULT, execve(test_bad_pointer, no_args, environ));
	EXPECT_ERRNO(EFAULT, execve(self_path(), (char **)test_bad_pointer, environ));
	EXPECT_ERRNO(EFAULT, execve(self_path(), bad, environ));
	EXPECT_ERRNO(EFAULT, execve(self_path(), no_args, bad));
	EXPECT_ERRNO(ENOENT, execve("", no_args, environ));
}

TEST(a_running_program_cannot_be_written)
{
	EXPECT_ERRNO(ETXTBSY, open(self_path(), O_WRONLY));
}

/* ---- scripts --------------------------------------------------------------------------------- */

TEST(scripts_run_their_interpreter)
{
	char text[512];
	pid_t pid;

	REQUIRE_CONFIG("BINFMT_SCRIPT");
	snprintf(text, sizeof(text), "#!%s @count\nignored\n", self_path());
	write_file("/tmp/exec-script", text, strlen(text), 0755);
	pid = fork();
	if (pid == 0) {
		execl("/tmp/exec-script", "script", "one", "two", NULL);
		_exit(199);
	}
	/* interpreter, its argument, the script, two more */
	EXPECT_EQ(5, WEXITSTATUS(test_wait(pid)));
	write_file("/tmp/exec-script", "#!/no/such/interpreter\n", 23, 0755);
	EXPECT_ERRNO(ENOENT, execve("/tmp/exec-script", no_args, environ));
	unlink("/tmp/exec-script");
}

TEST(a_script_that_runs_itself_ends)
{
	REQUIRE_CONFIG("BINFMT_SCRIPT");
	write_file("/tmp/exec-loop", "#!/tmp/exec-loop\n", 17, 0755);
	EXPECT_ERRNO(ELOOP, execve("/tmp/exec-loop", no_args, environ));
	unlink("/tmp/exec-loop");
}

TEST(execveat_takes_a_descriptor)
{
	int fd = open(self_path(), O_RDONLY | O_CLOEXEC);
	pid_t pid;

	ASSERT_GE(fd, 0);
	pid = fork();
	if (pid == 0) {
		char *argv[] = {"x", "@count", NULL};

		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno == ENOSYS ? 198 : 199);
	}
	EXPECT_EQ(2, WEXITSTATUS(test_wait(pid)));
}

TEST(vfork_and_exec)
{
	const char *path = self_path();

	for (volatile int i = 0; i < 20; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl(path, "exec", "@count", NULL);
			_exit(199);
		}
		ASSERT_EQ(2, WEXITSTATUS(test_wait(pid)));
	}
}

TEST(a_copied_program_runs)
{
	static char image[4 << 20];
	size_t n = read_self(image, sizeof(image));
	pid_t pid;

	write_file("/tmp/exec-copy", image, n, 0755);
	pid = fork();
	if (pid == 0) {
		execl("/tmp/exec-copy", "exec", "@count", NULL);
		_exit(199);
	}
	EXPECT_EQ(2, WEXITSTATUS(test_wait(pid)));
	unlink("/tmp/exec-copy");
}

int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == '@')
		return act(argc, argv);
	return test_main(argc, argv);
}
