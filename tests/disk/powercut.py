#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts the power under a guest that writes to ext4: make check-powercut [N=times] [SEED=n].

A guest (writer.c) creates, renames and deletes files, and says on its serial line what is safe by
fsync(2). QEMU is killed at a random moment. Then:

  - a copy whose journal e2fsck replays is clean for e2fsck -fn, and has everything promised
  - the next boot of the guest replays the journal itself; every other time it then unmounts, and
    the image is clean for e2fsck -fn and has everything promised

Prints KTAP.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import mkinitramfs  # noqa: E402

IMAGE_SIZE = "96M"
COMPILERS = {"x86_64": "gcc", "aarch64": "aarch64-linux-gnu-gcc"}
MKE2FS = [["-t", "ext4", "-b", "4096"], ["-t", "ext4", "-b", "1024"], ["-t", "ext3"]]


def contents(size, seed):
    x = (seed * 2654435761 + 1) & 0xffffffff
    out = bytearray(size)
    for i in range(size):
        x = (x * 1664525 + 1013904223) & 0xffffffff
        out[i] = x >> 24
    return bytes(out)


class Promises:
    """What the guest said, file by file: number -> (name, size)."""

    def __init__(self):
        self.files = {}
        self.doubt = set()  # what was under way when the power went

    def read(self, text):
        for line in text.splitlines():
            m = re.fullmatch(r"A (\d+) (\d+)\r?", line)
            if m:
                n = int(m[1])
                self.files[n] = (f"/w/{n % 50}/f{n}", int(m[2]))
                self.doubt.discard(n)
            m = re.fullmatch(r"R (\d+)\r?", line)
            if m and int(m[1]) in self.files:
                n = int(m[1])
                self.files[n] = (f"/w/{n % 50}/g{n}", self.files[n][1])
            m = re.fullmatch(r"D (\d+)\r?", line)
            if m:
                self.files.pop(int(m[1]), None)
        # The line about the last operations may not have made it: they may or may not show, after
        # later cuts too.
        newest = max(self.files, default=0)
        self.doubt &= set(self.files)
        self.doubt |= {n for n in self.files if newest - n < 3 or 30 <= newest - n <= 40}

    def check(self, image, scratch, sample):
        """Reads the files back with debugfs; what is wrong, or None."""
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        names = sorted(self.files)
        names = sample.sample(names, min(len(names), 120)) + names[-10:]
        commands = []
        for n in names:
            path, _ = self.files[n]
            commands.append(f"dump {path} {scratch}/{n}")
            if n in self.doubt:
                other = path.replace("/f", "/g") if "/f" in path else path.replace("/g", "/f")
                commands.append(f"dump {other} {scratch}/{n}.other")
        subprocess.run(["debugfs", "-f", "/dev/stdin", image], input="\n".join(commands),
                       text=True, capture_output=True, check=False)
        for n in names:
            path, size = self.files[n]
            data = None
            for name in (f"{scratch}/{n}", f"{scratch}/{n}.other"):
                if os.path.exists(name):
                    with open(name, "rb") as f:
                        data = f.read() or data
            if data is None and n in self.doubt:
                continue
            if data is None:
                return f"{path} is missing"
            if len(data) != size:
                return f"{path} has {len(data)} bytes, not {size}"
            if size <= 20000 and data != contents(size, n):
                return f"{path} has other contents"
        return None


def qemu_command(args, image, initrd, append):
    common = ["-m", "256M", "-smp", str(args.smp), "-display", "none", "-serial", "stdio",
              "-monitor", "none", "-no-reboot", "-accel", "tcg", "-kernel", args.kernel,
              "-initrd", initrd, "-drive", f"file={image},if=none,id=d,format=raw"]
    if args.arch == "x86_64":
        return ["qemu-system-x86_64", "-M", "pc", "-cpu", "max", "-device",
                "virtio-blk-pci,drive=d", "-append", f"console=ttyS0 panic=-1 {append}"] + common
    return ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-device",
            "virtio-blk-device,drive=d", "-append", f"console=ttyAMA0 panic=-1 {append}"] + common


def run_guest(args, image, initrd, log, seconds, append=""):
    """The guest's output; killed @seconds after it began to write (None: it ends by itself)."""
    with open(log, "wb") as out:
        p = subprocess.Popen(qemu_command(args, image, initrd, append), stdout=out,
                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    limit, began = time.monotonic() + 90, None
    while p.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
        if seconds is None:
            continue
        if began is None:
            with open(log, "rb") as f:
                if b"START" in f.read():
                    began = time.monotonic()
        elif time.monotonic() - began >= seconds:
            break
    if p.poll() is None:
        p.kill()
    p.wait()
    with open(log, "r", errors="replace") as f:
        return f.read()


def fsck(image, *options):
    p = subprocess.run(["e2fsck", *options, image], capture_output=True, text=True, check=False)
    return p.returncode, p.stdout + p.stderr


def bad_output(text):
    for word in ("Kernel panic", "WARNING", "BUG", "EXT4-fs (vda): error", "\nE "):
        if word in text:
            return f"the guest said: {[l for l in text.splitlines() if word.strip() in l][:2]}"
    return None


def one_round(args, number, state, sample):
    image, copy = f"{args.out}/disk.img", f"{args.out}/copy.img"
    promises, log = state["promises"], f"{args.out}/round-{number}.log"
    text = run_guest(args, image, state["initrd"], log, sample.uniform(0.1, args.seconds))
    promises.read(text)
    wrong = bad_output(text)
    if not wrong and "START" not in text:
        wrong = "the guest did not begin to write"
    if wrong:
        return wrong
    shutil.copy(image, copy)
    code, said = fsck(copy, "-y", "-E", "journal_only")
    code, said = fsck(copy, "-fn")
    if code:
        return f"e2fsck -fn after its replay: {code}\n{said}"
    wrong = promises.check(copy, f"{args.out}/dump", sample)
    if wrong:
        return wrong + " (after replay by e2fsck)"
    if number % 2 == 0:
        return None
    text = run_guest(args, image, state["initrd"], log + ".idle", None, "-- idle")
    wrong = bad_output(text)
    if not wrong and "IDLE" not in text:
        wrong = "the guest did not mount and unmount"
    if wrong:
        return wrong
    code, said = fsck(image, "-fn")
    if code:
        return f"e2fsck -fn after replay by the guest: {code}\n{said}"
    wrong = promises.check(image, f"{args.out}/dump", sample)
    return wrong + " (after replay by the guest)" if wrong else None


def new_disk(args, number, state):
    image, kind = f"{args.out}/disk.img", MKE2FS[number % len(MKE2FS)]
    if os.path.exists(image):
        os.unlink(image)
    subprocess.run(["mke2fs", "-q", "-F", *kind, image, IMAGE_SIZE], check=True,
                   capture_output=True)
    state["promises"] = Promises()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--arch", default="x86_64", choices=sorted(COMPILERS))
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0, help="longest time before the cut")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--out", default="build/powercut")
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    writer, initrd = f"{args.out}/writer", f"{args.out}/initrd.cpio"
    subprocess.run([COMPILERS[args.arch], "-O2", "-static", "-Wall", "-o", writer,
                    os.path.join(TOP, "tests/disk/writer.c")], check=True)
    subprocess.run([sys.executable, mkinitramfs.__file__, "--arch", args.arch, "--init", writer,
                    initrd], check=True)
    sample, state, failed = random.Random(args.seed), {"initrd": initrd}, 0
    print(f"KTAP version 1\n# seed {args.seed}\n1..{args.times}", flush=True)
    for number in range(1, args.times + 1):
        if number % 4 == 1:
            new_disk(args, number // 4, state)
        wrong = one_round(args, number, state, sample)
        files = len(state["promises"].files)
        print(f"{'not ok' if wrong else 'ok'} {number} power cut, {files} files promised",
              flush=True)
        if wrong:
            failed += 1
            print("# " + wrong.replace("\n", "\n# "))
            shutil.copy(f"{args.out}/disk.img", f"{args.out}/failed-{number}.img")
            new_disk(args, number, state)
    print(f"# {args.times - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
