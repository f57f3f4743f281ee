#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is generated from kernel/syscall/syscalls.tbl.

A row of the table is `name  x86_64-nr|-  aarch64-nr|-  entry|-  [CONFIG_X[,CONFIG_Y]]`; `#` starts
a comment. `-` for a number: that arch has no such call. `-` for the entry: not built, ENOSYS. With
options, the call is built when all of them are on. An entry that ends in `!` (sys_fork!) needs the
whole register frame: the table then holds full_sys_fork, which entry code makes for each line of
syscall_full.h.

  --header FILE --arch A    FILE (generated/syscall_table.h), unistd.h and syscall_full.h beside it
  --doc FILE                the coverage page (Documentation/syscalls.md)
  --check-doc FILE          exit 1 if FILE is not what --doc would write

syscall_table.h is one line a number, in order and without holes, for macros that the file which
includes it defines (any may be left out):

  __SYSCALL(nr, entry)          sys_ni_syscall where there is no call, or it is not built
  __SYSCALL_BUILT(nr, entry)    only where there is a call and it is built
  __SYSCALL_NAME(nr, "name")    only where there is a call

It may be included any number of times, and defines NR_SYSCALLS, one more than the highest number.
unistd.h defines __NR_name for the arch. syscall_full.h is a line FULL_SYSCALL(sys_x) for each call
that needs the whole frame, in assembly or C.
"""
import argparse
import os
import re
import sys
from collections import namedtuple

ARCHES = ["x86_64", "aarch64"]
TABLE = "kernel/syscall/syscalls.tbl"
Call = namedtuple("Call", "name numbers entry options full")


class BadTable(Exception):
    pass


def parse_row(fields, where):
    if not 4 <= len(fields) <= 5:
        raise BadTable(f"{where}: 4 or 5 fields, not {len(fields)}")
    name, entry = fields[0], fields[3]
    for number in fields[1:3]:
        if not re.fullmatch(r"\d+|-", number):
            raise BadTable(f"{where}: {name}: bad number {number!r}")
    options = fields[4].split(",") if len(fields) == 5 and fields[4] != "-" else []
    for option in options:
        if not re.fullmatch(r"CONFIG_\w+", option):
            raise BadTable(f"{where}: {name}: bad option {option!r}")
    full = entry.endswith("!")
    entry = entry.removesuffix("!")
    if entry != "-" and not re.fullmatch(r"\w+", entry):
        raise BadTable(f"{where}: {name}: bad entry {entry!r}")
    numbers = {a: int(n) for a, n in zip(ARCHES, fields[1:3]) if n != "-"}
    return Call(name, numbers, None if entry == "-" else entry, options, full)


def read_table(path):
    calls, names, used = [], {}, {}
    with open(path) as f:
        for lineno, line in enumerate(f, 1):
            fields = line.partition("#")[0].split()
            if not fields:
                continue
            call = parse_row(fields, f"{path}:{lineno}")
            if names.setdefault(call.name, lineno) != lineno:
                raise BadTable(f"{path}:{lineno}: {call.name} is there twice")
            for item in call.numbers.items():
                if used.setdefault(item, call.name) != call.name:
                    raise BadTable(f"{path}:{lineno}: {item[0]} {item[1]} is {used[item]} already")
            calls.append(call)
    return calls


def built_test(call):
    return " && ".join(f"IS_ENABLED({o})" for o in call.options)


def entry_lines(number, call):
    if not call or not call.entry:
        return [f"__SYSCALL({number}, sys_ni_syscall)"]
    entry = f"full_{call.entry}" if call.full else call.entry
    if not call.options:
        return [f"__SYSCALL({number}, {entry})"]
    return [f"#if {built_test(call)}", f"__SYSCALL({number}, {entry})", "#else",
            f"__SYSCALL({number}, sys_ni_syscall)", "#endif"]


def built_lines(number, call):
    if not call or not call.entry:
        return []
    line = f"__SYSCALL_BUILT({number}, {'full_' * call.full}{call.entry})"
    return [f"#if {built_test(call)}", line, "#endif"] if call.options else [line]


def header(calls, arch):
    by_number = {c.numbers[arch]: c for c in calls if arch in c.numbers}
    count = max(by_number, default=-1) + 1
    lines = [f"/* generated from {TABLE} by scripts/syscalltbl.py: do not edit */",
             "#include <lib/kconfig.h>", "",
             "#ifndef NR_SYSCALLS", f"#define NR_SYSCALLS {count}", "#endif", "",
             "#ifdef __SYSCALL"]
    for number in range(count):
        lines += entry_lines(number, by_number.get(number))
    lines += ["#endif", "", "#ifdef __SYSCALL_BUILT"]
    for number in sorted(by_number):
        lines += built_lines(number, by_number[number])
    lines += ["#endif", "", "#ifdef __SYSCALL_NAME"]
    lines += [f'__SYSCALL_NAME({n}, "{by_number[n].name}")' for n in sorted(by_number)]
    lines += ["#endif", ""]
    return "\n".join(lines)


def full_frame(calls, arch):
    lines = [f"/* generated from {TABLE} by scripts/syscalltbl.py: do not edit */",
             "#include <lib/kconfig.h>", ""]
    for call in calls:
        if arch in call.numbers and call.entry and call.full:
            line = [f"FULL_SYSCALL({call.entry})"]
            lines += [f"#if {built_test(call)}"] + line + ["#endif"] if call.options else line
    return "\n".join(lines) + "\n"


def unistd(calls, arch):
    rows = sorted((c.numbers[arch], c.name) for c in calls if arch in c.numbers)
    lines = [f"/* generated from {TABLE} by scripts/syscalltbl.py: do not edit */",
             "#ifndef _GENERATED_UNISTD_H", "#define _GENERATED_UNISTD_H", ""]
    lines += [f"#define __NR_{name} {number}" for number, name in rows]
    lines += ["", "#endif", ""]
    return "\n".join(lines)


def state(call):
    if not call.entry:
        return "not built: ENOSYS"
    if call.options:
        return "with " + ", ".join(f"`{o}`" for o in call.options)
    return "always"


def doc(calls):
    lines = ["# System calls", "",
             f"Generated from `{TABLE}` by `make docs`; `make lint` fails when it is stale.", "",
             "| arch | calls of Linux 6.1 | built |", "|---|---|---|"]
    for arch in ARCHES:
        mine = [c for c in calls if arch in c.numbers]
        built = [c for c in mine if c.entry]
        share = 100 * len(built) // max(1, len(mine))
        lines.append(f"| {arch} | {len(mine)} | {len(built)} ({share} %) |")
    lines += ["", "| call | x86_64 | aarch64 | built |", "|---|---|---|---|"]
    for c in sorted(calls, key=lambda c: c.name):
        numbers = " | ".join(str(c.numbers.get(a, "")) for a in ARCHES)
        lines.append(f"| {c.name} | {numbers} | {state(c)} |")
    return "\n".join(lines) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", choices=ARCHES)
    parser.add_argument("--header")
    parser.add_argument("--doc")
    parser.add_argument("--check-doc")
    parser.add_argument("table", nargs="?", default=TABLE)
    args = parser.parse_args()
    try:
        calls = read_table(args.table)
    except BadTable as e:
        sys.exit(f"error: {e}")
    if args.header:
        beside = os.path.dirname(args.header)
        write(os.path.join(beside, "unistd.h"), unistd(calls, args.arch))
        write(os.path.join(beside, "syscall_full.h"), full_frame(calls, args.arch))
        write(args.header, header(calls, args.arch))
    if args.doc:
        write(args.doc, doc(calls))
    if args.check_doc:
        have = open(args.check_doc).read() if os.path.exists(args.check_doc) else ""
        if have != doc(calls):
            sys.exit(f"{args.check_doc}: stale: run 'make docs'")


if __name__ == "__main__":
    main()
