#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compdb.py BUILD OUTPUT: compile_commands.json from the commands that the build has kept."""
import json
import os
import sys


def entries(build):
    for folder, dirs, files in os.walk(build):
        dirs.sort()
        for name in sorted(files):
            if not name.endswith(".o.cmd"):
                continue
            with open(os.path.join(folder, name)) as f:
                command = f.read().strip()
            source = command.split()[-1]
            if source.endswith((".c", ".S")) and os.path.exists(source):
                yield {"directory": os.getcwd(), "command": command, "file": source,
                       "output": os.path.join(folder, name[:-4])}


def main():
    build, output = sys.argv[1:]
    with open(output, "w") as f:
        json.dump(list(entries(build)), f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
