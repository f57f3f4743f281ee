#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compdb.py BUILD OUTPUT: compile_commands.json of the objects in BUILD/.objs."""
import json
import os
import sys


def entries(build):
    with open(f"{build}/.objs") as f:
        objects = sorted(f.read().split())
    for obj in objects:
        if not os.path.exists(obj + ".cmd"):
            continue
        with open(obj + ".cmd") as f:
            command = f.read().strip()
        source = command.split()[-1]
        if source.endswith((".c", ".S")):
            yield {"directory": os.getcwd(), "command": command, "file": source, "output": obj}


def main():
    build, output = sys.argv[1:]
    with open(output, "w") as f:
        json.dump(list(entries(build)), f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
