#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes a minimal Debian 12 root file system as an ext4 image: make run ROOTFS=debian.

  mkdebian.py --arch x86_64 OUT.ext4        packages are kept in build/rootfs/debian-<arch>/

Packages and what they depend on are chosen and fetched by the host's apt-get with a configuration
and lists of our own, and unpacked: nothing of them runs, so any architecture will do, and neither
the host's packages nor its apt are touched. What their scripts would have set up is written as
files here. Without root the whole of it runs under fakeroot. root has no password.
"""
import argparse
import glob
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}
CONSOLES = {"x86_64": "ttyS0", "aarch64": "ttyAMA0"}
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
PACKAGES = """
base-files base-passwd bash coreutils util-linux util-linux-extra mount login passwd procps psmisc
less vim-tiny sysvinit-core grep sed mawk findutils hostname ncurses-base ncurses-bin libc-bin dash
tar gzip debianutils diffutils e2fsprogs
""".split()
NOT_UNPACKED = ["./usr/share/doc", "./usr/share/man", "./usr/share/info", "./usr/share/locale",
                "./usr/share/lintian", "./usr/share/bug"]

INITTAB = """id:2:initdefault:
si::sysinit:/etc/init.d/rcS
l0:0:wait:/etc/init.d/halt poweroff
l1:S:wait:/sbin/sulogin
l6:6:wait:/etc/init.d/halt reboot
ca:12345:ctrlaltdel:/sbin/shutdown -t1 -a -r now
1:2345:respawn:/sbin/agetty --noclear {console} 115200 xterm
"""

RCS = """#!/bin/sh
PATH=/usr/sbin:/usr/bin
mountpoint -q /proc || mount -n -t proc proc /proc
mountpoint -q /sys || mount -n -t sysfs sysfs /sys
mountpoint -q /dev || mount -n -t devtmpfs udev /dev
mkdir -p /dev/pts /dev/shm
mount -n -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -n -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
mount -n -t tmpfs -o nosuid,nodev tmpfs /dev/shm
mkdir -p /run/lock
: >/run/utmp
ln -sf /proc/self/fd /dev/fd
mount -o remount,rw /
mount -a
hostname -F /etc/hostname
"""

HALT = """#!/bin/sh
PATH=/usr/sbin:/usr/bin
killall5 -15
for i in 1 2 3 4 5 6 7 8 9 10; do
	killall5 -18 || break
	sleep 0.1
done
killall5 -9
sync
umount -a -r -t nodevtmpfs,noproc,nosysfs,nodevpts,notmpfs 2>/dev/null
mount -n -o remount,ro /
case $1 in
poweroff) exec halt -d -f -p ;;
*) exec reboot -d -f ;;
esac
"""

FILES = {
    "etc/fstab": "/dev/vda / ext4 defaults,errors=remount-ro 0 1\n"
                 "tmpfs /tmp tmpfs nosuid,nodev 0 0\n",
    "etc/hostname": "keel\n",
    "etc/hosts": "127.0.0.1\tlocalhost keel\n",
    "etc/shells": "/bin/sh\n/bin/bash\n/usr/bin/bash\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
    "etc/environment": "",
    "etc/default/locale": "LANG=C.UTF-8\n",
    "etc/pam.d/common-auth": "auth sufficient pam_unix.so nullok\nauth required pam_deny.so\n",
    "etc/pam.d/common-account": "account required pam_unix.so\n",
    "etc/pam.d/common-password": "password required pam_unix.so yescrypt\n",
    "etc/pam.d/common-session": "session required pam_unix.so\n",
    "etc/pam.d/common-session-noninteractive": "session required pam_unix.so\n",
    "etc/vim/vimrc.tiny": "set nocompatible\n",
    "etc/profile.d/keel.sh": "export LANG=C.UTF-8\nexport EDITOR=vi\n"
                             "[ -z \"$PS1\" ] || eval \"$(dircolors -b)\"\n",
    "root/.bashrc": "PS1='\\u@\\h:\\w\\$ '\nalias ls='ls --color=auto'\nalias ll='ls -l'\n",
    "root/.profile": "[ -f ~/.bashrc ] && . ~/.bashrc\nmesg n 2>/dev/null || true\n",
}

LINKS = {
    "usr/bin/vi": "vim.tiny", "usr/bin/vim": "vim.tiny", "usr/bin/awk": "mawk",
    "usr/bin/pager": "less", "usr/bin/editor": "vim.tiny", "usr/bin/sh": "dash",
    "etc/mtab": "../proc/self/mounts", "var/run": "../run", "var/lock": "../run/lock",
}


def run(*argv, **kwargs):
    subprocess.run(argv, check=True, **kwargs)


def fetch(arch, work):
    """The .deb files, fetched once."""
    archives = f"{work}/cache/archives"
    have = f"{work}/packages"
    wanted = " ".join(PACKAGES)
    if os.path.exists(have) and open(have).read() == wanted:
        return sorted(glob.glob(f"{archives}/*.deb"))
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/preferences.d"):
        os.makedirs(f"{work}/{folder}", exist_ok=True)
    open(f"{work}/state/status", "w").close()
    with open(f"{work}/etc/sources.list", "w") as f:
        f.write(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {MIRROR} "
                "bookworm main\n")
    own = ["apt-get", "-qq"]
    for option in (f"APT::Architecture={DEBIAN[arch]}", f"APT::Architectures={DEBIAN[arch]}",
                   f"Dir::State={work}/state", f"Dir::State::status={work}/state/status",
                   f"Dir::Cache={work}/cache", f"Dir::Etc={work}/etc",
                   f"Dir::Etc::sourcelist={work}/etc/sources.list",
                   "Dir::Etc::trusted=/etc/apt/trusted.gpg",
                   "Dir::Etc::trustedparts=/etc/apt/trusted.gpg.d", "Dir::Etc::sourceparts=-",
                   "APT::Sandbox::User=", "Acquire::Languages=none", "Acquire::Retries=3",
                   "APT::Install-Recommends=false", "Debug::NoLocking=true"):
        own += ["-o", option]
    print(f"fetching Debian packages for {DEBIAN[arch]} into {work}", flush=True)
    run(*own, "update")
    run(*own, "--download-only", "--yes", "install", *PACKAGES)
    with open(have, "w") as f:
        f.write(wanted)
    return sorted(glob.glob(f"{archives}/*.deb"))


def unpack(debs, root):
    """Directories of the merged /usr first; packages then unpack through the links."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(f"{root}/usr/{name}", exist_ok=True)
        os.symlink(f"usr/{name}", f"{root}/{name}")
    excludes = [f"--exclude={p}/*" for p in NOT_UNPACKED]
    for deb in debs:
        data = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
        run("tar", "-x", "-p", "--keep-directory-symlink", *excludes, "-C", root,
            stdin=data.stdout)
        if data.wait():
            sys.exit(f"error: {deb} cannot be unpacked")


def write(root, name, text, mode=0o644):
    path = f"{root}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # A package's link may lead out of the new root: it is replaced, never followed.
    if not os.path.realpath(os.path.dirname(path)).startswith(os.path.realpath(root)):
        sys.exit(f"error: {name} is not inside the new root")
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def configure(arch, root):
    """What the packages' scripts would do."""
    for name, text in FILES.items():
        write(root, name, text)
    write(root, "etc/inittab", INITTAB.format(console=CONSOLES[arch]))
    write(root, "etc/init.d/rcS", RCS, 0o755)
    write(root, "etc/init.d/halt", HALT, 0o755)
    for name, target in LINKS.items():
        path = f"{root}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)
    share = f"{root}/usr/share"
    with open(f"{share}/base-passwd/passwd.master") as f:
        passwd = f.read().replace("root:*:", "root:x:").replace(":*:", ":x:")
    write(root, "etc/passwd", passwd)
    with open(f"{share}/base-passwd/group.master") as f:
        write(root, "etc/group", f.read())
    shadow = "".join(f"{line.split(':')[0]}:{'' if line.startswith('root:') else '*'}"
                     ":19000:0:99999:7:::\n" for line in passwd.splitlines())
    write(root, "etc/shadow", shadow, 0o640)
    with open(f"{share}/base-files/profile") as f:
        write(root, "etc/profile", f.read())
    for folder, mode in (("root", 0o700), ("tmp", 0o1777), ("var/tmp", 0o1777), ("proc", 0o555),
                         ("sys", 0o555), ("dev", 0o755), ("run", 0o755), ("mnt", 0o755)):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
        os.chmod(f"{root}/{folder}", mode)
    for log in ("wtmp", "btmp", "lastlog"):
        write(root, f"var/log/{log}", "")
    # agetty and init open the console before anything is mounted, should the kernel not do it.
    for name, major, minor in (("console", 5, 1), ("null", 1, 3)):
        try:
            os.mknod(f"{root}/dev/{name}", 0o20600, os.makedev(major, minor))
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=DEBIAN, required=True)
    parser.add_argument("--size", default="512M")
    parser.add_argument("out")
    args = parser.parse_args()
    if os.geteuid() != 0 and "FAKEROOTKEY" not in os.environ:
        fakeroot = shutil.which("fakeroot")
        if not fakeroot:
            sys.exit("error: run this as root, or install fakeroot")
        os.execv(fakeroot, [fakeroot, sys.executable, *sys.argv])
    out = os.path.abspath(args.out)
    work = os.path.abspath(f"{TOP}/build/rootfs/debian-{args.arch}")
    debs = fetch(args.arch, work)
    root = f"{work}/root"
    unpack(debs, root)
    configure(args.arch, root)
    part = f"{out}.part"
    if os.path.exists(part):
        os.unlink(part)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-L", "keel-root", "-d", root, part, args.size)
    os.rename(part, out)
    shutil.rmtree(root)


if __name__ == "__main__":
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    main()
