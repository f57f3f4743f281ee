#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What must be true before make reads its rules: run once at the start of every build.

usage: prepare.py OUT [BOARD]

1. OUT/.config and OUT/include/{generated,config} agree (config.py sync), and the configuration is
   for BOARD if one was asked for.
2. OUT/deps.mk says, for each object built before, on what it depends and how it was made. The
   dependencies are those the compiler wrote (x.o.d), with autoconf.h replaced by one file for
   each option that any of the sources mentions: an option's change rebuilds just those objects.
   The command (x.o.cmd) lets Makefile.build rebuild an object whose command has changed.

What was read is kept in OUT/.deps.cache, so that only new files are read again.
"""
import os
import pickle
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

CACHE_VERSION = 3
OPTION = re.compile(rb"\bCONFIG_(\w+)")


class Cache:
    """Values computed from files, remembered for as long as the file's time and size stay."""

    def __init__(self, path):
        self.path, self.new, self.known = path, {}, {}
        try:
            with open(path, "rb") as f:
                version, known = pickle.load(f)
                if version == CACHE_VERSION:
                    self.known = known
        except (OSError, EOFError, pickle.PickleError, ValueError, TypeError):
            pass

    def get(self, path, compute):
        """compute(path), or None if there is no such file."""
        if path in self.new:
            return self.new[path][1]
        try:
            st = os.stat(path)
        except OSError:
            return None
        stamp = (st.st_mtime_ns, st.st_size)
        old = self.known.get(path)
        value = old[1] if old and old[0] == stamp else compute(path)
        self.new[path] = (stamp, value)
        return value

    def save(self):
        if self.new != self.known:
            with open(self.path + ".tmp", "wb") as f:
                pickle.dump((CACHE_VERSION, self.new), f)
            os.replace(self.path + ".tmp", self.path)


def options_in(path):
    with open(path, "rb") as f:
        return sorted({m.decode() for m in OPTION.findall(f.read())})


def deps_in(path):
    with open(path) as f:
        text = f.read().replace("\\\n", " ")
    return text.partition(": ")[2].split()


def command_in(path):
    with open(path) as f:
        return " ".join(f.read().split()).replace("$", "$$").replace("#", "\\#")


def objects(out):
    for folder, dirs, files in os.walk(out):
        dirs[:] = [d for d in dirs if d not in ("rootfs", "include", "tests", "iso")]
        for name in files:
            if name.endswith(".cmd"):
                yield os.path.join(folder, name[:-4])


def rules(out, obj, cache, missing):
    lines = []
    command = cache.get(obj + ".cmd", command_in)
    deps = cache.get(obj + ".d", deps_in) or []
    if command:
        lines.append(f"saved_{obj} := {command}")
    options, files = set(), []
    for dep in deps:
        if dep.endswith("/generated/autoconf.h"):
            continue
        files.append(dep)
        found = cache.get(dep, options_in)
        if found is None:
            missing.add(dep)
        else:
            options.update(found)
    conf = f"{out}/include/config/"
    files += [conf + o for o in sorted(options) if os.path.exists(conf + o)]
    if files:
        lines.append(f"{obj}: " + " ".join(files))
    return lines


def write_deps(out):
    cache = Cache(f"{out}/.deps.cache")
    lines, missing = [], set()
    for obj in sorted(objects(out)):
        lines += rules(out, obj, cache, missing)
    # A header that is gone must not stop make; an empty rule rebuilds what included it.
    lines += [f"{path}:" for path in sorted(missing)]
    cache.save()
    text = "\n".join(lines) + "\n"
    try:
        with open(f"{out}/deps.mk") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(f"{out}/deps.mk.tmp", "w") as f:
        f.write(text)
    os.replace(f"{out}/deps.mk.tmp", f"{out}/deps.mk")


def main():
    out, board = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    import config
    try:
        config.do_sync(out)
    except (config.BadConfig, config.kconfiglib.KconfigError, OSError) as e:
        sys.exit(f"error: {e}")
    with open(f"{out}/include/config/board.mk") as f:
        have = dict(line.strip().split(" := ") for line in f)
    if board and board != have["BOARD"]:
        sys.exit(f"error: {out}/.config is for {have['BOARD']} ({have['ARCH']}), not {board}: "
                 f"configure with 'make {board}_defconfig' or name another directory with O=")
    write_deps(out)


if __name__ == "__main__":
    main()
