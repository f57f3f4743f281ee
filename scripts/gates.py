#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make check-gates: kernels with every combination of the options that gate how tasks are made.

  gates.py [--board B]... [--sample N] [COMBINATION]...

All 16 combinations of FORK, EXEC, CLONE_FILES and CLONE_SIGHAND on a small kernel with whatever of
the other gates goes with them, and one that lacks each of the others, are built and booted with
selftests/task/gates as the only program; where there are FORK and EXEC the runner follows with the
selftests of tasks and signals, which skip what the kernel lacks. A combination is the letters of
what is on, F E D (descriptors) S (signal actions), in that order: FEDS to - ; or the name of an
option that is off. Kernels and logs: build/check/gates-BOARD/.
"""
import argparse
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "lint")]
import check
import ktap
import mkinitramfs
import qemu
import selftests

CORE = {"F": "FORK", "E": "EXEC", "D": "CLONE_FILES", "S": "CLONE_SIGHAND"}
# Off one at a time, with everything else on
OTHERS = ("THREADS", "CLONE_FS", "FUTEX", "FUTEX_PI", "PTRACE", "POSIX_TIMERS", "SIGNALS_RT",
          "CAPABILITIES", "CORE_DUMP", "PIDFD", "SCHED_RT", "SMP", "PREEMPT")
SUITES = ("task", "signal", "basic/process")
# What the guests need to power off, and the programs beside the gates
ALWAYS = {"pc": ("ACPI",), "virt": ()}


def syscall_options():
    """The groups of system calls that the programs in the guests make: all on."""
    with open("kernel/syscall/Kconfig") as f:
        return re.findall(r"^config (\w+)$", f.read(), re.M)


def combinations():
    for bits in range(15, -1, -1):
        yield "".join(c for i, c in enumerate("FEDS") if bits >> (3 - i) & 1) or "-"
    yield from OTHERS


def settings(combination):
    """{option: on?} of a combination."""
    if combination in OTHERS:
        return dict(dict.fromkeys(CORE.values(), True), **{combination: False})
    return {option: letter in combination for letter, option in CORE.items()}


def configure(out, board, combination, log):
    """A small kernel with the combination; what depends on an option that is off goes with it."""
    check.make(log, f"O={out}", f"BOARD={board.name}", "tinyconfig")
    path = f"{out}/.config"
    with open(path) as f:
        text = f.read()
    wanted = dict(settings(combination), **dict.fromkeys(ALWAYS[board.name], True))
    rest = dict(dict.fromkeys(syscall_options() + list(OTHERS), True), LTO=False)
    for option, on in dict(rest, **wanted).items():
        text = re.sub(rf"^(CONFIG_{option}=.*|# CONFIG_{option} is not set)\n", "", text,
                      flags=re.M)
        text += f"CONFIG_{option}=y\n" if on else f"# CONFIG_{option} is not set\n"
    with open(path, "w") as f:
        f.write(text)
    check.make(log, f"O={out}", "olddefconfig")
    with open(path) as f:
        made = f.read()
    for option, on in wanted.items():
        if on != (f"CONFIG_{option}=y\n" in made):
            raise check.BuildFailed(f"{combination}: CONFIG_{option} cannot be {on}")


def boot(board, out, initrd, log):
    words = "panic=-1 quiet -- seed=1"
    guest = qemu.Guest(board, f"{out}/{board.image}", initrd, append=words, smp=2, mem="256M")
    return check.run_ktap_guest(guest, log)


def readers(board, out, combination):
    """The results of the guests of one combination."""
    config = (f"{out}/.config", "etc/kconfig")
    gates, = [p for p, name in selftests.build(board.arch, "task/gates")]
    with open(gates, "rb") as f:
        data = mkinitramfs.build(board.arch, f.read(), [config], busybox=False)
    with open(f"{out}/gates.cpio", "wb") as f:
        f.write(data)
    yield boot(board, out, f"{out}/gates.cpio", f"{out}/{combination}-gates.log")
    if not (settings(combination)["FORK"] and settings(combination)["EXEC"]):
        return
    programs = [p for s in SUITES for p in selftests.build(board.arch, s)]
    data = mkinitramfs.build(board.arch, selftests.runner(board.arch), programs + [config],
                             busybox=True)
    with open(f"{out}/tests.cpio", "wb") as f:
        f.write(data)
    yield boot(board, out, f"{out}/tests.cpio", f"{out}/{combination}-tests.log")


def run(board, combination, tally):
    out = f"{check.WORK}/gates-{board.name}"
    os.makedirs(out, exist_ok=True)
    log = f"{out}/{combination}.log"
    open(log, "w").close()
    label = f"gates {board.name} {combination}"
    repeat = f"scripts/gates.py --board {board.name} {combination}"
    try:
        configure(out, board, combination, log)
        check.make(log, f"O={out}")
        for reader in readers(board, out, combination):
            reader.label = label
            tally.add(label, reader, repeat)
    except check.BuildFailed as e:
        reader = ktap.Reader()
        reader.problems.append(str(e))
        tally.add(label, reader, repeat)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", action="append", default=[])
    parser.add_argument("--sample", type=int, metavar="N",
                        help="only N of the 16 combinations, chosen by SEED (1 if not set)")
    parser.add_argument("combinations", nargs="*")
    args = parser.parse_args()
    unknown = set(args.combinations) - set(combinations())
    if unknown:
        parser.error(f"no such combination: {' '.join(sorted(unknown))}")
    chosen = args.combinations or list(combinations())
    if args.sample:
        rng = random.Random(int(os.environ.get("SEED") or 1))
        chosen = rng.sample(list(combinations())[:16], args.sample)
    tally = check.Tally()
    for board in qemu.all_boards():
        if args.board and board.name not in args.board:
            continue
        for combination in chosen:
            run(board, combination, tally)
    print(tally.summary(), flush=True)
    sys.exit(tally.counts["failed"] > 0 or not tally.counts["passed"])


if __name__ == "__main__":
    main()
