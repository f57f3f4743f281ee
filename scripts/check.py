#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the tests: make check, check-host, check-kunit, check-selftests, check-boot,
check-sanitizers.

  check.py [--board B]... {all,lint,host,kunit,selftests,boot,sanitizers}...

  lint        each check of make lint is a test
  host        lib/ under ASan and UBSan, the uapi headers beside the distribution's, and what the
              verbs of make promise (pytest over tests/build)
  kunit       the suites inside the kernel, with 1 and 4 CPUs
  selftests   user programs in the guest, with 1 and 4 CPUs
  boot        boots by every path the boards have, and shell sessions (pytest over tests/boot)
  sanitizers  kunit and selftests on a kernel checked by KASAN and UBSAN; not part of all

SUITE=name runs only what has that name, SEED=n repeats an order, REPEAT=n runs everything n times.
Kernels are built in build/check/; logs of all runs are left there. Two guests run at a time. The
last line is `N passed, N failed, N skipped`.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "lint")]
import ktap
import lint
import mkinitramfs
import qemu
import selftests

WORK = "build/check"
# Lines of a build's output that say why it failed
TELLING = re.compile(r"error:|warning:|undefined|multiple definition|No rule|first defined|\*\*\*")
CPUS = (1, 4)
MEMORY = {"kunit": "256M", "sanitizers": "512M"}
GUESTS_AT_ONCE = 2
GUEST_TIMEOUT = 600
GUEST_STALL = 120
ALL = ("lint", "host", "kunit", "selftests", "boot")
LAYERS = ALL + ("sanitizers",)
# What each variant of a board's kernel adds to its defconfig
VARIANTS = {"default": [], "kunit": ["kunit.config", "debug.config"],
            "sanitizers": ["kunit.config", "debug.config", "kasan.config"]}


class Options:
    """What the person asked for, from the environment that make passes on."""

    def __init__(self):
        self.suite = os.environ.get("SUITE") or ""
        self.seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 1 << 31))
        self.repeat = int(os.environ.get("REPEAT") or 1)

    def repeat_command(self, layer, board=None):
        words = ["make", f"check-{layer}", f"SEED={self.seed}"]
        words += [f"BOARD={board.name}"] if board else []
        words += [f"SUITE={self.suite}"] if self.suite else []
        return " ".join(words)


class Tally:
    """Adds up results from all threads and prints each run's outcome as it comes."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.start = time.monotonic()

    def add(self, label, reader, repeat):
        with self.lock:
            mine = {v: reader.count(v) for v in self.counts}
            for verdict, n in mine.items():
                self.counts[verdict] += n
            at = time.monotonic() - self.start
            print(f"[{at:4.0f} s] {label}: {ktap.summary(**mine)}", flush=True)
            for case in reader.cases:
                if case.verdict == "skipped":
                    print(f"SKIPPED {case.name}: " + "".join(case.detail))
            for text in reader.failures():
                print(text)
            if mine["failed"]:
                print(f"  repeat: {repeat}", flush=True)

    def summary(self):
        return ktap.summary(**self.counts)


# ---- kernels ------------------------------------------------------------------------------------


class BuildFailed(Exception):
    pass


def clean_environment():
    """Without what the make that started us would pass to its own sub-makes."""
    mine = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "O", "V", "C", "LLVM")
    return {k: v for k, v in os.environ.items() if k not in mine}


def make(log, *words):
    """Runs make; its output goes to the file log."""
    argv = ["make", f"-j{os.cpu_count()}", *words]
    env = clean_environment()
    with open(log, "a") as f:
        status = subprocess.run(argv, stdout=f, stderr=subprocess.STDOUT, env=env).returncode
    if status:
        with open(log) as f:
            lines = f.read().splitlines()
        telling = [x for x in lines if TELLING.search(x)][:40] or lines[-25:]
        raise BuildFailed("\n    ".join([" ".join(argv) + f" failed ({log}):"] + telling))


def build_kernel(board, variant, *flags):
    """Configures and builds a board's kernel in its own directory; returns the directory."""
    out = f"{WORK}/{board.name}-{variant}"
    os.makedirs(out, exist_ok=True)
    log = f"{out}/build.log"
    open(log, "w").close()
    make(log, f"O={out}", *flags, f"{board.name}_defconfig")
    for fragment in VARIANTS[variant]:
        make(log, f"O={out}", *flags, fragment)
    make(log, f"O={out}", *flags)
    return out


class Kernels:
    """Builds each kernel once, the first time it is asked for; one build at a time."""

    def __init__(self):
        self.lock, self.done = threading.Lock(), {}

    def get(self, board, variant):
        with self.lock:
            key = (board.name, variant)
            if key not in self.done:
                try:
                    self.done[key] = build_kernel(board, variant)
                except BuildFailed as e:
                    self.done[key] = e
        if isinstance(self.done[key], BuildFailed):
            raise self.done[key]
        return self.done[key]


# ---- guests that print KTAP ---------------------------------------------------------------------


def run_ktap_guest(guest, log):
    """Runs a guest that prints KTAP and powers off; anything else it does is a failure."""
    outcome = qemu.run_guest(guest.command(), GUEST_TIMEOUT, GUEST_STALL)
    with open(log, "w") as f:
        f.write(outcome.explain(lines=1 << 30) + "\n")
    reader = ktap.Reader().feed_text(outcome.text).finish()
    if not outcome.ok:
        reader.problems.append(outcome.explain())
    return reader


def kunit(board, smp, kernels, options, variant="kunit"):
    out = kernels.get(board, variant)
    words = ["kunit.run=1", "panic=-1", f"kunit.seed={options.seed}"]
    words += [f"kunit.suite={options.suite}"] if options.suite else []
    words += [f"kunit.repeat={options.repeat}"] if options.repeat > 1 else []
    guest = qemu.Guest(board, f"{out}/{board.image}", append=" ".join(words), smp=smp,
                       mem=MEMORY[variant])
    return run_ktap_guest(guest, f"{out}/kunit-smp{smp}.log")


def user_tests(board, smp, kernels, options, variant=None):
    """One CPU on the kernel with all debugging checks, more on the kernel that people run."""
    out = kernels.get(board, variant or ("kunit" if smp == 1 else "default"))
    programs = selftests.build(board.arch, options.suite) + [(f"{out}/.config", "etc/kconfig")]
    initrd = f"{out}/selftests.cpio"
    adds = programs + [(f"{out}/.config", "etc/kconfig")]
    data = mkinitramfs.build(board.arch, selftests.runner(board.arch), adds, busybox=True)
    with open(initrd, "wb") as f:
        f.write(data)
    words = f"panic=-1 quiet -- seed={options.seed} repeat={options.repeat}"
    guest = qemu.Guest(board, f"{out}/{board.image}", initrd, append=words, smp=smp, mem="512M")
    return run_ktap_guest(guest, f"{out}/selftests-smp{smp}.log")


# ---- programs on this machine -------------------------------------------------------------------


def host_runs(options):
    """(name, command) of what runs on this machine and prints KTAP."""
    words = [f"SUITE={options.suite}"] if options.suite else []
    yield "lib", ["make", "-s", f"-j{os.cpu_count()}", "-C", "lib/tests", "check",
                  f"SEED={options.seed}", *words]
    yield "uapi", [sys.executable, "tests/uapi/check.py"]


def host(name, argv, options):
    env = clean_environment()
    env.update(SUITE=options.suite, SEED=str(options.seed))
    run = subprocess.run(argv, env=env, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    reader = ktap.Reader().feed_text(run.stdout).finish()
    if run.returncode and reader.ok:
        reader.problems.append(f"exit status {run.returncode}\n{run.stdout[-2000:]}")
    with open(f"{WORK}/host-{name}.log", "w") as f:
        f.write(run.stdout)
    return reader


def lint_reader():
    """Each check of make lint is a case."""
    reader = ktap.Reader()
    for check in lint.CHECKS:
        messages = lint.run_check(check)
        verdict = "failed" if messages else "passed"
        name = check.__name__.removeprefix("check_")
        more = [f"... and {len(messages) - 20} more"] if len(messages) > 20 else []
        reader.cases.append(ktap.Case(name, verdict, messages[:20] + more))
    return reader


def pytest_reader(junit, output):
    """The results of a pytest run, as if they were KTAP."""
    reader = ktap.Reader()
    try:
        tree = xml.parse(junit)
    except (OSError, xml.ParseError):
        reader.problems.append("pytest did not finish:\n" + output[-3000:])
        return reader
    for case in tree.iter("testcase"):
        name = f"{case.get('classname', '').removeprefix('tests.')}.{case.get('name')}"
        bad = [e for tag in ("failure", "error") for e in case.findall(tag)]
        skip = case.find("skipped")
        verdict = "failed" if bad else "skipped" if skip is not None else "passed"
        detail = (bad[0].text or "").splitlines()[-60:] if bad else []
        detail = [skip.get("message", "")] if skip is not None else detail
        reader.cases.append(ktap.Case(name, verdict, detail))
    if not reader.cases:
        reader.problems.append("no test results")
    return reader


def pytest_run(name, words, env, options):
    """tests/<name>"""
    junit = f"{WORK}/{name}.xml"
    if os.path.exists(junit):
        os.remove(junit)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words,
            f"--junit-xml={junit}", f"tests/{name}"]
    argv += ["-k", options.suite] if options.suite else []
    run = subprocess.run(argv, env=dict(env, PYTHONDONTWRITEBYTECODE="1"), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with open(f"{WORK}/{name}.log", "w") as f:
        f.write(run.stdout)
    return pytest_reader(junit, run.stdout)


def verbs(options):
    """What make's verbs do: one small kernel, built on this machine."""
    return pytest_run("build", [], os.environ, options)


def boot(boards, kernels, options):
    """Shell sessions and boots: tests/boot, whose conftest.py reads the two variables."""
    env = dict(os.environ, KEEL_BOARDS=" ".join(
        f"{b.name}={kernels.get(b, 'default')}" for b in boards))
    return pytest_run("boot", [f"-n{GUESTS_AT_ONCE}"], env, options)


# ---- everything ---------------------------------------------------------------------------------


def attempt(tally, label, repeat, work, *args):
    """One run: whatever goes wrong in it is a failure of that run, not of the others."""
    only_suite = os.environ.get("SUITE")
    try:
        reader = work(*args)
    except (BuildFailed, selftests.BuildFailed) as e:
        reader = ktap.Reader()
        reader.problems.append(str(e))
    except Exception as e:  # a bug in the scripts must not pass for a test that passed
        reader = ktap.Reader()
        reader.problems.append(f"{type(e).__name__}: {e}")
    if only_suite and not reader.cases and reader.problems == ["no test results"]:
        return  # this run has nothing of that name
    reader.label = label
    tally.add(label, reader, repeat)


def guest_runs(layers, boards, kernels, options):
    for layer, work in (("kunit", kunit), ("selftests", user_tests)):
        for board in boards if layer in layers else ():
            for smp in CPUS:
                yield (f"{layer} {board.name} smp {smp}", options.repeat_command(layer, board),
                       work, board, smp, kernels, options)
    for board in boards if "sanitizers" in layers else ():
        repeat = options.repeat_command("sanitizers", board)
        for smp in CPUS:
            yield (f"sanitizers kunit {board.name} smp {smp}", repeat, kunit, board, smp, kernels,
                   options, "sanitizers")
        yield (f"sanitizers selftests {board.name} smp 2", repeat, user_tests, board, 2, kernels,
               options, "sanitizers")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", action="append", default=[])
    parser.add_argument("layers", nargs="+", choices=("all",) + LAYERS)
    args = parser.parse_args()
    layers = ALL if "all" in args.layers else args.layers
    boards = [b for b in qemu.all_boards() if not args.board or b.name in args.board]
    options, tally, kernels = Options(), Tally(), Kernels()
    os.makedirs(WORK, exist_ok=True)
    print(f"SEED={options.seed}", flush=True)
    if "lint" in layers:
        attempt(tally, "lint", "make lint", lint_reader)
    for name, argv in host_runs(options) if "host" in layers else ():
        attempt(tally, f"host {name}", options.repeat_command("host"), host, name, argv, options)
    if "host" in layers:
        attempt(tally, "host verbs", options.repeat_command("host"), verbs, options)
    with ThreadPoolExecutor(GUESTS_AT_ONCE) as pool:
        list(pool.map(lambda run: attempt(tally, *run),
                      guest_runs(layers, boards, kernels, options)))
    if "boot" in layers:
        attempt(tally, "boot", options.repeat_command("boot"), boot, boards, kernels, options)
    print(tally.summary(), flush=True)
    sys.exit(tally.counts["failed"] > 0 or not tally.counts["passed"])


if __name__ == "__main__":
    main()
