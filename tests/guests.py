# SPDX-License-Identifier: MIT
"""Guests for tests in Python: the boards that are built, a run to its end, a shell on the serial
line. KEEL_BOARDS='pc=build/pc virt=build/virt' says which kernels (default: those in build/).
"""
import hashlib
import os
import re
import shlex
import sys
import termios
import time

import pexpect
import pytest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.chdir(TOP)
sys.path.insert(0, os.path.join(TOP, "scripts"))
import mkinitramfs  # noqa: E402
import qemu  # noqa: E402

BOOT_TIMEOUT = 60  # for a loaded machine; a boot takes two or three seconds
COMMAND_TIMEOUT = 30
SETTLE = 0.5
PROMPT = "keel-test> "
# BusyBox asks the terminal for the cursor's place after a prompt.
PROMPT_AT_END = PROMPT + r"(\x1b\[6n)?$"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def boards():
    text = os.environ.get("KEEL_BOARDS") or " ".join(
        f"{b.name}=build/{b.name}" for b in qemu.all_boards()
        if os.path.exists(f"build/{b.name}/{b.image}"))
    # One string for each name: pytest keeps a module's fixtures while the parameter is the same.
    return {sys.intern(name): build for name, build in
            (item.split("=", 1) for item in text.split())}


class TestBoard:
    """A board and the directory its kernel was built in."""
    __test__ = False

    def __init__(self, name):
        self.build = boards()[name]
        self.board = qemu.Board.named(name)
        self.name, self.arch = name, self.board.arch
        self.kernel = f"{self.build}/{self.board.image}"

    def initrd(self, data):
        """Bytes as a file that stays, so that a failed run can be repeated."""
        folder = f"{self.build}/initrds"
        os.makedirs(folder, exist_ok=True)
        path = f"{folder}/{hashlib.sha1(data).hexdigest()[:16]}"
        if not os.path.exists(path):
            with open(f"{path}.{os.getpid()}", "wb") as f:
                f.write(data)
            os.rename(f"{path}.{os.getpid()}", path)
        return path

    def busybox(self, adds=()):
        return mkinitramfs.build(self.arch, adds=adds)

    def guest(self, initrd=None, append="", **kwargs):
        """initrd: bytes (default: BusyBox)."""
        path = self.initrd(self.busybox() if initrd is None else initrd)
        return qemu.Guest(self.board, self.kernel, path, append=f"panic=-1 {append}", **kwargs)

    def run(self, initrd=None, append="", stop=None, **kwargs):
        """Runs a guest to its end, without input."""
        argv = self.guest(initrd, append, **kwargs).command()
        return qemu.run_guest(argv, timeout=BOOT_TIMEOUT, stall=BOOT_TIMEOUT / 2, stop=stop)


def no_newline_translation():
    """The guest's terminal makes CR LF of LF; ours must not do it again."""
    attributes = termios.tcgetattr(1)
    attributes[1] &= ~termios.ONLCR
    termios.tcsetattr(1, termios.TCSANOW, attributes)


class Shell:
    """A shell on the serial line of a guest."""

    def __init__(self, guest, boot_timeout=BOOT_TIMEOUT):
        self.argv = guest.command(serial="pty")
        self.child = pexpect.spawn(self.argv[0], self.argv[1:], timeout=COMMAND_TIMEOUT,
                                   encoding="utf-8", codec_errors="replace", dimensions=(24, 200),
                                   echo=False, preexec_fn=no_newline_translation)
        self.child.delaybeforesend = None
        self.log = []
        self.child.logfile_read = self
        self.expect(r"[#$] (\x1b\[6n)?$", boot_timeout)
        self.child.sendline(f"PS1='{PROMPT}'")
        self.expect(PROMPT_AT_END)

    def write(self, text):
        self.log.append(text)

    def flush(self):
        pass

    def explain(self):
        tail = "".join(self.log).replace("\r", "").splitlines()[-40:]
        return "\n".join(tail) + f"\n  repeat: {shlex.join(self.argv)}"

    def expect(self, pattern, timeout=COMMAND_TIMEOUT):
        """Waits for the pattern; fails with what the guest printed last."""
        try:
            self.child.expect(pattern, timeout=timeout)
        except pexpect.TIMEOUT:
            pytest.fail(f"no {pattern!r} within {timeout} s:\n{self.explain()}", pytrace=False)
        except pexpect.EOF:
            pytest.fail(f"QEMU ended before {pattern!r}:\n{self.explain()}", pytrace=False)
        return self.child.match

    def send(self, line):
        self.child.sendline(line)

    def control(self, letter):
        self.child.sendcontrol(letter)

    def run(self, command, timeout=COMMAND_TIMEOUT):
        """Runs a command (one line); returns its output (without CR) and exit status."""
        # Quotes keep the markers out of the echo of the line itself.
        self.send(f'echo "@""@"; {command}; echo "status"=$?')
        self.expect(r"@@\r\n([\s\S]*?)status=(\d+)\r\n", timeout)
        text, status = self.child.match[1], int(self.child.match[2])
        self.wait_prompt()
        return ESCAPES.sub("", text).replace("\r", ""), status

    def begin(self, command):
        """Starts a command in the foreground and gives it time to set up its terminal."""
        self.send(f'echo "@""@"; {command}')
        self.expect(r"@@\r\n")
        time.sleep(SETTLE)

    def output(self, command, timeout=COMMAND_TIMEOUT):
        """The output of a command that must succeed."""
        text, status = self.run(command, timeout)
        assert status == 0, f"{command!r}: status {status}\n{self.explain()}"
        return text.rstrip("\n")

    def wait_prompt(self, timeout=COMMAND_TIMEOUT):
        self.expect(PROMPT_AT_END, timeout)

    def at_end(self, timeout=COMMAND_TIMEOUT):
        """Waits for QEMU to end; returns its exit status."""
        self.child.expect(pexpect.EOF, timeout=timeout)
        self.child.close()
        return self.child.exitstatus

    def close(self):
        self.child.close(force=True)
