#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds the user-space tests: selftests/<subsystem>/*.c, one static program a file.

  selftests.py ARCH [SUITE]     builds into build/selftests/ARCH, prints the programs' names

SUITE is a subsystem or subsystem/test. Programs are built against the distribution's C library,
with selftests/ in the include path; a line `CFLAGS: ...` in a file's opening comment adds flags.
The runner, selftests/runner.c, is process 1 of the test guest and runs all that is in /selftests.
"""
import glob
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

COMPILERS = {"x86_64": "gcc", "aarch64": "aarch64-linux-gnu-gcc"}
CFLAGS = ["-std=gnu11", "-O2", "-g0", "-s", "-static", "-pthread", "-Wall", "-Wextra", "-Werror",
          "-Wno-unused-parameter", "-Wno-sign-compare", "-Wno-missing-field-initializers",
          "-Iselftests"]


class BuildFailed(Exception):
    pass


# Two guests are made ready at once, of the same programs
building = threading.Lock()


def compiler(arch):
    return "gcc" if os.uname().machine == arch else COMPILERS[arch]


def own_flags(source):
    with open(source) as f:
        m = re.search(r"^\W*CFLAGS: (.*?)(\*/)?$", f.read(2000), re.M)
    return m[1].split() if m else []


def is_new(program, source):
    try:
        made = os.stat(program).st_mtime
    except FileNotFoundError:
        return False
    inputs = [source, __file__] + glob.glob("selftests/*.h") \
        + glob.glob(os.path.dirname(source) + "/*.h")
    return all(os.stat(i).st_mtime < made for i in inputs)


def compile_one(arch, source, program):
    if is_new(program, source):
        return
    os.makedirs(os.path.dirname(program), exist_ok=True)
    argv = [compiler(arch), *CFLAGS, *own_flags(source), "-o", f"{program}.new", source]
    run = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode:
        raise BuildFailed(" ".join(argv) + "\n" + run.stdout)
    os.replace(f"{program}.new", program)


def names(suite=""):
    found = sorted(p.removeprefix("selftests/")[:-2] for p in glob.glob("selftests/*/*.c"))
    return [n for n in found if not suite or suite in (n, n.split("/")[0], n.split("/")[1])]


def build(arch, suite=""):
    """Builds the programs; returns [(file, name in the guest)], directories first."""
    wanted = names(suite)
    where = {n: f"build/selftests/{arch}/{n}" for n in wanted}
    with building, ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda n: compile_one(arch, f"selftests/{n}.c", where[n]), wanted))
    return [(where[n], f"selftests/{n}") for n in wanted]


def runner(arch):
    """The bytes of process 1."""
    program = f"build/selftests/{arch}/runner"
    with building:
        compile_one(arch, "selftests/runner.c", program)
    with open(program, "rb") as f:
        return f.read()


def main():
    arch, suite = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    try:
        runner(arch)
        for path, _ in build(arch, suite):
            print(path)
    except BuildFailed as e:
        sys.exit(str(e))


if __name__ == "__main__":
    main()
