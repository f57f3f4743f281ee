# SPDX-License-Identifier: MIT
"""Debian's own dynamic programs as a person uses them: make run ROOTFS=debian, on a disk.

The packages are fetched once (scripts/mkdebian.py); without them and without a network: skipped.
"""
import os
import re
import shutil
import subprocess
import sys

import pexpect
import pytest
from guests import Shell, no_newline_translation

BOOT = 180


@pytest.fixture(scope="module")
def disk(board, tmp_path_factory):
    """A fresh copy of the image."""
    made = f"{board.build}/debian.ext4"
    if not os.path.exists(made):
        argv = [sys.executable, "scripts/mkdebian.py", "--arch", board.arch, made]
        if subprocess.run(argv, check=False).returncode:
            pytest.skip("Debian's packages cannot be fetched")
    path = f"{tmp_path_factory.mktemp('debian')}/disk.ext4"
    subprocess.run(["cp", "--sparse=always", made, path], check=True)
    yield path
    os.unlink(path)


class DebianShell(Shell):
    """Logs in first. Bash asks nothing of the terminal after a prompt."""

    def __init__(self, guest):
        self.argv = guest.command(serial="pty")
        self.child = pexpect.spawn(self.argv[0], self.argv[1:], timeout=60, encoding="utf-8",
                                   codec_errors="replace", dimensions=(24, 200), echo=False,
                                   preexec_fn=no_newline_translation)
        self.child.delaybeforesend = None
        self.log = []
        self.child.logfile_read = self
        self.expect("login: ", BOOT)
        self.send("root")
        self.expect(r"root@keel:~# ", BOOT)
        self.send("bind 'set enable-bracketed-paste off'; PS1='keel-test''> '; "
                  "stty rows 24 cols 100")
        self.wait_prompt()


@pytest.fixture(scope="module")
def deb(board, disk):
    import qemu
    guest = qemu.Guest(board.board, board.kernel, smp=2, mem="512M", append="panic=-1")
    qemu.use_disk_root(guest, disk)
    shell = DebianShell(guest)
    yield shell
    shell.close()


def test_login_shell(deb):
    assert deb.output("tty") == f"/dev/{'ttyS0' if 'x86_64' in deb.argv[0] else 'ttyAMA0'}"
    assert deb.output("echo $0; whoami") == "-bash\nroot"
    assert "libc.so.6" in deb.output("cat /proc/$$/maps")
    assert deb.output("grep -c . /etc/debian_version") == "1"


def test_ps(deb):
    text = deb.output("ps aux")
    assert "init [2]" in text and "-bash" in text
    assert deb.output("ps -o pid,ppid,stat,tty,comm -p $$ | tail -1").split()[-1] == "bash"
    assert "PSR" in deb.output("ps -eLo pid,lwp,psr,cls,pri,wchan:20,cgroup,comm | head -1")
    assert deb.output("pgrep -x init") == "1"


def test_top(deb):
    text = deb.output("TERM=xterm top -b -n 1 | head -12")
    assert "load average" in text and "Tasks:" in text and "PID USER" in text
    assert deb.run("vmstat 1 2 && uptime && w && slabtop -o | head -3 && pmap $$ | tail -1")[1] == 0


def test_colours(deb):
    deb.send('echo "@""@"; ls --color=always -d /etc; echo "status"=$?')
    deb.expect(r"@@\r\n.*\x1b\[01;34m/etc")
    deb.wait_prompt()


def test_disks(deb):
    df = deb.output("df -hT /")
    assert re.search(r"^/dev/(root|vda) +ext4", df, re.M)
    assert "/dev/vda on / type ext4 (rw" in deb.output("mount")
    assert "vda" in deb.output("lsblk") and "/" in deb.output("lsblk -no MOUNTPOINTS /dev/vda")
    assert deb.output("findmnt -no FSTYPE /") == "ext4"
    assert int(deb.output("free -m | awk '/^Mem/ {print $2}'")) > 300


def test_job_control(deb):
    deb.begin("sleep 100")
    deb.control("z")
    deb.expect(r"Stopped +sleep 100")
    deb.wait_prompt()
    assert "Stopped" in deb.output("jobs")
    deb.send("bg")
    deb.wait_prompt()
    assert "Running" in deb.output("jobs")
    deb.send("fg")
    deb.expect("sleep 100\r\n")
    deb.control("c")
    deb.wait_prompt()
    assert deb.output("jobs") == ""


def test_history(deb):
    deb.output("echo first-of-all")
    deb.send("\x1b[A")
    deb.expect("first-of-all")
    deb.wait_prompt()
    deb.child.send("\x12first-of")
    deb.expect("first-of-all")
    deb.child.send("\r")
    deb.wait_prompt()
    assert "first-of-all" in deb.output("history | tail -20")


def test_less(deb):
    deb.begin("seq 1 500 | TERM=xterm less")
    deb.child.send("G")
    deb.expect("500")
    deb.child.send("q")
    deb.wait_prompt()


def test_vim(deb):
    deb.begin("TERM=xterm vi /root/note")
    deb.child.send("ione line\rtwo lines\x1b")
    deb.child.send("yyp:wq\r")
    deb.wait_prompt()
    assert deb.output("cat /root/note") == "one line\ntwo lines\ntwo lines"


def test_second_shell(deb):
    assert deb.output("su -c 'id -u' - root") == "0"
    assert deb.output("setsid -w sh -c 'ps -o tty= -p $$'") == "?"
    assert deb.output("timeout 1 sleep 10; echo $?") == "124"


def test_poweroff(deb, disk):
    """Last: unmounted cleanly, and what was written is there."""
    deb.output("echo written late >/root/note && cp -a /etc /root/etc-copy && sync")
    deb.send("poweroff")
    assert deb.at_end(BOOT) == 0
    check = subprocess.run(["e2fsck", "-fn", disk], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    said = subprocess.run(["dumpe2fs", "-h", disk], capture_output=True, text=True, check=False)
    assert "needs_recovery" not in said.stdout and "clean" in said.stdout
    if shutil.which("debugfs"):
        note = subprocess.run(["debugfs", "-R", "cat /root/note", disk], capture_output=True,
                              text=True, check=False)
        assert note.stdout == "written late\n"
