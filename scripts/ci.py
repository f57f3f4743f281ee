#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The part of .ci/run behind scripts/setup: make check, some kernels of make check-gates, then
kernels of many configurations.

Each kernel must build without a warning and boot to a static /init that prints a line. SEED=n
starts the seeds of the random configurations elsewhere than at 1. Kernels and logs: build/ci/.
"""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check
import ktap
import mkinitramfs
import qemu
import selftests
import syscalltbl

WORK = "build/ci"
RANDOM_CONFIGS = 4
GATES = 16  # combinations of make check-gates: all of FORK, EXEC, CLONE_FILES, CLONE_SIGHAND
BOOT_TIMEOUT, BOOT_STALL = 120, 60
HELLO = "hello from init"
SHELL = 'rdinit=/bin/sh -- -c "echo hello from the shell"'


class Ci:
    """Counts, and sections with times."""

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.start = time.monotonic()

    def section(self, title):
        print(f"== [{time.monotonic() - self.start:5.0f} s] {title}", flush=True)

    def result(self, name, problem=None):
        self.counts["failed" if problem else "passed"] += 1
        at = time.monotonic() - self.start
        print(f"[{at:5.0f} s] {'FAILED' if problem else 'ok'} {name}", flush=True)
        if problem:
            print("    " + str(problem).replace("\n", "\n    "), flush=True)

    def add(self, line):
        """Adds a summary line's numbers; False if it is none."""
        m = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", line)
        for verdict, n in zip(self.counts, m.groups()) if m else ():
            self.counts[verdict] += int(n)
        return bool(m)


def counted(ci, *argv):
    """Runs a command that counts its tests, showing its output; its summary is added to ours."""
    title = " ".join(argv)
    ci.section(title)
    proc = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=check.clean_environment())
    found = False
    for line in proc.stdout:
        mine = ci.add(line.strip())
        found = found or mine
        print(f"{title} gave {line}" if mine else line, end="", flush=True)
    status = proc.wait()
    if not found:
        ci.result(title, f"exit status {status} and no summary")


def configurations(board, first_seed):
    """(name, make's goals and variables, environment) of each kernel of a board."""
    name = board.name
    yield "defconfig-gcc", [[f"{name}_defconfig"]], [], {}
    yield "defconfig-clang", [[f"{name}_defconfig"]], ["LLVM=1"], {}
    yield "tinyconfig", [["tinyconfig", f"BOARD={name}"]], [], {}
    yield "allyesconfig", [["allyesconfig", f"BOARD={name}"]], [], {}
    yield "sanitizers", [[f"{name}_defconfig"], ["debug.config"], ["kasan.config"]], [], {}
    for seed in range(first_seed, first_seed + RANDOM_CONFIGS):
        yield (f"randconfig-{seed}", [["randconfig", f"BOARD={name}"]], [],
               {"KCONFIG_SEED": str(seed), "KCONFIG_ALLCONFIG": "boot"})


def build(board, name, configure, flags, env):
    """Builds one kernel; returns its directory. Raises check.BuildFailed."""
    out = f"{WORK}/{board.name}-{name}"
    os.makedirs(out, exist_ok=True)
    log = f"{out}/build.log"
    open(log, "w").close()
    os.environ.update(env)
    try:
        for goals in configure:
            check.make(log, f"O={out}", *flags, *goals)
    finally:
        for key in env:
            del os.environ[key]
    check.make(log, f"O={out}", *flags)
    return out


def sparse(out):
    """Checks every file of a kernel; returns a problem or None. What is built stays."""
    log = f"{out}/sparse.log"
    open(log, "w").close()
    try:
        check.make(log, f"O={out}", "C=2", "-k", "all")
    except check.BuildFailed as e:
        return f"{e}\nrepeat: make O={out} C=2 -k"
    return None


def program(board, name):
    path = f"{WORK}/{name}-{board.arch}"
    selftests.compile_one(board.arch, f"tests/boot/{name}.c", path)
    with open(path, "rb") as f:
        return f.read()


def hello(board):
    return program(board, "hello")


def calls_of(board, out):
    """[Call], [Call]: the system calls that a kernel has, and those whose options are off."""
    with open(f"{out}/.config") as f:
        on = set(re.findall(r"^(CONFIG_\w+)=y$", f.read(), re.M))
    calls = [c for c in syscalltbl.read_table(syscalltbl.TABLE)
             if c.entry and board.arch in c.numbers]
    return ([c for c in calls if on.issuperset(c.options)],
            [c for c in calls if not on.issuperset(c.options)])


def what_is_off(board, out):
    """(what, problem or None): the calls that are off answer ENOSYS, and are not in the image."""
    built, calls = calls_of(board, out)
    numbers = file_of(f"{out}/absent", "\n".join(str(c.numbers[board.arch])
                                                 for c in calls).encode())
    initrd = file_of(f"{out}/absent.cpio", mkinitramfs.build(
        board.arch, program(board, "absent"), [(numbers, "etc/absent")], busybox=False))
    yield "calls that are off", boot(board, out, initrd, "",
                                     f"^{len(calls)} of {len(calls)} calls are absent", 1)
    nm = subprocess.run(["nm", f"{out}/keel"], stdout=subprocess.PIPE, text=True, check=True)
    there = {line.split()[-1] for line in nm.stdout.splitlines()}
    kept = sorted(({c.entry for c in calls} - {c.entry for c in built}) & there)
    yield "code that is off", f"in the image: {' '.join(kept)}" if kept or not calls else None


def boot(board, out, initrd, append, pattern, smp):
    """Boots a kernel; returns a problem or None."""
    guest = qemu.Guest(board, f"{out}/{board.image}", initrd, append=f"panic=-1 {append}", smp=smp)
    outcome = qemu.run_guest(guest.command(), BOOT_TIMEOUT, BOOT_STALL, stop=pattern)
    return None if outcome.why == "done" else outcome.explain()


def file_of(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


def boots(board, name, out):
    """(what, problem or None) of each boot of a kernel."""
    initrd = file_of(f"{out}/hello.cpio", mkinitramfs.build(board.arch, hello(board)))
    for smp in (1, 2):
        yield f"hello, {smp} CPU", boot(board, out, initrd, "", f"^{HELLO}", smp)
    if name == "tinyconfig":
        yield from what_is_off(board, out)
    if not name.startswith("randconfig"):
        shell = file_of(f"{out}/shell.cpio", mkinitramfs.build(board.arch))
        yield "shell", boot(board, out, shell, SHELL, "^hello from the shell", 1)


def repeat_command(board, name, configure, flags, env):
    words = [f"{k}={v}" for k, v in env.items()]
    out = f"O={WORK}/{board.name}-{name}"
    return " && ".join(" ".join(words + ["make", out, *flags, *goals])
                       for goals in configure + [[]])


def kernels(ci, board, first_seed):
    """Builds one kernel after the other; boots each while the next one builds."""
    ci.section(f"configurations of {board.name}")
    with ThreadPoolExecutor(1) as pool:
        waiting = []
        for name, configure, flags, env in configurations(board, first_seed):
            label = f"{board.name} {name}"
            try:
                out = build(board, name, configure, flags, env)
            except check.BuildFailed as e:
                ci.result(f"{label}: build",
                          f"{e}\nrepeat: {repeat_command(board, name, configure, flags, env)}")
                continue
            ci.result(f"{label}: build")
            if name == "defconfig-gcc":
                ci.result(f"{label}: sparse", sparse(out))
            waiting.append(pool.submit(lambda l=label, n=name, o=out: [
                ci.result(f"{l}: {what}", problem) for what, problem in boots(board, n, o)]))
        for future in waiting:
            try:
                future.result()
            except Exception as e:  # a bug in the scripts is a failure too
                ci.result(f"boots of {board.name}", f"{type(e).__name__}: {e}")


def main():
    os.makedirs(WORK, exist_ok=True)
    first_seed = int(os.environ.get("SEED") or 1)
    ci = Ci()
    counted(ci, "make", "check")
    counted(ci, "scripts/gates.py", "--sample", str(GATES))
    for board in qemu.all_boards():
        kernels(ci, board, first_seed)
    ci.section("done")
    print(ktap.summary(**ci.counts), flush=True)
    sys.exit(ci.counts["failed"] > 0)


if __name__ == "__main__":
    main()
