/* SPDX-License-Identifier: MIT */
/* The auxiliary vector (getauxval(3)) is complete and true. */
#include "../harness.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

TEST(page_size_and_clock_ticks)
{
	EXPECT_EQ(4096, getauxval(AT_PAGESZ));
	EXPECT_EQ(100, getauxval(AT_CLKTCK));
}

TEST(program_headers_are_ours)
{
	const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	bool load = false;

	ASSERT_TRUE(ph != NULL);
	EXPECT_EQ(sizeof(ElfW(Phdr)), getauxval(AT_PHENT));
	ASSERT_TRUE(n >= 2 && n < 64);
	for (unsigned long i = 0; i < n; i++)
		load |= ph[i].p_type == PT_LOAD;
	EXPECT_TRUE(load);
}

TEST(entry_is_in_the_text)
{
	extern char __executable_start[], etext[];
	unsigned long entry = getauxval(AT_ENTRY);

	EXPECT_TRUE(entry >= (unsigned long)__executable_start && entry < (unsigned long)etext);
}

TEST(ids_are_ours)
{
	EXPECT_EQ(getuid(), getauxval(AT_UID));
	EXPECT_EQ(geteuid(), getauxval(AT_EUID));
	EXPECT_EQ(getgid(), getauxval(AT_GID));
	EXPECT_EQ(getegid(), getauxval(AT_EGID));
	EXPECT_EQ(0, getauxval(AT_SECURE));
}

/* Sixteen bytes, and another sixteen in another program. */
TEST(random_bytes_differ_between_programs)
{
	const unsigned char *r = (const void *)getauxval(AT_RANDOM);
	unsigned char other[16];
	int fd[2];
	pid_t pid;

	ASSERT_TRUE(r != NULL);
	if (getenv("AUXV_PRINT")) {
		ASSERT_EQ(16, write(atoi(getenv("AUXV_PRINT")), r, 16));
		return;
	}
	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (pid == 0) {
		char number[12];
		char *path = (char *)getauxval(AT_EXECFN);
		char *argv[] = {path, "random_bytes_differ_between_programs", NULL};

		snprintf(number, sizeof(number), "%d", fd[1]);
		setenv("AUXV_PRINT", number, 1);
		dup2(open("/dev/null", O_WRONLY), 1);
		execv("/proc/self/exe", argv);
		execv(path, argv);
		_exit(1);
	}
	EXPECT_EQ(0, test_wait(pid));
	ASSERT_EQ(16, read(fd[0], other, 16));
	EXPECT_NE(0, memcmp(r, other, 16));
}

TEST(execfn_names_the_program)
{
	const char *name = (const char *)getauxval(AT_EXECFN);

	ASSERT_TRUE(name != NULL);
	EXPECT_EQ(0, access(name, X_OK));
}

TEST(platform_is_this_machine)
{
	const char *p = (const char *)getauxval(AT_PLATFORM);

	ASSERT_TRUE(p != NULL);
#if defined(__x86_64__)
	EXPECT_STREQ("x86_64", p);
#else
	EXPECT_STREQ("aarch64", p);
	EXPECT_TRUE(getauxval(AT_HWCAP) & 3); /* fp, asimd */
#endif
}

TEST(base_is_zero_without_interpreter)
{
	EXPECT_EQ(0, getauxval(AT_BASE));
	EXPECT_EQ(0, getauxval(AT_FLAGS));
}

/* /proc/self/auxv is the same vector. */
TEST(proc_auxv_agrees)
{
	unsigned long v[128];
	ssize_t n;
	bool end = false;

	REQUIRE_CONFIG("PROC_FS");
	n = test_read_file("/proc/self/auxv", (char *)v, sizeof(v));
	ASSERT_GT(n, 0);
	ASSERT_EQ(0, n % 16);
	for (ssize_t i = 0; i < n / 16; i++) {
		if (v[2 * i] == AT_NULL) {
			end = true;
			break;
		}
		/* The C library answers these two itself. */
		if (v[2 * i] != AT_HWCAP && v[2 * i] != AT_HWCAP2)
			EXPECT_EQ(getauxval(v[2 * i]), v[2 * i + 1]);
	}
	EXPECT_TRUE(end);
}

TEST_MAIN
