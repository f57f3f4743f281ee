#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares include/uapi with the distribution's own kernel headers, for both architectures.

  check.py [x86_64|aarch64]...     SUITE=uapi, or a header's name: only that

For each of our headers it takes the distribution's headers of the same name (and those that
headers.txt adds) and compares: the value of every macro and enumerator that both define; size, and
every member's offset and size, of every structure and union that both define. What their header
defines and ours does not is an error too, unless a pattern in headers.txt says that we leave it
out. The last case compares kernel/syscall/syscalls.tbl with the distribution's numbers. Prints
KTAP.
"""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ARCHES = {
    "x86_64": ("gcc", "x86_64-linux-gnu-gcc",
               ["/usr/include/x86_64-linux-gnu", "/usr/include"]),
    "aarch64": ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-gcc",
                ["/usr/aarch64-linux-gnu/include"]),
}


class Failure(Exception):
    pass


def run(argv, text=None):
    return subprocess.run(argv, input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, env=dict(os.environ, LC_ALL="C"))


class Side:
    """One set of headers as one compiler sees it."""

    def __init__(self, arch, include):
        gcc, cross, _ = ARCHES[arch]
        self.gcc = gcc if os.uname().machine == arch or gcc != "gcc" else cross
        own = run([self.gcc, "-print-file-name=include"]).stdout.strip()
        self.flags = ["-std=gnu11", "-ffreestanding", "-w", "-nostdinc", "-isystem", own]
        for d in include:
            self.flags += ["-isystem", d]
        self.include = include

    def find(self, name):
        return any(os.path.exists(f"{d}/{name}") for d in self.include)

    def macros(self, source):
        """name -> (text, basename of the file that defines it) of object-like macros."""
        r = run([self.gcc, *self.flags, "-E", "-dD", "-x", "c", "-"], source)
        if r.returncode:
            raise Failure(r.stderr)
        where, found = "", {}
        for line in r.stdout.splitlines():
            m = re.match(r'# \d+ "([^"]*)"', line)
            if m:
                where = m.group(1)
            m = re.match(r"#define (\w+)(?: (.*))?$", line)
            if m and not where.startswith("<"):
                found[m.group(1)] = ((m.group(2) or "").strip(), where)
            m = re.match(r"#undef (\w+)", line)
            if m:
                found.pop(m.group(1), None)
        return found

    def values(self, source, names):
        """name -> integer, for those macros and enumerators that are integers."""
        names = list(names)
        while names:
            lines = [source.replace("\n", " \n")]
            first = lines[0].count("\n") + 1
            text = lines[0] + "".join(
                f"const unsigned long long keel_v{i} = (unsigned long long)({n});\n"
                for i, n in enumerate(names))
            with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
                f.write(text)
                f.flush()
                r = run([self.gcc, *self.flags, "-fmax-errors=0", "-S", "-o", "-", f.name])
                bad = {int(n) - first for n in re.findall(
                    re.escape(f.name) + r":(\d+):\d+: (?:fatal )?error", r.stderr)}
            if not r.returncode:
                return self._read_assembly(r.stdout, names)
            bad = {b for b in bad if 0 <= b < len(names)}
            if not bad:
                raise Failure(r.stderr[:2000])
            names = [n for i, n in enumerate(names) if i not in bad]
        return {}

    @staticmethod
    def _read_assembly(text, names):
        out = {}
        for m in re.finditer(r"^keel_v(\d+):\n\s+\.(quad|xword|zero)\s+(\S+)", text, re.M):
            if m.group(2) == "zero":
                out[names[int(m.group(1))]] = 0
            elif re.fullmatch(r"-?\d+", m.group(3)):
                out[names[int(m.group(1))]] = int(m.group(3)) & (1 << 64) - 1
        return out

    def debug_info(self, source):
        with tempfile.TemporaryDirectory() as d:
            r = run([self.gcc, *self.flags, "-gdwarf-4", "-fno-eliminate-unused-debug-types",
                     "-fno-eliminate-unused-debug-symbols", "-c", "-x", "c", "-o", f"{d}/o.o", "-"],
                    source)
            if r.returncode:
                raise Failure(r.stderr[:2000])
            dump = run(["readelf", "-wi", f"{d}/o.o"]).stdout
            lines = run(["readelf", "-wl", f"{d}/o.o"]).stdout
        return Dwarf(dump, lines)


class Dwarf:
    """Structures and enumerators out of `readelf -wi`."""

    ENTRY = re.compile(r" <(\w+)><(\w+)>: Abbrev Number: (\d+)(?: \((DW_TAG_\w+)\))?")
    ATTRIBUTE = re.compile(r"    <\w+>\s+(DW_AT_\w+)\s*: (.*)")

    def __init__(self, text, lines):
        self.dies, stack = {}, []
        die = None
        for line in text.splitlines():
            m = self.ENTRY.match(line)
            if m:
                if not m.group(4):
                    continue
                level = int(m.group(1), 16)
                die = {"tag": m.group(4)[7:], "kids": []}
                self.dies[int(m.group(2), 16)] = die
                del stack[level:]
                if stack:
                    stack[-1]["kids"].append(die)
                stack.append(die)
                continue
            m = self.ATTRIBUTE.match(line)
            if m and die is not None:
                die[m.group(1)[6:]] = self._value(m.group(2))
        self.files = dict((int(n), name) for n, name in re.findall(
            r"^  (\d+)\t\d+\t\d+\t\d+\t(\S+)", lines, re.M))
        self.structs, self.enumerators = {}, {}
        for die in self.dies.values():
            self._collect(die)

    @staticmethod
    def _value(text):
        text = text.strip()
        m = re.match(r"\(indirect string, offset: \w+\): (.*)", text)
        if m:
            return m.group(1).strip()
        m = re.match(r"<0x(\w+)>", text)
        if m:
            return int(m.group(1), 16)
        m = re.match(r"\(\w+\) (\S+)", text)
        if m:
            text = m.group(1)
        try:
            return int(text.split()[0], 0)
        except (ValueError, IndexError):
            return text

    def _collect(self, die):
        if die["tag"] == "enumerator":
            self.enumerators[die["name"]] = die
        if die["tag"] in ("structure_type", "union_type") and "byte_size" in die:
            if "name" in die:
                self.structs[die["name"]] = die
        if die["tag"] == "typedef" and "type" in die:
            of = self.dies.get(die["type"], {})
            if of.get("tag") in ("structure_type", "union_type") and "name" not in of \
                    and "byte_size" in of:
                self.structs.setdefault(die["name"], dict(of, decl_file=die.get("decl_file")))

    def where(self, die):
        return self.files.get(die.get("decl_file"), "")

    def size(self, ref):
        die = self.dies.get(ref, {})
        if "byte_size" in die:
            return die["byte_size"]
        if die.get("tag") == "array_type":
            n = self.size(die["type"])
            for kid in die["kids"]:
                bound = kid.get("upper_bound", kid.get("count", 0) - 1)
                n *= bound + 1 if isinstance(bound, int) and bound < 1 << 32 else 0
            return n
        return self.size(die["type"]) if "type" in die else 0

    def resolve(self, ref):
        die = self.dies.get(ref, {})
        while die.get("tag") in ("typedef", "const_type", "volatile_type", "atomic_type"):
            if "type" not in die:
                break
            die = self.dies[die["type"]]
        return die

    def members(self, die, prefix="", base=0):
        """name -> (offset, size), anonymous structures opened."""
        out = {}
        for kid in die["kids"]:
            if kid["tag"] != "member":
                continue
            offset = base + kid.get("data_member_location", 0)
            of = self.resolve(kid["type"])
            inner = of.get("tag") in ("structure_type", "union_type") and "name" not in of
            name = kid.get("name")
            if inner:
                out.update(self.members(of, f"{prefix}{name}." if name else prefix, offset))
            if name and self.size(kid["type"]):
                bits = f" bits {kid['bit_size']}" if "bit_size" in kid else ""
                out[prefix + name] = f"{offset} size {self.size(kid['type'])}{bits}"
        return out


class Rules:
    """headers.txt: which of their headers belong to ours, and what we leave out."""

    def __init__(self, path):
        self.extra, self.omit, self.alone, self.layout = {}, [], set(), set()
        with open(path, encoding="ascii") as f:
            for n, line in enumerate(f, 1):
                words = line.split("#")[0].split()
                if not words:
                    continue
                if words[0] == "with":
                    self.extra.setdefault(words[1], []).extend(words[2:])
                elif words[0] == "only":
                    self.alone.add(words[1])
                    self.extra.setdefault(words[1], []).extend(words[2:])
                elif words[0] == "omit":
                    self.omit.extend(words[1:])
                elif words[0] == "layout":
                    self.layout.update(words[1:])
                else:
                    raise SystemExit(f"{path}:{n}: unknown word {words[0]}")

    def omitted(self, name):
        return any(fnmatch.fnmatchcase(name, p) for p in self.omit)

    def theirs(self, name, side):
        found = [] if name in self.alone else [f"linux/{name}", f"asm/{name}"]
        if not side.find(f"asm/{name}") and name not in self.alone:
            found.append(f"asm-generic/{name}")
        return [h for h in found + self.extra.get(name, []) if side.find(h)]


class Ours:
    """All of our headers at once: they go together."""

    def __init__(self, side, names):
        self.source = "".join(f"#include <uapi/{n}>\n" for n in names)
        self.macros = side.macros(self.source)
        self.debug = side.debug_info(self.source)
        self.known = set(self.macros) | set(self.debug.enumerators)
        self.values = side.values(self.source, sorted(self.known))


def compare(name, ours, theirs, rules):
    """Problems of one header, as texts; and how many things were compared."""
    problems, count = [], 0
    headers = rules.theirs(name, theirs)
    if not headers:
        return [], 0
    their_source = "".join(f"#include <{h}>\n" for h in headers)
    files = tuple("/" + h for h in headers) + tuple(
        "/" + h.replace("linux/", "asm/", 1) for h in headers) + tuple(
        "/" + h.replace("asm/", "asm-generic/", 1) for h in headers) + tuple(
        f"/{d}/{n}" for h in headers for d in ("asm", "asm-generic") for n in [os.path.basename(h)])

    b, da, db = theirs.macros(their_source), ours.debug, theirs.debug_info(their_source)
    wanted = {n for n, (_, where) in b.items() if where.endswith(files)}
    known, va = ours.known, ours.values
    vb = theirs.values(their_source, sorted(wanted | set(db.enumerators) | (set(b) & known)))
    for n, value in sorted(vb.items()):
        if n in va:
            count += 1
            if va[n] != value:
                problems.append(f"{n} is {va[n]:#x}, in the distribution {value:#x}")
        elif n in known and n in b:
            problems.append(f"{n} has a value only in the distribution: {value:#x}")
        elif (n in wanted or os.path.basename(db.where(db.enumerators.get(n, {}))) in
              {os.path.basename(h) for h in headers}) and not rules.omitted(n):
            problems.append(f"{n} is missing: {value:#x}")
    names = {os.path.basename(h) for h in headers}
    for n, die in sorted(db.structs.items()):
        if n not in da.structs:
            if os.path.basename(db.where(die)) in names and not rules.omitted(n):
                problems.append(f"struct {n} is missing ({die['byte_size']} bytes)")
            continue
        count += 1
        problems += compare_struct(n, da, db, rules)
    return problems, count


def compare_struct(name, da, db, rules):
    ours, theirs = da.structs[name], db.structs[name]
    problems = []
    if ours["byte_size"] != theirs["byte_size"]:
        problems.append(f"struct {name} has {ours['byte_size']} bytes, "
                        f"in the distribution {theirs['byte_size']}")
    ma, mb = da.members(ours), db.members(theirs)
    if name in rules.layout:  # names are a matter of taste here
        ma, mb = ({v: v for v in m.values()} for m in (ma, mb))
        ma = {v: v for v in ma if v in mb}
    for member in list(mb) + [m for m in ma if m not in mb]:
        parent = member.rpartition(".")[0]
        if parent and ma.get(parent, 0) == mb.get(parent) and \
                not all(any(k.startswith(parent + ".") for k in m) for m in (ma, mb)):
            continue  # one side gives the whole, the other its parts
        if ma.get(member) != mb.get(member):
            problems.append(f"struct {name}, {member}: {ma.get(member, 'missing')}, "
                            f"in the distribution {mb.get(member, 'missing')}")
    return problems


def compare_syscalls(arch, theirs):
    column = {"x86_64": 1, "aarch64": 2}[arch]
    ours = {}
    with open(f"{TOP}/kernel/syscall/syscalls.tbl", encoding="ascii") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words and words[column] != "-":
                ours[words[0]] = int(words[column])
    source = "#include <asm/unistd.h>\n"
    names = [n for n in theirs.macros(source) if n.startswith("__NR_")]
    numbers = {n[5:]: v for n, v in theirs.values(source, names).items()
               if n not in ("__NR_syscalls", "__NR_arch_specific_syscall")}
    problems = [f"{n} is {ours.get(n, 'missing')}, in the distribution {v}"
                for n, v in numbers.items() if ours.get(n) != v]
    problems += [f"{n} is not in the distribution" for n in ours if n not in numbers]
    if len(set(ours.values())) != len(ours):
        problems.append("two calls have one number")
    return problems, len(numbers)


def run_all(cases):
    """(name, problems, count) of each case, in order."""
    def attempt(case):
        try:
            return case[0], *case[1]()
        except Failure as e:
            return case[0], str(e).splitlines(), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(attempt, cases)


def main():
    rules = Rules(f"{TOP}/tests/uapi/headers.txt")
    suite = os.environ.get("SUITE", "")
    names = sorted(os.listdir(f"{TOP}/include/uapi"))
    if suite and suite != "uapi":
        names = [n for n in names if n.removesuffix(".h") == suite.removesuffix(".h")]
        if not names and suite != "syscalls.tbl":
            print("KTAP version 1\n1..0 # SKIP no suite of that name here")
            return False
    arches = sys.argv[1:] or list(ARCHES)
    failed_any = False
    print(f"KTAP version 1\n1..{len(arches)}")
    for number, arch in enumerate(arches, 1):
        side = Side(arch, [f"{TOP}/include", f"{TOP}/arch/{arch}/include"])
        ours = Ours(side, sorted(os.listdir(f"{TOP}/include/uapi")))
        theirs = Side(arch, ARCHES[arch][2])
        cases = [(n, lambda n=n: compare(n, ours, theirs, rules)) for n in names]
        cases.append(("syscalls.tbl", lambda: compare_syscalls(arch, theirs)))
        print(f"    KTAP version 1\n    # Subtest: uapi-{arch}\n    1..{len(cases)}")
        failed = 0
        for i, (name, problems, count) in enumerate(run_all(cases), 1):
            for p in problems:
                print(f"    # {p}")
            failed += bool(problems)
            skip = "" if count or problems else \
                " # SKIP the distribution has no header of this kind"
            print(f"    {'not ok' if problems else 'ok'} {i} {name}{skip}", flush=True)
        print(f"{'not ok' if failed else 'ok'} {number} uapi-{arch}")
        failed_any |= failed > 0
    return failed_any


sys.exit(main())
