# SPDX-License-Identifier: MIT
# What the build and the QEMU runner must know without a configuration: one KEY := value a line.
ARCH := x86_64
ARCH_DEFAULT := y
IMAGE := keel
CONSOLE := ttyS0
QEMU := qemu-system-x86_64
QEMU_MACHINE := pc
QEMU_CPU := max
QEMU_UEFI := /usr/share/ovmf/OVMF.fd
