#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Links the kernel, with the table of its own function names inside.

The table can be made only when addresses are known, so: link with an empty table, make the table,
link again, until a link gives the addresses that its table was made from. Functions come before the
table in memory, so the second link is normally the last.
"""
import argparse
import os
import shlex
import subprocess
import sys

import kallsyms

MOST_LINKS = 5


def run(command):
    result = subprocess.run(command)
    if result.returncode:
        sys.exit(result.returncode)


def link(args, objects, output):
    response = f"{args.out}/.keel.objs"
    with open(response, "w") as f:
        f.write("\n".join(objects) + "\n")
    run(shlex.split(args.ld) + ["-T", args.script, "-o", output, f"@{response}"])


def symbols(args, kernel):
    nm = subprocess.run([args.nm, "-S", kernel], stdout=subprocess.PIPE, text=True, check=True)
    return kallsyms.text_symbols(nm.stdout.splitlines())


def assemble(args, table):
    source, obj = f"{args.out}/.kallsyms.S", f"{args.out}/.kallsyms.o"
    with open(source, "w") as f:
        f.write(kallsyms.assembly(table))
    run(shlex.split(args.cc) + ["-c", "-o", obj, source])
    return obj


def link_with_names(args, output):
    table = []
    for _ in range(MOST_LINKS):
        link(args, args.objects + [assemble(args, table)], output)
        found = symbols(args, output)
        if found == table:
            return
        table = found
    sys.exit(f"{output}: addresses still move after {MOST_LINKS} links; is .rodata.kallsyms behind "
             "everything executable in the linker script?")


def main():
    parser = argparse.ArgumentParser()
    for name in ("--out", "--ld", "--nm", "--cc", "--script"):
        parser.add_argument(name, required=True)
    parser.add_argument("--kallsyms", action="store_true")
    parser.add_argument("objects", nargs="+")
    args = parser.parse_args()
    output = f"{args.out}/keel.tmp"
    if args.kallsyms:
        link_with_names(args, output)
    else:
        link(args, args.objects, output)
    os.replace(output, f"{args.out}/keel")


if __name__ == "__main__":
    main()
