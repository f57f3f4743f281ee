# SPDX-License-Identifier: MIT
# What the build and the QEMU runner must know without a configuration: one KEY := value a line.
ARCH := aarch64
ARCH_DEFAULT := y
IMAGE := Image
CONSOLE := ttyAMA0
QEMU := qemu-system-aarch64
QEMU_MACHINE := virt
QEMU_CPU := cortex-a72
