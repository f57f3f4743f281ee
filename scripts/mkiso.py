#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes a bootable ISO of an x86_64 kernel: GRUB (multiboot2) for BIOS and for UEFI firmware.

  mkiso.py --kernel build/pc/keel --out build/pc/keel.iso [--initrd FILE] [--append WORDS]

Without --initrd it holds Debian's BusyBox if scripts/setup has fetched it. GRUB and the kernel talk
to the first serial port.
"""
import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mkinitramfs

MODULES = ("normal multiboot2 boot iso9660 fat part_gpt part_msdos part_apple part_sun part_sunpc "
           "serial terminal all_video test")
GRUB_CFG = """\
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=0
{video}
menuentry Keel {{
	multiboot2 /boot/keel {append}
{module}}}
"""


def quote(word):
    return "'" + word + "'" if set(word) & set("\"$;&|<>(){}\\") else word


def stage(folder, args):
    """Fills folder with what the ISO holds besides GRUB itself."""
    os.makedirs(f"{folder}/boot/grub")
    subprocess.run(["objcopy", "--strip-debug", args.kernel, f"{folder}/boot/keel"], check=True)
    initrd = None
    if args.initrd:
        with open(args.initrd, "rb") as f:
            initrd = f.read()
    elif os.path.exists("build/rootfs/x86_64/bin/busybox"):
        initrd = mkinitramfs.build("x86_64")
    else:
        print("note: the ISO has no initramfs: scripts/setup fetches BusyBox", file=sys.stderr)
    if initrd is not None:
        with open(f"{folder}/boot/initrd.cpio", "wb") as f:
            f.write(initrd)
    append = " ".join(map(quote, f"console=ttyS0 {args.append}".split()))
    module = "\tmodule2 /boot/initrd.cpio\n" if initrd is not None else ""
    with open(f"{folder}/boot/grub/grub.cfg", "w") as f:
        f.write(GRUB_CFG.format(append=append, module=module,
                                video="insmod all_video\nset gfxpayload=1024x768x32,auto"
                                if args.screen else "set gfxpayload=text"))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd")
    parser.add_argument("--append", default=os.environ.get("APPEND", ""))
    parser.add_argument("--screen", action="store_true", help="a framebuffer instead of text mode")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keel-iso-") as folder:
        stage(folder, args)
        result = subprocess.run(
            ["grub-mkrescue", "-o", args.out, f"--install-modules={MODULES}", "--fonts=",
             "--themes=", "--locales=", folder],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode or not os.path.exists(args.out):
        sys.exit(f"{result.stdout}error: grub-mkrescue failed: has scripts/setup run?")


if __name__ == "__main__":
    main()
