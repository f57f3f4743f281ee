#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Guests with little memory and one program: make check-pressure [SMP=n] [TEST=name] brings memory
to its end in every way (pressure.c), first without swap, then with a disk of 192 MB for it;
make check-soak [N=number] makes a million sockets that pass descriptors (sockets.c), then a million
processes and a tenth as many threads (tasks.c). Prints KTAP; a panic, a report of the kernel, a
test without an end, or memory that does not come back is a failure.
"""
import argparse
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import mkinitramfs  # noqa: E402

COMPILERS = {"x86_64": "gcc", "aarch64": "aarch64-linux-gnu-gcc"}
BAD = ("Kernel panic", "WARNING", "BUG", "lockdep", "not ok", "bad page")


def arch_of(kernel):
    """What the kernel's ELF header says."""
    with open(kernel, "rb") as f:
        head = f.read(20)
    return "aarch64" if head[18] == 183 else "x86_64"


def qemu_command(args, arch, disks):
    common = ["-m", f"{args.memory}M", "-smp", str(args.smp), "-display", "none", "-serial",
              "stdio", "-monitor", "none", "-no-reboot", "-accel", "tcg", "-kernel", args.kernel,
              "-initrd", f"{args.out}/initrd.cpio"]
    machine, cpu, console, device = {
        "x86_64": ("pc", "max", "ttyS0", "virtio-blk-pci"),
        "aarch64": ("virt", "cortex-a72", "ttyAMA0", "virtio-blk-device")}[arch]
    for i, disk in enumerate(disks):
        common += ["-drive", f"file={disk},if=none,id=d{i},format=raw",
                   "-device", f"{device},drive=d{i}"]
    append = " ".join([f"console={console} panic=-1 loglevel=4", *args.env,
                       *(args.tests and ["--"] + args.tests)])
    return [f"qemu-system-{arch}", "-M", machine, "-cpu", cpu, "-append", append] + common


def run(args, arch, name, disks):
    """True if all went well."""
    log = f"{args.out}/{name}.log"
    print(f"# {name}: {args.memory} MB, {args.smp} CPUs", flush=True)
    with open(log, "wb") as out:
        try:
            subprocess.run(qemu_command(args, arch, disks), stdout=out, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, timeout=args.timeout, check=False)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
    with open(log, errors="replace") as f:
        lines = f.read().splitlines()
    for line in lines:
        if line.startswith(("ok ", "not ok ", "# ")) or any(word in line for word in BAD):
            print(line)
    passed = sum(line.startswith("ok ") for line in lines)
    bad = sum(any(word in line for word in BAD) for line in lines)
    whole = any(f"1..{passed}" == line.strip() for line in lines)
    if not ended or not whole:
        print(f"not ok {name}: the guest did not come to its end: {log}")
        return False
    return not bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--memory", type=int, default=64)
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=1200)
    parser.add_argument("--out", default="build/pressure")
    parser.add_argument("--program", default="pressure", choices=["pressure", "sockets", "tasks"])
    parser.add_argument("--env", action="append", default=[], help="NAME=value for the program")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    arch = arch_of(args.kernel)
    if arch == "aarch64":  # QEMU gives an ELF no device tree
        args.kernel = os.path.join(os.path.dirname(args.kernel), "Image")
    subprocess.run([COMPILERS[arch], "-O2", "-static", "-Wall", "-Wextra",
                    "-I", os.path.join(TOP, "selftests"), "-o", f"{args.out}/{args.program}",
                    os.path.join(TOP, f"tests/pressure/{args.program}.c")], check=True)
    with open(f"{args.out}/{args.program}", "rb") as f:
        archive = mkinitramfs.build(arch, f.read())
    with open(f"{args.out}/initrd.cpio", "wb") as f:
        f.write(archive)
    if args.program != "pressure":
        return 0 if run(args, arch, args.program, []) else 1
    disks = []
    for name in ("data", "swap"):
        disks.append(f"{args.out}/{name}.img")
        with open(disks[-1], "wb") as f:
            f.truncate(192 << 20)
    good = run(args, arch, "no-swap", disks[:1])
    good &= run(args, arch, "swap", disks)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
