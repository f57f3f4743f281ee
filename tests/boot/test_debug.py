# SPDX-License-Identifier: MIT
"""The helpers that make debug loads into gdb, on a kernel that runs a shell."""
import re
import shutil
import subprocess

import pytest

import qemu


def gdb(board, port, *commands):
    argv = [shutil.which("gdb-multiarch") or "gdb", "-q", "-nx", "-batch", f"{board.build}/keel",
            "-ex", f"target remote 127.0.0.1:{port}", "-x", "scripts/gdb/keel-gdb.py"]
    for command in commands:
        argv += ["-ex", f"echo == {command}\\n", "-ex", command]
    run = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=120)
    return dict(re.findall(r"^== (.*)\n((?:(?!== ).*\n)*)", run.stdout, re.M)), run.stdout


def test_helpers(board, start):
    with open(f"{board.build}/.config") as f:
        if "CONFIG_DEBUG_INFO=y" not in f.read():
            pytest.skip("this kernel has no DEBUG_INFO")
    port = qemu.free_port()
    sh = start(board.guest(smp=2, extra=["-gdb", f"tcp:127.0.0.1:{port}"]))
    sh.send("sleep 1000 & read x")
    sh.expect("read x")
    said, text = gdb(board, port, "keel-tasks", "keel-dmesg", "keel-bt 1", "keel-bt 99999",
                     "keel-symbol schedule")
    assert re.search(r"^\s*1\s.*\b(sh|init)\b", said["keel-tasks"], re.M), text
    assert re.search(r"\bsleep\b", said["keel-tasks"]) and "swapper" in said["keel-tasks"], text
    assert "Linux version" in said["keel-dmesg"], text
    frames = re.findall(r"^.*\b\w+ ?\+.*$|^.*\(\S+\.[cS]:\d+\)$", said["keel-bt 1"], re.M)
    assert "schedule" in said["keel-bt 1"] and len(frames) > 3, text
    assert "no task 99999" in said["keel-bt 99999"], text
    assert re.search(r"^schedule \(\S+:\d+\)$", said["keel-symbol schedule"], re.M), text
