# SPDX-License-Identifier: MIT
"""Real programs in a guest: make check-apps runs this, on the board that is built. A guest has
Debian's programs on an ext4 disk and those that we build in its initramfs; the programs judge
themselves, print `done` and end with status 0. What cannot be had is skipped with the reason.

ROUNDS (default 5): how often the Tokio program runs all its stages.
"""
import os
import re
import subprocess
import sys
import time

import pexpect
import pytest

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                os.path.dirname(os.path.abspath(__file__))]
import programs  # noqa: E402
from guests import TestBoard, boards, mkinitramfs, no_newline_translation, qemu  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS") or 5)
TIMEOUT = 300 + 10 * ROUNDS  # for a loaded machine
MEMORY = "1G"

# On the disk as root, with our programs at /apps.
INIT = mkinitramfs.RCS + """
mount -t ext4 /dev/vda /mnt || echo 'APP has no disk'
for d in dev proc sys tmp run apps; do mount --rbind /$d /mnt/$d; done
mkdir -p /mnt/dev/shm
mount -t tmpfs shm /mnt/dev/shm
ln -s /proc/self/fd /dev/fd
export PATH=/usr/bin:/bin:/usr/sbin:/sbin:/apps HOME=/root TERM=vt100 LANG=C.UTF-8 TMPDIR=/tmp
%s
echo "APP status $?"
sync
poweroff -f
"""


@pytest.fixture(params=boards(), scope="module")
def board(request):
    return TestBoard(request.param)


def have(get, *args):
    """A program, or the test is skipped with the reason why there is none."""
    try:
        return get(*args)
    except programs.Missing as missing:
        pytest.skip(str(missing))


def guest(board, command, paths, smp, on_terminal=False):
    """The guest that runs the command in the root of Debian's programs; as the session leader of
    the console if on_terminal."""
    disk = have(programs.debian_image, board.arch)
    line = "stty cols 100 rows 24; setsid -c" if on_terminal else "stty -onlcr;"
    init = (INIT % f"{line} chroot /mnt {command}").encode()
    adds = [(path, f"apps/{os.path.basename(path)}") for path in paths]
    initrd = mkinitramfs.build(board.arch, init, adds, busybox=True)
    return board.guest(initrd, smp=smp, mem=MEMORY, append="quiet", extra=[
        "-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}",
        "-device", "virtio-blk-pci,drive=disk"])


def judge(board, command, *paths, smp=4):
    """Runs the command; what it printed, when it ended with status 0."""
    outcome = qemu.run_guest(guest(board, command, paths, smp).command(), timeout=TIMEOUT,
                             stall=TIMEOUT / 2)
    lines = outcome.text.splitlines()
    if not outcome.ok or "APP status 0" not in lines:
        pytest.fail(outcome.explain(), pytrace=False)
    return lines


def ours(name):
    return os.path.join(programs.HERE, "programs", name)


def judge_parts(board, command, *paths, smp=4):
    lines = judge(board, command, *paths, smp=smp)
    assert "done" in lines and any(line.startswith("ok ") for line in lines), lines


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("libc", ["musl", "gnu"])
@pytest.mark.parametrize("crates", ["debian", "registry"])
def test_tokio(board, crates, libc, smp):
    program = have(programs.tokio, board.arch, libc, crates)
    judge_parts(board, f"tokio-app {ROUNDS}", program, smp=smp)


@pytest.mark.parametrize("smp", [1, 4])
def test_go(board, smp):
    judge_parts(board, "go-app 3", have(programs.go, board.arch), smp=smp)


@pytest.mark.parametrize("smp", [1, 4])
def test_python(board, smp):
    judge_parts(board, "python3 /apps/python_app.py", ours("python_app.py"), smp=smp)


@pytest.mark.parametrize("smp", [1, 4])
def test_node(board, smp):
    judge_parts(board, "node /apps/node_app.js", ours("node_app.js"), smp=smp)


def test_redis(board):
    judge_parts(board, "sh /apps/redis_app.sh", ours("redis_app.sh"))


def test_sqlite(board):
    judge_parts(board, "sh /apps/sqlite_app.sh", ours("sqlite_app.sh"))


@pytest.mark.parametrize("mode", ["-P", "-T", "-p -P", "-p -T"])
def test_hackbench(board, mode):
    lines = judge(board, f"hackbench -g 8 -l 20 {mode}")
    assert any(line.startswith("Time: ") for line in lines), lines


# ---- brush --------------------------------------------------------------------------------------


@pytest.mark.parametrize("smp", [1, 4])
def test_brush_script(board, smp):
    """The script prints what it prints on this machine."""
    brush, script = have(programs.brush, board.arch), ours("brush_script.sh")
    here = have(programs.brush, "x86_64")
    want = subprocess.run([here, "--norc", script], stdout=subprocess.PIPE, check=True, text=True,
                          stderr=subprocess.DEVNULL).stdout.splitlines()
    assert want[-2:] == ["end", "exit trap"]
    lines = judge(board, "sh -c 'brush --norc /apps/brush_script.sh 2>/dev/null'", brush, script,
                  smp=smp)
    first = lines.index(want[0])
    assert lines[first:first + len(want)] == want


class BrushShell:
    """A person at brush's prompt, on the serial line. Its line editor asks the terminal where the
    cursor is, again and again, and waits for the answer."""

    def __init__(self, board):
        brush = have(programs.brush, board.arch)
        machine = guest(board, "env PS1='brush> ' brush --norc --noprofile -i", [brush], 4,
                        on_terminal=True)
        argv = machine.command(serial="pty")
        self.child = pexpect.spawn(argv[0], argv[1:], timeout=90, encoding="utf-8", echo=False,
                                   codec_errors="replace", dimensions=(24, 100),
                                   preexec_fn=no_newline_translation)
        self.child.delaybeforesend = None
        self.prompt()

    def expect(self, pattern):
        while self.child.expect([r"\x1b\[6n", pattern]) == 0:
            self.child.send("\x1b[1;1R")

    def prompt(self):
        """Until the prompt is there and the editor ready for keys."""
        self.expect(r"brush> [^>]*\x1b\[\?25h")

    def type(self, keys, pattern):
        """Types a line; what comes must match the pattern, and then a prompt."""
        self.start(keys)
        self.expect(pattern)
        self.prompt()

    def start(self, keys):
        """Types a line and waits until brush has left its editor to run it. Key by key: the editor
        takes an ESC at the end of what a read gave it for a key, so our answers to its questions
        must not follow keys in the serial line's FIFO."""
        for key in re.findall(r"\x1b\[\w|[^\x1b]", keys):
            self.child.send(key)
            self.expect(r"\x1b\[\?25h")
        self.child.send("\r")
        self.expect(r"\x1b\[\?2004l")


@pytest.fixture
def brush_shell(board):
    shell = BrushShell(board)
    yield shell
    shell.child.close(force=True)


def test_brush_session(brush_shell):
    sh = brush_shell
    sh.type("echo $((6 * 7))-$(echo sub)", "42-sub\r\n")
    sh.type("seq 100 | grep 1 | wc -l; echo piped", "20\r\npiped\r\n")
    # Editing: the cursor left twice, and the letter before it taken away; a line from the history.
    sh.type("echo helXlo\x1b[D\x1b[D\x7f", "hello\r\n")
    sh.type("\x1b[A", "hello\r\n")
    # Job control
    sh.start("sleep 1000")
    time.sleep(1)
    sh.child.send("\x1a")
    sh.expect(r"\[1\]\+ +Stopped")
    sh.prompt()
    sh.type("jobs", r"\[1\]\+ +Stopped\s+sleep 1000")
    sh.type("kill %1; fg; echo gone", "gone\r\n")
    sh.start("cat")
    time.sleep(1)
    sh.child.send("\x03")
    sh.prompt()
    sh.type("echo status $?", "status 130\r\n")
    sh.start("exit 3")
    sh.expect("APP status 3\r\n")
