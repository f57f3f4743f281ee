/* SPDX-License-Identifier: MIT */
/*
 * The smallest /init that proves a kernel works: says its line, and powers off. Needs of the kernel
 * only exec, write and, to end by itself, reboot; so it runs on every configuration.
 */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	static const char text[] = "hello from init\n";

	if (write(STDOUT_FILENO, text, sizeof(text) - 1) != sizeof(text) - 1)
		return 1;
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
