#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes an initramfs: a newc cpio archive, the same bytes for the same input.

  mkinitramfs.py --arch x86_64 OUT            Debian's BusyBox: /init, applets, /etc, device nodes
  mkinitramfs.py --arch x86_64 --init FILE OUT    FILE as /init, and device nodes only

  --add SRC:DEST     a further file (or a directory with all below it), mode as on the host
  --gzip             compressed

Times are 0, owners root, order as added, inode numbers counted; nothing depends on the machine.
"""
import argparse
import gzip
import os
import stat
import sys

CONSOLES = {"x86_64": ("ttyS0", 4, 64), "aarch64": ("ttyAMA0", 204, 64)}

RCS = """#!/bin/sh
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mkdir /mnt/share && mount -t 9p -o trans=virtio share /mnt/share 2>/dev/null || rmdir /mnt/share
hostname keel
"""

INITTAB = """::sysinit:/etc/init.d/rcS
{console}::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
::shutdown:/bin/umount -a -r
"""

ETC = {
    "passwd": "root::0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1\tlocalhost\n",
    "hostname": "keel\n",
    "profile": "export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=${TERM:-vt100}\n"
               "export PS1='\\w \\$ '\n",
    "shells": "/bin/sh\n",
    "fstab": "",
}


class Cpio:
    """A newc archive in memory. Names are without a leading slash; directories above them are
    added when they have not been."""

    def __init__(self):
        self.data, self.inode, self.folders = bytearray(), 0, set()

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        raw = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (self.inode, mode, 0, 0, links, 0, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0)
        self.data += b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        self._pad()
        self.data += data
        self._pad()

    def _pad(self):
        self.data += b"\0" * (-len(self.data) % 4)

    def directory(self, name, mode=0o755):
        if name not in self.folders:
            self._parents(name)
            self.folders.add(name)
            self.add(name, stat.S_IFDIR | mode)

    def _parents(self, name):
        if "/" in name:
            self.directory(name.rpartition("/")[0])

    def file(self, name, data, mode=0o644):
        self._parents(name)
        self.add(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        self._parents(name)
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor, mode=0o600, kind=stat.S_IFCHR):
        self._parents(name)
        self.add(name, kind | mode, rdev=(major, minor))

    def tree(self, source, name):
        """A host file, symlink or directory with all below it."""
        st = os.lstat(source)
        if stat.S_ISLNK(st.st_mode):
            self.symlink(name, os.readlink(source))
        elif stat.S_ISDIR(st.st_mode):
            self.directory(name, st.st_mode & 0o777)
            for child in sorted(os.listdir(source)):
                self.tree(os.path.join(source, child), f"{name}/{child}")
        else:
            with open(source, "rb") as f:
                self.file(name, f.read(), st.st_mode & 0o777)

    def finish(self):
        """The archive's bytes, with its trailer."""
        self.inode = -1
        self.add("TRAILER!!!", 0)
        self.data += b"\0" * (-len(self.data) % 512)
        return bytes(self.data)


def device_nodes(cpio, arch):
    cpio.directory("dev")
    cpio.device("dev/console", 5, 1)
    cpio.device("dev/tty", 5, 0, 0o666)
    cpio.device("dev/null", 1, 3, 0o666)
    cpio.device("dev/zero", 1, 5, 0o666)
    name, major, minor = CONSOLES[arch]
    cpio.device("dev/" + name, major, minor)


def applets(busybox):
    """The applets' names, from the table inside the program: it need not run on this machine."""
    start = busybox.find(b"\0[\0[[\0")
    if start < 0:
        sys.exit("error: no applet table in busybox")
    end = busybox.index(b"\0\0", start + 1)
    return [n.decode() for n in busybox[start + 1:end].split(b"\0")]


def busybox_of(arch):
    path = f"build/rootfs/{arch}/bin/busybox"
    if not os.path.exists(path):
        sys.exit(f"error: {path} is not there: run scripts/setup")
    with open(path, "rb") as f:
        return f.read()


def busybox_root(cpio, arch, init=None):
    """A root of Debian's BusyBox: applets in /bin; /init is BusyBox init with a shell on the
    console, or the given bytes of a program or script."""
    busybox = busybox_of(arch)
    for name in ("bin", "etc", "etc/init.d", "proc", "sys", "root", "run", "usr", "var", "mnt"):
        cpio.directory(name)
    cpio.directory("tmp", 0o1777)
    for name, target in (("sbin", "bin"), ("usr/bin", "../bin"), ("usr/sbin", "../bin")):
        cpio.symlink(name, target)
    cpio.file("bin/busybox", busybox, 0o755)
    for name in applets(busybox):
        if name != "busybox":
            cpio.symlink("bin/" + name, "busybox")
    for name, text in ETC.items():
        cpio.file("etc/" + name, text.encode())
    cpio.file("etc/inittab", INITTAB.format(console=CONSOLES[arch][0]).encode())
    cpio.file("etc/init.d/rcS", RCS.encode(), 0o755)
    if init:
        cpio.file("init", init, 0o755)
    else:
        cpio.symlink("init", "bin/busybox")


def build(arch, init=None, adds=(), busybox=None):
    """The archive for arch: BusyBox, with init (bytes of a program) as /init if given; without
    BusyBox if only init is given and busybox is not true. adds: [(source, name)]."""
    cpio = Cpio()
    device_nodes(cpio, arch)
    if init is None or busybox:
        busybox_root(cpio, arch, init)
    else:
        cpio.file("init", init, 0o755)
    for source, name in adds:
        cpio.tree(source, name)
    return cpio.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=CONSOLES, required=True)
    parser.add_argument("--init")
    parser.add_argument("--add", action="append", default=[], metavar="SRC:DEST")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("out")
    args = parser.parse_args()
    init = open(args.init, "rb").read() if args.init else None
    adds = [a.split(":", 1) if ":" in a else (a, os.path.basename(a)) for a in args.add]
    data = build(args.arch, init, [(source, name.lstrip("/")) for source, name in adds])
    if args.gzip:
        data = gzip.compress(data, mtime=0)
    os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
    with open(args.out, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    main()
