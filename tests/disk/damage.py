#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mounts damaged images in a guest, reads and changes them: make check-damage [N= SEED= IMAGES=].

Every image is refused or mounted, with errors for who uses it; the guest must not panic, warn or
hang, whatever the bytes. ext4 with and without metadata checksums, so that damage also gets past
them, FAT, and disks with MBR and GPT partitions. IMAGES= uses a directory of images as they are
(e2fsprogs has hundreds). Prints KTAP.
"""
import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import mkinitramfs  # noqa: E402
import qemu  # noqa: E402

KINDS = {
    "csum.img": ["-t", "ext4", "-b", "1024"],
    "plain.img": ["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit"],
    "nojournal.img": ["-t", "ext4", "-b", "4096", "-O", "^metadata_csum,^has_journal"],
    "ext2.img": ["-t", "ext2", "-b", "1024"],
}

FAT = {
    "fat12.img": ["-F", "12", "-s", "4"],
    "fat16.img": ["-F", "16", "-s", "1"],
    "fat32.img": ["-F", "32", "-s", "1"],
}
FAT_SIZE = {"fat12.img": "2M", "fat16.img": "8M", "fat32.img": "36M"}


def mbr_entry(kind, first, count):
    return struct.pack("<B3sB3sII", 0, b"", kind, b"", first, count)


def mbr_sector(*entries):
    return b"".join(entries).rjust(446 + 16 * len(entries), b"\0").ljust(510, b"\0") + b"\x55\xaa"


def mbr_image(sectors=512):
    """Two primary partitions and an extended one with three logical ones."""
    disk = bytearray(sectors * 512)
    disk[:512] = mbr_sector(mbr_entry(0x83, 32, 64), mbr_entry(7, 96, 32),
                            mbr_entry(5, 128, sectors - 128))
    for i in range(3):
        link = mbr_entry(5, 32 * (i + 1), 32) if i < 2 else mbr_entry(0, 0, 0)
        at = (128 + 32 * i) * 512
        disk[at:at + 512] = mbr_sector(mbr_entry(0x83, 1, 31), link)
    return disk


def gpt_header(here, other, entries, table, sectors):
    fields = [b"EFI PART", 0x10000, 92, 0, 0, here, other, 34, sectors - 34, b"keel" * 4, entries,
              128, 128, zlib.crc32(table)]
    layout = "<8sIIIIQQQQ16sQIII"
    fields[3] = zlib.crc32(struct.pack(layout, *fields))
    return struct.pack(layout, *fields).ljust(512, b"\0")


def gpt_image(sectors=512):
    table = b"".join(
        struct.pack("<16s16sQQQ72s", b"type" * 4, bytes([i]) * 16, 40 + 64 * i, 40 + 64 * i + 63, 0,
                    f"part{i}".encode("utf-16-le")) for i in range(6)).ljust(128 * 128, b"\0")
    disk = bytearray(sectors * 512)
    disk[:512] = mbr_sector(mbr_entry(0xee, 1, sectors - 1))
    disk[512:1024] = gpt_header(1, sectors - 1, 2, table, sectors)
    disk[1024:1024 + len(table)] = table
    disk[-512 - len(table):-512] = table
    disk[-512:] = gpt_header(sectors - 1, 1, sectors - 33, table, sectors)
    return disk


SCRIPT = """
cd /
mkdir -p /m
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs -o size=80% tmp /tmp
/use OPTIONS /img/*
poweroff -f
"""


def fill(src):
    os.makedirs(f"{src}/d/e", exist_ok=True)
    with open(f"{src}/hello", "w") as f:
        f.write("hello\n")
    with open(f"{src}/d/big", "wb") as f:
        f.write(os.urandom(300000))
    for name in ("short", "x" * 90):
        link = f"{src}/link-{len(name)}"
        if not os.path.lexists(link):
            os.symlink(name, link)
    for i in range(100):
        with open(f"{src}/d/a-file-with-a-rather-long-name-{i}", "w") as f:
            f.write(str(i))


def make_images(args, folder):
    src = f"{args.out}/src"
    fill(src)
    for name, options in KINDS.items():
        subprocess.run(["mke2fs", "-q", "-F", *options, "-d", src, f"{folder}/{name}", "4M"],
                       check=True)
    for name, disk in (("part-mbr.img", mbr_image()), ("part-gpt.img", gpt_image())):
        with open(f"{folder}/{name}", "wb") as f:
            f.write(disk)
    if not shutil.which("mkfs.vfat") or not shutil.which("mcopy"):
        print("# no mkfs.vfat and mcopy: FAT is left out")
        return
    for name, options in FAT.items():
        image = f"{folder}/{name}"
        subprocess.run(["truncate", "-s", FAT_SIZE[name], image], check=True)
        subprocess.run(["mkfs.vfat", *options, image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["mcopy", "-i", image, "-s", f"{src}/hello", f"{src}/d", "::/"], check=True)
        subprocess.run(["gzip", "-f", image], check=True)


def build(args):
    flip, use, folder = f"{args.out}/flip", f"{args.out}/use", f"{args.out}/img"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    cc = "gcc" if args.arch == "x86_64" else "aarch64-linux-gnu-gcc"
    for program in (flip, use):
        source = os.path.join(TOP, "tests/disk", os.path.basename(program) + ".c")
        subprocess.run([cc, "-O2", "-static", "-Wall", "-o", program, source], check=True)
    options = f"-l {args.each} -T {args.limit}"
    if args.images:
        for name in sorted(os.listdir(args.images)):
            shutil.copy(os.path.join(args.images, name), folder)
    else:
        make_images(args, folder)
        options += f" -s {args.seed}-{args.seed + args.times - 1}"
    script = f"{args.out}/damage.sh"
    with open(script, "w") as f:
        f.write(SCRIPT.replace("OPTIONS", options))
    adds = ["--add", f"{flip}:/flip", "--add", f"{use}:/use", "--add", f"{script}:/damage.sh",
            "--add", f"{folder}:/img"]
    initrd = f"{args.out}/initrd.cpio"
    subprocess.run([sys.executable, mkinitramfs.__file__, "--arch", args.arch, *adds, initrd],
                   check=True)
    return initrd


WRONG = re.compile(r"Kernel panic|WARNING|BUG|KASAN|UBSAN|possible .* (dead)?lock|beyond end|"
                   r"^HANG|^DIED")


class Watch:
    """What the guest says, as it comes: a line of progress now and then."""

    def __init__(self):
        self.done, self.mounted, self.wrong, self.end, self.last = 0, 0, [], False, time.monotonic()
        self.trying = ""

    def line(self, text):
        if text.startswith("TRY "):
            self.trying = text[4:]
        elif text.startswith("DONE "):
            self.done += 1
            self.mounted += " mounted " in text
        elif text.startswith("END "):
            self.end = True
        elif WRONG.search(text):
            self.wrong.append(f"{self.trying}: {text}")
        if time.monotonic() - self.last >= 10:
            self.last = time.monotonic()
            print(f"# {self.done} uses, {self.mounted} mounted, now {self.trying}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--arch", default="x86_64", choices=["x86_64", "aarch64"])
    parser.add_argument("--times", type=int, default=20, help="seeds, each with every image")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--limit", type=int, default=240, help="seconds of the guest's for all")
    parser.add_argument("--each", type=int, default=60, help="seconds for one image")
    parser.add_argument("--images", help="a directory of images (.gz too), used as they are")
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--out", default="build/damage")
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    initrd, watch = build(args), Watch()
    print(f"KTAP version 1\n# seed {args.seed}\n1..1", flush=True)
    machine = ["qemu-system-x86_64", "-M", "pc", "-cpu", "max"] if args.arch == "x86_64" else [
        "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"]
    tty = "ttyS0" if args.arch == "x86_64" else "ttyAMA0"
    outcome = qemu.run_guest(machine + [
        "-m", "1024M", "-smp", str(args.smp), "-display", "none", "-serial", "stdio", "-monitor",
        "none", "-no-reboot", "-accel", "tcg", "-kernel", args.kernel, "-initrd", initrd,
        "-append", f"console={tty} panic=-1 rdinit=/bin/sh -- /damage.sh"],
        timeout=args.limit * 2 + args.each * 2 + 120, stall=args.each * 2 + 60,
        on_line=watch.line)
    with open(f"{args.out}/log", "w") as f:
        f.write(outcome.text)
    ok = watch.end and not watch.wrong and outcome.ok
    print(f"{'ok' if ok else 'not ok'} 1 {watch.done} uses of damaged images, "
          f"{watch.mounted} mounted, {outcome.seconds:.0f} s")
    if not ok:
        print("# " + "\n# ".join(watch.wrong[:20] + [outcome.reason()] +
                                 outcome.text.splitlines()[-20:]))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
