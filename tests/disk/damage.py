#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mounts damaged ext4 images in a guest, reads and changes them: make check-damage [N=] [SEED=].

Every image is refused or mounted, with errors for who uses it; the guest must not panic, warn or
hang, whatever the bytes. Images with and without metadata checksums, so that damage also gets past
them. Prints KTAP.
"""
import argparse
import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import mkinitramfs  # noqa: E402

KINDS = {
    "csum.img": ["-t", "ext4", "-b", "1024"],
    "plain.img": ["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit"],
    "nojournal.img": ["-t", "ext4", "-b", "4096", "-O", "^metadata_csum,^has_journal"],
    "ext2.img": ["-t", "ext2", "-b", "1024"],
}

SCRIPT = r"""
cd /
mkdir -p /m
s=FIRST
while [ $s -lt LAST ]; do
  for k in KINDS; do
    cp /$k /tmp/x.img
    /flip /tmp/x.img $s
    mode=rw; [ $((s % 3)) = 0 ] && mode=ro
    if mount -t ext4 -o loop,$mode /tmp/x.img /m 2>/dev/null; then
      ls -lR /m >/dev/null 2>&1
      # A file's size may be anything now.
      find /m -type f -size -1000k -exec cat {} + >/dev/null 2>&1
      find /m -type l -exec readlink {} + >/dev/null 2>&1
      if [ $mode = rw ]; then
        echo new >/m/new 2>/dev/null
        mkdir /m/nd 2>/dev/null
        cp -r /m/d /m/copy 2>/dev/null
        mv /m/hello /m/nd/ 2>/dev/null
        truncate -s 100 /m/d/big 2>/dev/null
        rm -rf /m/d 2>/dev/null
        dd if=/dev/zero of=/m/zero bs=64k count=20 2>/dev/null
        sync
      fi
      umount /m 2>/dev/null || umount -l /m
      echo "DONE $k $s mounted"
    else
      echo "DONE $k $s refused"
    fi
  done
  s=$((s + 1))
done
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
    for i in range(150):
        with open(f"{src}/d/a-file-with-a-rather-long-name-{i}", "w") as f:
            f.write(str(i))


def build(args):
    src = f"{args.out}/src"
    fill(src)
    flip = f"{args.out}/flip"
    cc = "gcc" if args.arch == "x86_64" else "aarch64-linux-gnu-gcc"
    subprocess.run([cc, "-O2", "-static", "-Wall", "-o", flip,
                    os.path.join(TOP, "tests/disk/flip.c")], check=True)
    script = f"{args.out}/damage.sh"
    with open(script, "w") as f:
        f.write(SCRIPT.replace("FIRST", str(args.seed)).replace(
            "LAST", str(args.seed + args.times)).replace("KINDS", " ".join(KINDS)))
    adds = ["--add", f"{flip}:/flip", "--add", f"{script}:/damage.sh"]
    for name, options in KINDS.items():
        image = f"{args.out}/{name}"
        if os.path.exists(image):
            os.unlink(image)
        subprocess.run(["mke2fs", "-q", "-F", *options, "-d", src, image, "4M"], check=True)
        adds += ["--add", f"{image}:/{name}"]
    initrd = f"{args.out}/initrd.cpio"
    subprocess.run([sys.executable, mkinitramfs.__file__, "--arch", args.arch, *adds, initrd],
                   check=True)
    return initrd


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--arch", default="x86_64", choices=["x86_64", "aarch64"])
    parser.add_argument("--times", type=int, default=20, help="seeds, four images each")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--limit", type=int, default=600, help="seconds for all")
    parser.add_argument("--out", default="build/damage")
    args = parser.parse_args()
    args.out = os.path.abspath(args.out)
    os.makedirs(args.out, exist_ok=True)
    initrd, log = build(args), f"{args.out}/log"
    machine = ["qemu-system-x86_64", "-M", "pc", "-cpu", "max"] if args.arch == "x86_64" else [
        "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"]
    tty = "ttyS0" if args.arch == "x86_64" else "ttyAMA0"
    with open(log, "wb") as out:
        p = subprocess.Popen(machine + [
            "-m", "512M", "-smp", "2", "-display", "none", "-serial", "stdio", "-monitor", "none",
            "-no-reboot", "-accel", "tcg", "-kernel", args.kernel, "-initrd", initrd, "-append",
            f"console={tty} panic=-1 rdinit=/bin/sh -- /damage.sh"], stdout=out,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            p.wait(args.limit)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
    with open(log, errors="replace") as f:
        text = f.read()
    done = [line for line in text.splitlines() if line.startswith("DONE ")]
    want = args.times * len(KINDS)
    wrong = [line for line in text.splitlines()
             if any(w in line for w in ("Kernel panic", "WARNING", "BUG", "possible"))]
    ok = len(done) == want and not wrong
    mounted = sum("mounted" in line for line in done)
    print(f"KTAP version 1\n# seed {args.seed}\n1..1")
    print(f"{'ok' if ok else 'not ok'} 1 {len(done)} of {want} damaged images, {mounted} mounted")
    if not ok:
        print("# " + "\n# ".join(wrong[:5] + text.splitlines()[-30:]))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
