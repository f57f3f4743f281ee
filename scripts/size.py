#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""size.py BUILD: what of the image each directory and each option takes, from keel.map.

Bytes are those of the input sections that the linker kept, by the object they came from. An
option's share is that of the objects which a Makefile adds for it (obj-$(CONFIG_X) += ...), with
all below a directory; what an option changes inside objects that are there anyway is not in it.

With CONFIG_LTO there is one object. What it has is counted for the source that defines the name of
the section; strings, and names that several sources define, are `optimised together`.
"""
import os
import re
import sys
from collections import defaultdict

KINDS = ("text", "rodata", "data", "bss")
GNU_NAME = re.compile(r"^ (\.?[\w.$-]+)$")
GNU_REST = re.compile(r"^(?: (\.?[\w.$-]+))? +0x([0-9a-f]+) +0x([0-9a-f]+) (\S+\.o)$")
MEMBER = re.compile(r"^[\w-]+-\$\(CONFIG_(\w+)\)\s*[+:]?=\s*(.*)$", re.M)
LLD = re.compile(r"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S+\.o):\((\S+?)\)")


def kind_of(section):
    """By the first part of the name that is not init: .init.text.x is text."""
    parts = [p for p in section.split(".") if p not in ("", "init", "exit", "ref")] or [""]
    if parts[0] in ("bss", "COMMON"):
        return "bss"
    return parts[0] if parts[0] in KINDS else "text" if "text" in parts[0] else "rodata"


DEFINES = re.compile(r"^(?:SYSCALL_DEFINE\d\((\w+)|(?!\s|#|/|\*|extern|typedef)[^;=(\n]*?\b(\w+)"
                     r"(?:\[[^;=\n]*)?\s*(?:\(|=|;))", re.M)
TOGETHER = "optimised together"


def definitions(objects):
    """{name: source} of what the sources of the objects define at their outermost level."""
    found = defaultdict(set)
    for obj in objects:
        source = obj.removesuffix(".o") + ".c"
        if os.path.exists(source):
            with open(source) as f:
                for call, name in DEFINES.findall(f.read()):
                    found[name or f"sys_{call}"].add(obj)
    return {name: objs.pop() for name, objs in found.items() if len(objs) == 1}


def sections(path):
    """(section, bytes, object) of everything in memory, from a map of GNU ld or of lld."""
    pending = None
    with open(path) as f:
        for line in f:
            line = line.rstrip("\n")
            m = LLD.match(line)
            if m:
                if int(m[1], 16):
                    yield m[4], int(m[2], 16), m[3]
                continue
            alone = GNU_NAME.match(line)
            if alone:
                pending = alone[1]
                continue
            m = GNU_REST.match(line)
            if m and int(m[2], 16) and (m[1] or pending):
                yield m[1] or pending, int(m[3], 16), m[4]
            pending = None


def sizes_of_objects(build):
    """{object path in the tree: {kind: bytes}}"""
    table = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    with open(f"{build}/.objs") as f:
        names = definitions([os.path.relpath(o, build) for o in f.read().split()])
    for section, size, obj in sections(f"{build}/keel.map"):
        if ".lto" in obj or ".ltrans" in obj:
            words = [w for w in section.split(".") if w in names]
            obj = os.path.join(build, names[words[0]] if words else TOGETHER)
        if not section.startswith((".debug", ".comment", ".symtab", ".strtab", ".shstrtab")):
            table[os.path.relpath(obj, build)][kind_of(section)] += size
    return table


def total(rows):
    return {kind: sum(row[kind] for row in rows) for kind in KINDS}


def subsystem(obj):
    parts = obj.split("/")
    depth = 2 if parts[0] in ("arch", "kernel", "drivers", "net", "fs") else 1
    if parts[0] == "arch":
        depth = 3
    if obj == TOGETHER:
        return TOGETHER
    return "/".join(parts[:-1][:depth]) or "names of functions"


def option_members():
    """{option: [object or directory]} of all Makefiles."""
    members = defaultdict(list)
    for folder, dirs, files in os.walk("."):
        dirs[:] = [d for d in dirs if d not in ("build", ".git")]
        if "Makefile" in files and folder != ".":
            with open(f"{folder}/Makefile") as f:
                text = f.read().replace("\\\n", " ")
            for option, names in MEMBER.findall(text):
                members[option] += [os.path.relpath(f"{folder}/{n}") + "/" * n.endswith("/")
                                    for n in names.split() if n.endswith((".o", "/"))]
    return members


def print_table(title, rows):
    print(f"\n{title:<32}" + "".join(f"{k:>9}" for k in KINDS) + f"{'all':>10}")
    for name, row in sorted(rows.items(), key=lambda item: -sum(item[1].values())):
        if sum(row.values()):
            print(f"{name:<32}" + "".join(f"{row[k]:>9}" for k in KINDS)
                  + f"{sum(row.values()):>10}")


def main():
    build = sys.argv[1]
    objects = sizes_of_objects(build)
    if not objects:
        sys.exit(f"error: {build}/keel.map has no objects")
    groups = defaultdict(list)
    for obj, row in objects.items():
        groups[subsystem(obj)].append(row)
    rows = {name: total(found) for name, found in groups.items()}
    rows["all"] = total(objects.values())
    print_table("subsystem", rows)
    options = {}
    for option, members in option_members().items():
        mine = [row for obj, row in objects.items()
                if any(obj == m or m.endswith("/") and obj.startswith(m) for m in members)]
        options[f"CONFIG_{option}"] = total(mine)
    print_table("option (its own objects)", options)


if __name__ == "__main__":
    main()
