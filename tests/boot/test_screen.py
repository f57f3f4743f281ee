# SPDX-License-Identifier: MIT
"""A person at the screen: what the console draws is read back from pictures of it."""
import subprocess

import pytest

import mkinitramfs
from screen import Screen

INIT = b"""#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
export TERM=linux PS1='screen> '
exec setsid -c sh -i </dev/tty1 >/dev/tty1 2>&1
"""


def archive(board):
    cpio = mkinitramfs.Cpio()
    mkinitramfs.device_nodes(cpio, board.arch)
    mkinitramfs.busybox_root(cpio, board.arch, init=INIT)
    return cpio.finish()


class Machine:
    """A guest with a screen and a keyboard."""

    def __init__(self, board, folder, uefi=False):
        self.screen = Screen(folder / "qmp")
        initrd = archive(board)
        if board.name == "pc":
            iso = folder / "screen.iso"
            subprocess.run(["/usr/bin/python3", "scripts/mkiso.py", "--kernel", board.kernel,
                            "--initrd", board.initrd(initrd), "--append", "console=tty0 panic=-1",
                            "--screen", "--out", iso], check=True)
            guest = board.guest(smp=2, iso=str(iso), uefi=uefi, extra=self.screen.options())
        else:
            guest = board.guest(initrd, "console=tty0", smp=2, extra=self.screen.options() + [
                "-device", "ramfb", "-device", "virtio-keyboard-pci"])
        with open(folder / "serial", "wb") as log:
            self.process = subprocess.Popen(guest.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT)

    def __enter__(self):
        self.screen.connect()
        return self.screen

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@pytest.mark.parametrize("uefi", [False, True], ids=["", "uefi"])
def test_screen(board, uefi, tmp_path):
    """Keys typed become commands, and the picture shows what they print."""
    if uefi and board.name != "pc":
        pytest.skip("only the PC has two ways to a screen")
    with Machine(board, tmp_path, uefi) as screen:
        screen.wait_for("^screen>", timeout=120)
        screen.type("echo 'Hello, World!' $((6 * 7)) | tr a-z A-Z\n")
        screen.wait_for("^HELLO, WORLD! 42$")
        screen.type("stty size; tty\n")
        size = screen.wait_for(r"^(\d+) (\d+)$")
        picture = screen.picture()
        assert (int(size[1]), int(size[2])) == (picture.height // 16, picture.width // 8)
        screen.wait_for("^/dev/tty1$")
        # An interrupt from the keyboard, and the line editor's arrows.
        screen.type("sleep 1000\n")
        screen.press("ctrl", "c")
        screen.type("echo bc")
        screen.press("left")
        screen.press("left")
        screen.type("a\n")
        screen.wait_for("^abc$")
        # Scrolled away, and back.
        screen.type("clear; seq 300\n")
        screen.wait_for("^300$")
        for _ in range(4):
            screen.press("shift", "pgup")
        screen.wait_for("^220$")
        screen.type("printf '\\033[2J\\033[5;10H\\033[31mred\\033[0m\\033[7;1H'\n")
        screen.wait_for("^ {9}red$")
        _, ink, back = screen.picture().cell(9, 4)
        assert ink == bytes([0xaa, 0, 0]) and back == bytes(3)
