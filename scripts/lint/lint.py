#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks of the source tree that need no running kernel: make lint.

  lint.py [CHECK]...      all checks, or those named: prints path:line: message, exits 1 if any

Each check is a function check_NAME() that yields messages.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "kbuild")]
import deps
import qemu

COLUMNS = 100
FUNCTION_LINES = 80
SPDX = "SPDX-License-Identifier: MIT"
CODE = (".c", ".h", ".S")
NOT_C = (".lds.h", "/assembler.h")  # headers of linker scripts and of assembly
SPDX_NAMES = re.compile(r"(\.([chS]|py|mk|config|tbl|lds|sh)|/?Makefile(\..*)?|Kconfig(\..*)?|"
                        r"_defconfig|^scripts/setup|^\.ci/run|^\.clang-format)$")
WIDE_NAMES = re.compile(r"(\.([chS]|py|mk|tbl|sh)|/?Makefile(\..*)?|Kconfig(\..*)?)$")


def tracked_files():
    """Files that git knows or would add."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return sorted(p for p in set(out.split("\n")) if p and os.path.isfile(p))


FILES = []


def sources(suffixes=CODE):
    return [p for p in FILES if p.endswith(suffixes)]


def lines_of(path):
    with open(path, errors="replace") as f:
        return f.read().split("\n")


# ---- text ---------------------------------------------------------------------------------------


def check_format():
    """clang-format, with the tree's .clang-format, has nothing to change in C."""
    files = [p for p in sources((".c", ".h")) if not p.endswith(NOT_C)]

    def bad_lines(batch):
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *batch], text=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return re.findall(r"^(.*?:\d+):\d+: error: code should be", run.stderr, re.M)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(bad_lines, [files[i:i + 20] for i in range(0, len(files), 20)]):
            yield from (f"{where}: not as clang-format writes it" for where in found)


def check_columns():
    """No line is wider than 100 columns (a tab goes to the next multiple of 8)."""
    for path in filter(WIDE_NAMES.search, FILES):
        for number, line in enumerate(lines_of(path), 1):
            if len(line.expandtabs(8)) > COLUMNS:
                yield f"{path}:{number}: {len(line.expandtabs(8))} columns"


def check_spdx():
    """The first line (the second after #!) names the licence."""
    for path in filter(SPDX_NAMES.search, FILES):
        head = lines_of(path)[:2]
        line = head[1] if head[0].startswith("#!") and len(head) > 1 else head[0]
        if SPDX not in line:
            yield f"{path}:1: no {SPDX}"


def check_functions():
    """No function is longer than 80 lines."""
    for path in sources((".c",)):
        start, name = 0, ""
        for number, line in enumerate(lines_of(path), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start:
                if number - start - 1 > FUNCTION_LINES:
                    yield f"{path}:{start}: {number - start - 1} lines: {name[:60]}"
                start = 0
            elif re.match(r"[A-Za-z_]", line):
                name = line


def check_conditionals():
    """C files outside arch/ choose by IS_ENABLED(), by header stubs or by files, not by #if."""
    for path in sources((".c",)):
        if path.startswith(("arch/", "selftests/", "tests/", "lib/tests/", "lib/fuzz/")):
            continue
        for number, line in enumerate(lines_of(path), 1):
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
                yield f"{path}:{number}: {line.strip()}"


# ---- structure ----------------------------------------------------------------------------------


def check_deps():
    """Includes go down the layers only."""
    yield from deps.breaches(sources())


def check_headers():
    """Each header compiles alone, for every architecture that it is for. What an arch gives to
    <arch/x.h> is asm/x.h, which only that includes."""
    jobs = []
    for board in qemu.all_boards():
        flags = board_flags(board)
        for path in headers_of(board.arch):
            jobs.append((board.arch, path, flags))

    def compile_alone(job):
        arch, path, flags = job
        run = subprocess.run([*flags, "-fsyntax-only", "-x", "c", "-include", path, "/dev/null"],
                             text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        first = next((x for x in run.stderr.split("\n") if "error" in x), run.stderr[:200])
        return f"{path}:1: not self-contained ({arch}): {first}" if run.returncode else None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, jobs))


def headers_of(arch):
    for path in sources((".h",)):
        mine = path.startswith(("include/", f"arch/{arch}/include/"))
        behind = os.path.exists(f"include/arch/{path.partition('/asm/')[2] or '-'}")
        if mine and not behind and not path.endswith(NOT_C):
            yield path


def board_flags(board):
    """The compiler and its flags for a board, with its generated headers made."""
    out = f"build/check/{board.name}-lint"
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    for goal in (f"{board.name}_defconfig", "prepare"):
        run = subprocess.run(["make", "-s", f"O={out}", goal], env=env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode:
            sys.exit(f"make O={out} {goal} failed:\n{run.stdout}")
    run = subprocess.run(["make", "-s", "-f", "scripts/kbuild/Makefile.build", f"O={out}",
                          "print-compiler"], env=env, text=True, stdout=subprocess.PIPE, check=True)
    return run.stdout.split()


# ---- Kconfig ------------------------------------------------------------------------------------


def is_kconfig(path):
    return os.path.basename(path).startswith("Kconfig")


def options_used():
    """{option: first place} of CONFIG_X in everything that is compiled or read by make."""
    used = {}
    for path in FILES:
        makefile = os.path.basename(path).startswith("Makefile")
        if path.startswith(("lib/tests/", "selftests/")):
            continue
        if path.endswith(CODE + (".tbl",)) or makefile:
            for number, line in enumerate(lines_of(path), 1):
                line = line.partition("#")[0] if makefile else line
                for name in re.findall(r"\bCONFIG_([A-Z0-9_]+)\b", line):
                    used.setdefault(name, f"{path}:{number}")
    return used


def where_defined(item):
    return f"{item.nodes[0].filename}:{item.nodes[0].linenr}"


def check_kconfig():
    """Options have help, exist where used, are used, and select only what has no prompt."""
    import config
    kconf = config.load_tree()
    used, defined = options_used(), {s.name: s for s in kconf.unique_defined_syms}
    for name, where in sorted(used.items()):
        if name not in defined and name != "X":
            yield f"{where}: CONFIG_{name} is not defined in any Kconfig"
    for sym in kconf.syms.values():
        if not sym.nodes and not sym.is_constant and re.match(r"(?!MODULES)[A-Z]", sym.name):
            yield f"Kconfig: {sym.name} is used in an expression and defined nowhere"
    selected = {s.name for d in defined.values() for s, _ in d.selects + d.implies}
    referenced = selected | {item.name for d in defined.values() for item in d.referenced
                             if hasattr(item, "name")}
    for sym in defined.values():
        prompts = [n for n in sym.nodes if n.prompt]
        if prompts and not any(n.help for n in sym.nodes):
            yield f"{where_defined(sym)}: {sym.name} has no help"
        if sym.name not in used and sym.name not in referenced and not sym.choice:
            yield f"{where_defined(sym)}: {sym.name} is not used by anything"
        for target, _ in sym.selects:
            if any(n.prompt for n in target.nodes):
                yield f"{where_defined(sym)}: {sym.name} selects {target.name}, which has a prompt"
    for choice in kconf.unique_choices:
        if not any(n.help for n in choice.nodes):
            yield f"{where_defined(choice)}: choice {choice.name or ''} has no help"


def check_configs():
    """Every board has a defconfig that can be had, and every fragment can be had on every board."""
    import config
    fragments = sorted(p.split("/")[1] for p in FILES if re.match(r"configs/.*\.config$", p))
    for board in config.boards():
        base = f"configs/{board}_defconfig"
        if not os.path.exists(base):
            yield f"{base}: is not there"
            continue
        for fragment in [None] + fragments:
            kconf = config.load_tree()
            config.choose_board(kconf, board)
            paths = [base] + (config.fragments(fragment, board) if fragment else [])
            if fragment == "tiny.config":
                config.set_all(kconf, board, 0)
                paths = paths[1:] + config.fragments("boot", board)
            answers = [config.Answers(kconf, path) for path in paths]
            for a in answers:
                config.apply(kconf, a)
            for a in answers:
                for message in a.bad + a.unknown + config.unmet(kconf, a):
                    yield f"{message} (board {board})"


# ---- generated pages ----------------------------------------------------------------------------


def check_generated():
    """Committed pages are what their generators write now."""
    if not os.path.exists("kernel/syscall/syscalls.tbl"):
        return
    run = subprocess.run([sys.executable, "scripts/syscalltbl.py", "--check-doc",
                          "Documentation/syscalls.md"], text=True, stderr=subprocess.PIPE)
    if run.returncode:
        yield run.stderr.strip()


CHECKS = [check_format, check_columns, check_spdx, check_functions, check_conditionals, check_deps,
          check_headers, check_kconfig, check_configs, check_generated]


def run_check(check):
    """Messages of one check."""
    if not FILES:
        FILES[:] = tracked_files()
    return list(check())


def main():
    wanted = sys.argv[1:]
    total = 0
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        if wanted and name not in wanted:
            continue
        messages = run_check(check)
        total += len(messages)
        for message in messages:
            print(message)
        print(f"lint: {name}: {len(messages) or 'ok'}", flush=True)
    sys.exit(total > 0)


if __name__ == "__main__":
    main()
