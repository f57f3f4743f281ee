# SPDX-License-Identifier: MIT
# Facts that the build and the QEMU runner need before there is a configuration. One KEY := value a line.
ARCH := aarch64
ARCH_DEFAULT := y
IMAGE := Image
CONSOLE := ttyAMA0
QEMU := qemu-system-aarch64
QEMU_MACHINE := virt
QEMU_CPU := cortex-a72
