/* SPDX-License-Identifier: MIT */
/* Core dumps, core(5): when one is written, what it is called, what is in it. */
#include "../harness.h"
#include <elf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_CREAT | O_TRUNC, 0644);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

#define PATTERN "/proc/sys/kernel/core_pattern"

static void set_pattern(const char *pattern)
{
	REQUIRE_CONFIG("CORE_DUMP");
	if (!write_file(PATTERN, pattern))
		SKIP("cannot set kernel.core_pattern");
}

static void set_limit(rlim_t bytes)
{
	struct rlimit lim = {bytes, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &lim);
}

static volatile long marker = 0x5eed;
static char *mark_page;

/* A child that dies by @sig after @before; its status. */
static int die(int sig, void (*before)(void))
{
	pid_t pid = fork();

	if (!pid) {
		if (before)
			before();
		if (sig == SIGSEGV)
			*test_bad_pointer = 1;
		raise(sig);
		pause();
	}
	return test_wait(pid);
}

struct image {
	char *data;
	size_t size;
};

static struct image load(const char *path)
{
	struct image im = {};
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return im;
	im.size = st.st_size;
	im.data = mmap(NULL, im.size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return im;
}

static const Elf64_Phdr *segment(const struct image *im, int i)
{
	const Elf64_Ehdr *e = (void *)im->data;

	return i < e->e_phnum ? (void *)(im->data + e->e_phoff + i * sizeof(Elf64_Phdr)) : NULL;
}

/* The memory of the dead at @addr; NULL: not in the core. */
static const void *memory(const struct image *im, const volatile void *addr)
{
	const Elf64_Phdr *p;

	for (int i = 0; (p = segment(im, i)); i++) {
		unsigned long at = (uintptr_t)addr - p->p_vaddr;

		if (p->p_type == PT_LOAD && (uintptr_t)addr >= p->p_vaddr && at < p->p_filesz &&
		    p->p_offset + at < im->size)
			return im->data + p->p_offset + at;
	}
	return NULL;
}

/* The @nth note of a type; its length. */
static const void *note(const struct image *im, unsigned int type, int nth, size_t *len)
{
	const Elf64_Phdr *p = segment(im, 0);
	const char *at, *end;

	if (!p || p->p_type != PT_NOTE)
		return NULL;
	at = im->data + p->p_offset;
	for (end = at + p->p_filesz; at < end;) {
		const Elf64_Nhdr *n = (void *)at;
		const char *desc = at + sizeof(*n) + ((n->n_namesz + 3) & ~3u);

		if (n->n_type == type && !nth--) {
			*len = n->n_descsz;
			return desc;
		}
		at = desc + ((n->n_descsz + 3) & ~3u);
	}
	return NULL;
}

static void mark(void)
{
	marker = 0xdead;
	mark_page =
		mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mark_page[(32 << 20) + 17] = 'x';
	prctl(PR_SET_NAME, "core/test");
}

TEST(memory_and_notes_are_there)
{
	const prstatus_t *status;
	const prpsinfo_t *info;
	struct image im;
	int ended;
	size_t len;

	set_pattern("/tmp/core.%s.%e");
	set_limit(RLIM_INFINITY);
	mkdir("/tmp", 0777);
	ended = die(SIGSEGV, mark);
	EXPECT_TRUE(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSEGV);
	EXPECT_TRUE(WCOREDUMP(ended));
	im = load("/tmp/core.11.core!test");
	ASSERT_TRUE(im.data);
	EXPECT_EQ(0, memcmp(im.data, ELFMAG, SELFMAG));
	EXPECT_EQ(ET_CORE, ((Elf64_Ehdr *)im.data)->e_type);
	ASSERT_TRUE(memory(&im, &marker));
	EXPECT_EQ(0xdead, *(long *)memory(&im, &marker));
	status = note(&im, NT_PRSTATUS, 0, &len);
	ASSERT_TRUE(status);
	EXPECT_EQ(sizeof(*status), len);
	EXPECT_EQ(SIGSEGV, status->pr_cursig);
	EXPECT_EQ(getpid(), status->pr_ppid);
	info = note(&im, NT_PRPSINFO, 0, &len);
	ASSERT_TRUE(info);
	EXPECT_STREQ("core/test", info->pr_fname);
	EXPECT_EQ(status->pr_pid, info->pr_pid);
	EXPECT_TRUE(note(&im, NT_SIGINFO, 0, &len) && len == sizeof(siginfo_t));
	EXPECT_TRUE(note(&im, NT_AUXV, 0, &len) && len >= 16);
	EXPECT_TRUE(note(&im, NT_FILE, 0, &len) && len >= 16);
	EXPECT_TRUE(note(&im, NT_PRFPREG, 0, &len) && len >= 512);
	EXPECT_TRUE(!note(&im, NT_PRSTATUS, 1, &len));
	unlink("/tmp/core.11.core!test");
}

/* A big mapping of which one page was touched: found, and the file has holes for the rest. */
static char *sparse;

static void touch_one(void)
{
	sparse[(32 << 20) + 17] = 'x';
}

TEST(untouched_memory_is_a_hole)
{
	struct image im;
	struct stat st;
	const char *p;

	set_pattern("/tmp/core.sparse");
	set_limit(RLIM_INFINITY);
	sparse = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_TRUE(WCOREDUMP(die(SIGABRT, touch_one)));
	im = load("/tmp/core.sparse");
	ASSERT_TRUE(im.data);
	p = memory(&im, sparse + (32 << 20) + 17);
	ASSERT_TRUE(p);
	EXPECT_EQ('x', *p);
	EXPECT_EQ(0, p[1]);
	ASSERT_EQ(0, stat("/tmp/core.sparse", &st));
	EXPECT_GE(st.st_size, 64 << 20);
	EXPECT_LT(st.st_blocks * 512, 16 << 20);
	EXPECT_EQ(0600, st.st_mode & 0777);
	unlink("/tmp/core.sparse");
}

static void no_limit(void)
{
	set_limit(0);
}

static void small_limit(void)
{
	set_limit(8192);
}

static void tiny_limit(void)
{
	set_limit(512);
}

static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

TEST(limits_and_rights_prevent_it)
{
	set_pattern("/tmp/core.none");
	set_limit(RLIM_INFINITY);
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, no_limit)));
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, not_dumpable)));
	EXPECT_TRUE(access("/tmp/core.none", F_OK) == -1);
	EXPECT_TRUE(!WCOREDUMP(die(SIGTERM, NULL)));
	EXPECT_TRUE(access("/tmp/core.none", F_OK) == -1);
	/* A link, or a file that others may read, is not written to. */
	EXPECT_TRUE(write_file("/tmp/victim", "precious"));
	EXPECT_EQ(0, symlink("/tmp/victim", "/tmp/core.none"));
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, NULL)));
	unlink("/tmp/core.none");
	EXPECT_EQ(0, link("/tmp/victim", "/tmp/core.none"));
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, NULL)));
	unlink("/tmp/core.none");
	unlink("/tmp/victim");
}

TEST(a_limit_cuts_it_off)
{
	struct stat st = {};

	set_pattern("/tmp/core.cut");
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, tiny_limit)));
	EXPECT_TRUE(access("/tmp/core.cut", F_OK) == -1);
	EXPECT_TRUE(WCOREDUMP(die(SIGSEGV, small_limit)));
	EXPECT_EQ(0, stat("/tmp/core.cut", &st));
	EXPECT_GT(st.st_size, 0);
	EXPECT_LE(st.st_size, 8192);
	unlink("/tmp/core.cut");
}

TEST(the_pid_is_added)
{
	char path[64];
	pid_t pid;

	set_pattern("core");
	set_limit(RLIM_INFINITY);
	ASSERT_EQ(0, chdir("/tmp"));
	ASSERT_TRUE(write_file("/proc/sys/kernel/core_uses_pid", "1"));
	pid = fork();
	if (!pid) {
		raise(SIGQUIT);
		pause();
	}
	EXPECT_TRUE(WCOREDUMP(test_wait(pid)));
	snprintf(path, sizeof(path), "/tmp/core.%d", pid);
	EXPECT_EQ(0, unlink(path));
	write_file("/proc/sys/kernel/core_uses_pid", "0");
}

static void *spin(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void start_threads(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, spin, NULL);
}

TEST(every_thread_is_in_it)
{
	struct image im;
	size_t len;

	REQUIRE_THREADS();
	set_pattern("/tmp/core.threads");
	set_limit(RLIM_INFINITY);
	EXPECT_TRUE(WCOREDUMP(die(SIGSEGV, start_threads)));
	im = load("/tmp/core.threads");
	ASSERT_TRUE(im.data);
	EXPECT_TRUE(note(&im, NT_PRSTATUS, 3, &len));
	EXPECT_TRUE(!note(&im, NT_PRSTATUS, 4, &len));
	EXPECT_TRUE(note(&im, NT_PRFPREG, 3, &len));
	unlink("/tmp/core.threads");
}

static char *shared;

TEST(the_filter_chooses)
{
	struct image im;

	set_pattern("/tmp/core.filter");
	set_limit(RLIM_INFINITY);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*shared = 's';
	EXPECT_TRUE(WCOREDUMP(die(SIGSEGV, NULL)));
	im = load("/tmp/core.filter");
	ASSERT_TRUE(im.data);
	EXPECT_TRUE(memory(&im, shared));
	EXPECT_TRUE(memory(&im, &marker));
	unlink("/tmp/core.filter");
	/* A child inherits it. */
	ASSERT_TRUE(write_file("/proc/self/coredump_filter", "0x1"));
	EXPECT_TRUE(WCOREDUMP(die(SIGSEGV, NULL)));
	im = load("/tmp/core.filter");
	ASSERT_TRUE(im.data);
	EXPECT_TRUE(!memory(&im, shared));
	EXPECT_TRUE(memory(&im, &marker));
	unlink("/tmp/core.filter");
}

TEST(a_program_can_take_it)
{
	struct stat st;

	REQUIRE_CONFIG("EXEC");
	if (access("/bin/sh", X_OK))
		SKIP("no shell");
	ASSERT_TRUE(write_file("/tmp/helper", "#!/bin/sh\ncat >/tmp/piped.$1\n"));
	chmod("/tmp/helper", 0755);
	set_pattern("|/tmp/helper %s");
	set_limit(0); /* does not matter to a helper */
	EXPECT_TRUE(WCOREDUMP(die(SIGSEGV, NULL)));
	for (int i = 0; i < 100 && (stat("/tmp/piped.11", &st) || st.st_size < 8192); i++)
		test_sleep_ms(50);
	EXPECT_EQ(0, stat("/tmp/piped.11", &st));
	EXPECT_GE(st.st_size, 8192);
	set_pattern("|/nowhere/to/be/found");
	EXPECT_TRUE(!WCOREDUMP(die(SIGSEGV, NULL)));
	set_pattern("core");
	unlink("/tmp/piped.11");
	unlink("/tmp/helper");
}

TEST_MAIN
