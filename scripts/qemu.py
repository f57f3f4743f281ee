#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a kernel in QEMU: the one place that knows how, for people (make run) and for the tests.

  qemu.py --build build/pc --interactive          a shell on this terminal; ^A x leaves
  qemu.py --build build/pc --gdb                  the same, halted, with gdb attached to it
  qemu.py --build build/pc --append '...'         without a terminal: prints what the guest prints
  qemu.py --build build/pc --rootfs debian ...    Debian on a disk (BUILD/debian.ext4, kept) as root

The machine is described by boards/<board>/board.mk. Without a terminal, a guest that is silent for
--stall seconds, or runs longer than --timeout, is ended; then, and when it panics, the exit status
is 1, and the command that repeats the run is printed. A guest is expected to power off by itself.
"""
import argparse
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

PANIC = re.compile(r"Kernel panic|kernel BUG at|Unhandled exception|Oops:")
PANIC_GRACE = 10  # seconds a panicking guest gets to print its backtrace and go down


def read_assignments(path):
    """{key: value} of a board.mk: one `KEY := value` a line."""
    with open(path) as f:
        found = (re.match(r"(\w+)\s*:=\s*(.*)$", line.strip()) for line in f)
        return {m[1]: m[2] for m in found if m}


@dataclass
class Board:
    """What boards/<name>/board.mk says."""
    name: str
    facts: dict

    @classmethod
    def named(cls, name):
        return cls(name, read_assignments(f"boards/{name}/board.mk"))

    @classmethod
    def of_build(cls, build):
        try:
            name = read_assignments(f"{build}/include/config/board.mk")["BOARD"]
        except FileNotFoundError:
            sys.exit(f"error: nothing is built in {build}")
        return cls.named(name)

    @property
    def arch(self):
        return self.facts["ARCH"]

    @property
    def image(self):
        return self.facts["IMAGE"]

    @property
    def console(self):
        return self.facts["CONSOLE"]


def all_boards():
    return [Board.named(n) for n in sorted(os.listdir("boards"))
            if os.path.exists(f"boards/{n}/board.mk")]


# Where the guest's serial line goes: to our output, to a terminal (with QEMU's own ^A keys, or with
# every key for the guest), to what the caller adds.
SERIAL = {
    "stdio": ["-serial", "stdio", "-monitor", "none"],
    "terminal": ["-serial", "mon:stdio"],
    "pty": ["-chardev", "stdio,id=tty,signal=off", "-serial", "chardev:tty", "-monitor", "none"],
    None: ["-monitor", "none"],
}


@dataclass
class Guest:
    """A machine to start. `kernel` with `initrd`, or `iso`."""
    board: Board
    kernel: str = None
    initrd: str = None
    iso: str = None
    uefi: bool = False
    append: str = ""
    smp: int = 1
    mem: str = "256M"
    machine: str = None
    gic: str = None
    cpu: str = None
    extra: list = field(default_factory=list)

    def command(self, serial="stdio"):
        facts = self.board.facts
        machine = self.machine or facts["QEMU_MACHINE"]
        if self.gic:
            machine += f",gic-version={self.gic}"
        argv = [facts["QEMU"], "-M", machine, "-cpu", self.cpu or facts["QEMU_CPU"],
                "-accel", "tcg", "-smp", str(self.smp), "-m", self.mem,
                "-display", "none", "-nic", "none", "-no-reboot"]
        argv += SERIAL[serial]
        if self.uefi:
            argv += ["-bios", facts["QEMU_UEFI"]]
        if self.iso:
            argv += ["-cdrom", self.iso]
        else:
            argv += ["-kernel", self.kernel, "-append", self.command_line()]
            argv += ["-initrd", self.initrd] if self.initrd else []
        return argv + list(self.extra)

    def command_line(self):
        return f"console={self.board.console} {self.append}".strip()


@dataclass
class Outcome:
    """How a run ended: why is exit, stall, timeout, panic or done (what was waited for came)."""
    why: str
    text: str
    seconds: float
    status: int
    argv: list

    @property
    def ok(self):
        return self.why in ("exit", "done") and self.status == 0

    def reason(self):
        return {"exit": f"QEMU exited with {self.status}", "done": "done", "panic": "kernel panic",
                "stall": "the guest was silent too long", "timeout": "the guest took too long",
                }[self.why] + f", after {self.seconds:.0f} s"

    def explain(self, lines=40):
        """The end of what the guest printed, and the command that repeats the run."""
        tail = "\n".join("    " + line for line in self.text.splitlines()[-lines:])
        return f"{tail}\n  {self.reason()}\n  repeat: {shlex.join(self.argv)}"


def run_guest(argv, timeout=120, stall=60, on_line=None, stop=None):
    """Runs QEMU until it exits, hangs or panics, or a line matches the pattern stop."""
    start = last = time.monotonic()
    proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    text, pending, why, deadline = [], b"", None, start + timeout
    try:
        while why is None or why == "panic":
            now = time.monotonic()
            if now >= deadline or now - last >= stall:
                why = why or ("timeout" if now >= deadline else "stall")
                break
            ready, _, _ = select.select([proc.stdout], [], [], min(deadline, last + stall) - now)
            if not ready:
                continue
            data = os.read(proc.stdout.fileno(), 65536)
            if not data:
                why = why or "exit"
                break
            last = time.monotonic()
            *lines, pending = (pending + data).split(b"\n")
            for line in (raw.decode(errors="replace").rstrip("\r") for raw in lines):
                text.append(line)
                if on_line:
                    on_line(line)
                if why is None and PANIC.search(line):
                    why, deadline = "panic", min(deadline, last + PANIC_GRACE)
                if why is None and stop and re.search(stop, line):
                    why = "done"
    finally:
        if why != "exit" and proc.poll() is None:
            proc.kill()
        status = proc.wait()
        proc.stdout.close()
    text.append(pending.decode(errors="replace"))
    return Outcome(why, "\n".join(text), time.monotonic() - start,
                   0 if why == "done" else status, argv)


# ---- the command --------------------------------------------------------------------------------


def default_initrd(board, build):
    import mkinitramfs
    path = f"{build}/initramfs.cpio"
    data = mkinitramfs.build(board.arch)
    if not os.path.exists(path) or open(path, "rb").read() != data:
        with open(path, "wb") as f:
            f.write(data)
    return path


def debian_disk(board, build):
    """The image of a Debian root, made when it is not there; changes to it stay."""
    path = f"{build}/debian.ext4"
    if not os.path.exists(path):
        subprocess.run([sys.executable, "scripts/mkdebian.py", "--arch", board.arch, path],
                       check=True)
    return path


def use_disk_root(guest, image):
    """The guest's root is the image, on virtio-blk."""
    device = "virtio-blk-pci" if guest.board.arch == "x86_64" else "virtio-blk-device"
    guest.initrd = None
    guest.append = f"root=/dev/vda rw {guest.append}".strip()
    guest.extra = ["-drive", f"file={image},if=none,id=root,format=raw",
                   "-device", f"{device},drive=root"] + list(guest.extra)


def share_options(folder, device="virtio-9p-pci"):
    """The folder as 9p's "share", with the owners and modes it has on the host."""
    if not os.path.isdir(folder):
        sys.exit(f"error: {folder} is not a folder")
    return ["-fsdev", f"local,id=share,path={folder},security_model=none", "-device",
            f"{device},fsdev=share,mount_tag=share"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def interactive(guest):
    argv = guest.command(serial="terminal")
    print(f"{shlex.join(argv)}\n(^A x leaves)", flush=True)
    os.execvp(argv[0], argv)


def debug(guest, build):
    """QEMU halted at reset with its serial line on a pty, and gdb in front."""
    port = free_port()
    argv = guest.command(serial=None) + [
        "-chardev", f"pty,id=serial,logfile={build}/serial.log", "-serial", "chardev:serial",
        "-gdb", f"tcp:127.0.0.1:{port}", "-S"]
    proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(1))  # so that QEMU is ended below
    try:
        gdb = shutil.which("gdb-multiarch") or "gdb"
        subprocess.run([gdb, "-q", f"{build}/keel", "-ex", f"target remote 127.0.0.1:{port}",
                        "-x", "scripts/gdb/keel-gdb.py"])
    finally:
        proc.kill()
        proc.wait()


def parse():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True, help="build directory")
    p.add_argument("--kernel", help="default: the board's image in the build directory")
    p.add_argument("--initrd", help="default: Debian's BusyBox; 'none' for none")
    p.add_argument("--rootfs", choices=["busybox", "debian"], default="busybox")
    p.add_argument("--iso", help="boot this ISO instead of the kernel")
    p.add_argument("--uefi", action="store_true", help="with --iso: UEFI firmware instead of BIOS")
    p.add_argument("--append", default="", help="more of the kernel command line")
    p.add_argument("--smp", type=int, default=2)
    p.add_argument("--mem", default="512M")
    p.add_argument("--machine", help="QEMU machine: pc, q35, virt ...")
    p.add_argument("--gic", choices=["2", "3"], help="aarch64: GIC version")
    p.add_argument("--cpu")
    p.add_argument("--timeout", type=float, default=120)
    p.add_argument("--stall", type=float, default=60)
    p.add_argument("--share", metavar="FOLDER", help="a folder for the guest's /mnt/share (9p)")
    p.add_argument("--interactive", action="store_true")
    p.add_argument("--gdb", action="store_true")
    p.add_argument("extra", nargs="*", help="more arguments for QEMU, after --")
    return p.parse_args()


def main():
    args = parse()
    board = Board.of_build(args.build)
    guest = Guest(board, kernel=args.kernel or f"{args.build}/{board.image}", iso=args.iso,
                  uefi=args.uefi, append=args.append, smp=args.smp, mem=args.mem,
                  machine=args.machine, gic=args.gic, cpu=args.cpu, extra=args.extra)
    if args.share:
        guest.extra = share_options(args.share) + list(guest.extra)
    if args.rootfs == "debian":
        use_disk_root(guest, debian_disk(board, args.build))
    elif not args.iso and args.initrd != "none":
        guest.initrd = args.initrd or default_initrd(board, args.build)
    if args.interactive:
        interactive(guest)
    if args.gdb:
        debug(guest, args.build)
        return
    outcome = run_guest(guest.command(), args.timeout, args.stall,
                        on_line=lambda line: print(line, flush=True))
    if not outcome.ok:
        sys.exit(f"  {outcome.reason()}\n  repeat: {shlex.join(outcome.argv)}")


if __name__ == "__main__":
    main()
