#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reads KTAP: what the in-kernel suites, the selftests and the host tests print.

  ktap.py [FILE]     prints failures and a summary line; exit status 1 if anything failed

Other text may stand between, and a log's time stamp before, the lines. Only innermost results
count as tests. Besides `not ok`, these are failures: a plan that the results do not fulfil, numbers
out of order, a group reported as failed without a failed member, output that ends inside a group,
a kernel that panics or warns, and no results at all.
"""
import re
import sys
from dataclasses import dataclass, field

STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
PLAN = re.compile(r"^( *)1\.\.(\d+)(?: *# *SKIP\b *(.*))?\s*$")
RESULT = re.compile(r"^( *)(ok|not ok) (\d+)\b(?:(?: -)? ([^#]*?))?\s*(?:#\s*(\w+)\b:?\s*(.*))?$")
SUBTEST = re.compile(r"^( *)# Subtest: (.*)$")
DIAGNOSTIC = re.compile(r"^ *# ?(.*)$")
VERSION = re.compile(r"^( *)K?TAP version \d+")
CRASH = re.compile(r"Kernel panic|kernel BUG at|\bBUG: |Oops:|\bWARNING(: | at )|"
                   r"runtime error:|lockdep: |"
                   r"ERROR: \w+Sanitizer")


@dataclass
class Case:
    name: str
    verdict: str  # passed, failed or skipped
    detail: list = field(default_factory=list)


@dataclass
class Group:
    indent: int
    name: str = ""
    plan: int = None
    count: int = 0
    failed: int = 0


class Reader:
    """Feed it lines; then finish() and look at cases and problems (texts)."""

    def __init__(self, label=""):
        self.label, self.cases, self.problems = label, [], []
        self.groups, self.notes = [], []

    def feed_text(self, text):
        for line in text.splitlines():
            self.feed(line)
        return self

    def feed(self, line):
        line = STAMP.sub("", line.rstrip())
        for pattern, action in ((RESULT, self._result), (PLAN, self._plan),
                                (SUBTEST, self._subtest), (VERSION, self._version)):
            m = pattern.match(line)
            if m:
                action(m)
                return
        if CRASH.search(line):
            self.problems.append(line.strip())
        m = DIAGNOSTIC.match(line)
        if m and m[1]:
            self.notes = self.notes[-20:] + [m[1]]

    def _group(self, indent):
        """The group of that indent; deeper ones are over."""
        while self.groups and self.groups[-1].indent > indent:
            self._close(self.groups.pop())
        if not self.groups or self.groups[-1].indent < indent:
            self.groups.append(Group(indent))
        return self.groups[-1]

    def _close(self, group):
        if group.plan is not None and group.count != group.plan:
            self.problems.append(f"{self._path(group.name) or 'top level'}: planned {group.plan} "
                                 f"tests, {group.count} reported")

    def _path(self, name):
        names = [g.name for g in self.groups if g.name] + ([name] if name else [])
        return ".".join(names)

    def _version(self, m):
        indent = len(m[1])
        if self.groups and self.groups[-1].indent == indent and self.groups[-1].count:
            self._close(self.groups.pop())

    def _plan(self, m):
        self._group(len(m[1])).plan = int(m[2])

    def _subtest(self, m):
        self._group(len(m[1])).name = m[2].strip()

    def _result(self, m):
        indent, ok, number = len(m[1]), m[2] == "ok", int(m[3])
        name, directive, reason = m[4] or m[3], (m[5] or "").upper(), m[6] or ""
        inner = [g for g in self.groups if g.indent > indent]
        failed_inside = sum(g.failed for g in inner)
        group = self._group(indent)
        group.count += 1
        if number != group.count:
            self.problems.append(f"{self._path(name)}: number {number} where {group.count} was due")
            group.count = number
        if inner and any(g.count for g in inner):
            if not ok and not failed_inside:
                self.problems.append(f"{self._path(name)}: reported as failed, no test of it did")
            group.failed += failed_inside
            return
        verdict = "skipped" if directive == "SKIP" else "passed" if ok or directive == "TODO" \
            else "failed"
        group.failed += verdict == "failed"
        detail = [reason] if verdict == "skipped" else self.notes if verdict == "failed" else []
        self.cases.append(Case(self._path(name), verdict, detail))
        if verdict == "skipped" and not reason:
            self.problems.append(f"{self._path(name)}: skipped without a reason")
        self.notes = []

    def finish(self):
        while self.groups:
            group = self.groups.pop()
            if self.groups and group.count:
                self.problems.append(f"output ends inside {self._path(group.name)}")
            self._close(group)
        if not self.cases:
            self.problems.append("no test results")
        return self

    def count(self, verdict):
        extra = len(self.problems) if verdict == "failed" else 0
        return sum(c.verdict == verdict for c in self.cases) + extra

    @property
    def ok(self):
        return not self.count("failed")

    def failures(self):
        """A text for each failure."""
        prefix = f"{self.label}: " if self.label else ""
        for case in self.cases:
            if case.verdict == "failed":
                yield "\n".join([f"FAILED {prefix}{case.name}"] + ["    " + d for d in case.detail])
        for problem in self.problems:
            yield f"FAILED {prefix}{problem}"


def summary(passed, failed, skipped):
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def main():
    with open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin as f:
        reader = Reader().feed_text(f.read()).finish()
    for text in reader.failures():
        print(text)
    print(summary(*map(reader.count, ("passed", "failed", "skipped"))))
    sys.exit(not reader.ok)


if __name__ == "__main__":
    main()
