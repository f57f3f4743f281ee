#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Configuration verbs over kconfiglib, and the files a build reads from a configuration.

usage: config.py OUT VERB [ARG...]      (run in the top directory; OUT is the build directory)

  defconfig BOARD        configs/BOARD_defconfig, then defaults
  tinyconfig BOARD       everything off, then the fragments tiny and boot
  allnoconfig BOARD      everything off that can be
  allyesconfig BOARD     everything on that can be
  randconfig BOARD       random answers; prints the seed, which KCONFIG_SEED repeats
  olddefconfig           OUT/.config, then defaults for what is new
  merge FRAGMENT...      OUT/.config changed by fragments: a path, or NAME for configs/NAME.config
                         and boards/BOARD/NAME.config
  menuconfig             the menu of kconfiglib
  savedefconfig          OUT/defconfig: only what differs from the defaults
  sync                   OUT/.config -> include/generated/autoconf.h, include/config/*

KCONFIG_ALLCONFIG names fragments whose answers all{no,yes}config and randconfig must keep.

What a file asks for and does not get is always reported by name: lines that cannot be read,
symbols that do not exist, values whose dependencies are not met, choices with two answers. For a
defconfig or a fragment that is an error. For OUT/.config, which may simply be older than the
tree, unreadable lines and values are errors and the rest are warnings.
"""
import glob
import os
import random
import re
import sys

import kconfiglib
from kconfiglib import BOOL, HEX, INT, STRING, TRISTATE, expr_str

BOARD_CHOICE = "BOARD"
ASSIGN = re.compile(r"CONFIG_(\w+)=(.*)$")
UNSET = re.compile(r"# CONFIG_(\w+) is not set$")


class BadConfig(Exception):
    pass


def tell(msg):
    print(msg, file=sys.stderr)


def load_tree():
    os.environ.setdefault("srctree", ".")
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    if kconf.warnings:
        raise BadConfig("Kconfig files are wrong:\n" + "\n".join(kconf.warnings))
    return kconf


def boards():
    return sorted(p.split("/")[1] for p in glob.glob("boards/*/board.mk"))


def board_of(kconf):
    choice = kconf.named_choices.get(BOARD_CHOICE)
    if not choice or not choice.selection:
        raise BadConfig("no board is selected (choice 'Board'): one of " + ", ".join(boards()))
    return choice.selection.name.removeprefix("BOARD_").lower().replace("_", "-")


def arch_of(board):
    with open(f"boards/{board}/board.mk") as f:
        for line in f:
            m = re.match(r"ARCH\s*:?=\s*(\S+)", line)
            if m:
                return m[1]
    raise BadConfig(f"boards/{board}/board.mk does not set ARCH")


# ---- reading files of answers, and checking that they were obeyed -------------------------------


class Answers:
    """What one file asks for: {name: (value, "file:line")}, and the lines that cannot be read."""

    def __init__(self, kconf, path):
        self.path, self.values, self.bad, self.unknown = path, {}, [], []
        with open(path) as f:
            for number, line in enumerate(f, 1):
                self._line(kconf, line.rstrip("\n"), f"{path}:{number}")

    def _line(self, kconf, line, where):
        unset = UNSET.match(line)
        if not unset and (not line.strip() or line.startswith("#")):
            return
        m = unset or ASSIGN.match(line)
        if not m:
            self.bad.append(f"{where}: not a configuration line: {line!r}")
            return
        name, value = m[1], "n" if unset else m[2]
        sym = kconf.syms.get(name)
        if sym is None or not sym.nodes:
            self.unknown.append(f"{where}: CONFIG_{name}: no such option")
            return
        if sym.orig_type == STRING:
            quoted = re.match(r'"((?:[^"\\]|\\.)*)"$', value)
            if not quoted:
                self.bad.append(f'{where}: CONFIG_{name}={value}: a string must be "quoted"')
                return
            value = kconfiglib.unescape(quoted[1])
        elif not good_value(sym, value):
            kind = kconfiglib.TYPE_TO_STR[sym.orig_type]
            self.bad.append(f"{where}: CONFIG_{name}={value}: not a {kind}")
            return
        self.values[name] = (value, where)


def good_value(sym, value):
    if sym.orig_type in (BOOL, TRISTATE):
        return value in ("y", "n")
    try:
        int(value, 16 if sym.orig_type == HEX else 10)
    except ValueError:
        return False
    return True


def apply(kconf, answers):
    """Gives the answers of a file to kconf (settable symbols only; the rest is checked after)."""
    for name, (value, _) in answers.values.items():
        kconf.syms[name].set_value(value)


def same(sym, value):
    if sym.orig_type in (INT, HEX) and sym.str_value:
        base = 16 if sym.orig_type == HEX else 10
        return int(sym.str_value, base) == int(value, base)
    return sym.str_value == value


def why_not(kconf, sym, value):
    if sym.choice and value == "y":
        chosen = sym.choice.selection
        return f"the choice is {chosen.name}" if chosen else "its choice is not available"
    if all(node.prompt is None for node in sym.nodes):
        return "it cannot be set: it follows from other options"
    if kconfiglib.expr_value(sym.direct_dep) == 0:
        return "it depends on " + expr_str(sym.direct_dep)
    if value == "n" and kconfiglib.expr_value(sym.rev_dep):
        return "it is selected by " + expr_str(sym.rev_dep)
    for low, high, cond in sym.ranges:
        if kconfiglib.expr_value(cond):
            return f"its range is {low.str_value} to {high.str_value}"
    return "its prompt is not visible"


def unmet(kconf, answers, quiet_no=True):
    """Answers that were not obeyed, one text each. Asking n of what cannot be had is met."""
    out = []
    for name, (value, where) in answers.values.items():
        sym = kconf.syms[name]
        if same(sym, value) or (sym.orig_type in (BOOL, TRISTATE) and value == sym.str_value):
            continue
        has_prompt = any(node.prompt for node in sym.nodes)
        if not has_prompt and answers.path.endswith("/.config"):
            continue  # a derived value in an old .config is only stale
        if quiet_no and value == "n" and sym.choice:
            continue
        if not sym.str_value and sym.orig_type not in (BOOL, TRISTATE):
            got = "has no value"
        else:
            got = f"is {sym.str_value}"
        out.append(f"{where}: CONFIG_{name}={value} cannot be had ({got}): "
                   + why_not(kconf, sym, value))
    return out


def report(answers, problems, strict):
    for msg in answers.bad:
        tell("error: " + msg)
    for msg in answers.unknown + problems:
        tell(("error: " if strict else "warning: ") + msg)
    if answers.bad or (strict and (answers.unknown or problems)):
        raise BadConfig(f"{answers.path}: not usable as it is")


def load_config(kconf, path, strict=False):
    answers = Answers(kconf, path)
    apply(kconf, answers)
    report(answers, unmet(kconf, answers), strict)


def merge(kconf, paths):
    files = [Answers(kconf, p) for p in paths]
    for answers in files:
        apply(kconf, answers)
    last = {name: a for a in files for name in a.values}
    for answers in files:
        answers.values = {n: v for n, v in answers.values.items() if last[n] is answers}
        report(answers, unmet(kconf, answers), strict=True)


# ---- verbs --------------------------------------------------------------------------------------


def choose_board(kconf, board):
    if board not in boards():
        raise BadConfig(f"no board {board!r}: one of " + ", ".join(boards()))
    sym = kconf.syms.get("BOARD_" + board.upper().replace("-", "_"))
    if sym is None or not sym.choice:
        raise BadConfig(f"boards/{board}/Kconfig does not define the choice answer of the board")
    sym.set_value(2)
    for other in sym.choice.syms:
        if other is not sym:
            other.set_value(0)


def forced(kconf, board):
    """The answers of KCONFIG_ALLCONFIG, given: one Answers a file."""
    names = os.environ.get("KCONFIG_ALLCONFIG", "").split()
    found = [Answers(kconf, path) for name in names for path in fragments(name, board)]
    for answers in found:
        apply(kconf, answers)
    return found


def settable(kconf, keep):
    for sym in kconf.unique_defined_syms:
        if sym.name in keep or not any(node.prompt for node in sym.nodes):
            continue
        yield sym


def names_in(files):
    return {name for answers in files for name in answers.values}


def must_have(kconf, files):
    for answers in files:
        report(answers, unmet(kconf, answers), strict=True)


def set_all(kconf, board, value):
    choose_board(kconf, board)
    keep = forced(kconf, board)
    kept = names_in(keep)
    kconf.warn = False
    for sym in settable(kconf, kept):
        if sym.orig_type in (BOOL, TRISTATE) and not sym.choice:
            sym.set_value(value)
    must_have(kconf, keep)


def random_config(kconf, board):
    given = os.environ.get("KCONFIG_SEED")
    seed = int(given, 0) if given else random.SystemRandom().randrange(1 << 32)
    print(f"KCONFIG_SEED={seed}")
    rng = random.Random(seed)
    choose_board(kconf, board)
    keep = forced(kconf, board)
    kept = names_in(keep)
    kconf.warn = False
    for sym in settable(kconf, kept):
        if sym.orig_type in (BOOL, TRISTATE) and not sym.choice:
            sym.set_value(2 * rng.randrange(2))
    for choice in kconf.unique_choices:
        names = {s.name for s in choice.syms}
        if choice.name == BOARD_CHOICE or names & kept:
            continue
        options = [s for s in choice.syms if s.visibility]
        if options:
            rng.choice(options).set_value(2)
    must_have(kconf, keep)


def tiny(kconf, board):
    set_all(kconf, board, 0)
    merge(kconf, fragments("tiny", board) + fragments("boot", board))


def fragments(name, board):
    """The files of a fragment: a path, or configs/NAME and what the board adds to it."""
    name = name if name.endswith(".config") or os.path.isfile(name) else name + ".config"
    places = (name, f"configs/{name}", f"boards/{board}/{name}")
    found = [p for p in places if os.path.isfile(p)]
    if not found:
        have = ", ".join(sorted(os.path.basename(p) for p in glob.glob("configs/*.config")))
        raise BadConfig(f"no configuration fragment {name!r}; in configs/: {have}")
    return found


def menuconfig(kconf, config):
    os.environ["KCONFIG_CONFIG"] = config
    os.environ.setdefault("MENUCONFIG_STYLE", "default")
    from menuconfig import menuconfig as run
    run(kconf)


# ---- what a build reads -------------------------------------------------------------------------


def write_if_changed(path, text):
    try:
        with open(path) as f:
            if f.read() == text:
                return False
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w") as f:
        f.write(text)
    os.replace(path + ".tmp", path)
    return True


def read_auto_conf(path):
    try:
        with open(path) as f:
            return dict(line.rstrip("\n").split("=", 1) for line in f if line.startswith("CONFIG_"))
    except FileNotFoundError:
        return {}


def auto_conf_text(kconf):
    lines = ["# generated from .config: do not edit\n"]
    for sym in kconf.unique_defined_syms:
        if sym.config_string.startswith("CONFIG_"):
            lines.append(sym.config_string)
    return "".join(lines)


def autoconf_h_text(kconf):
    out = ["/* generated from .config: do not edit */\n"]
    for sym in kconf.unique_defined_syms:
        if not sym.config_string.startswith("CONFIG_"):
            continue
        value = sym.config_string.rstrip("\n").split("=", 1)[1]
        if sym.orig_type in (BOOL, TRISTATE):
            value = "1"
        elif sym.orig_type == HEX and not value.startswith("0x"):
            value = "0x" + value
        out.append(f"#define CONFIG_{sym.name} {value}\n")
    return "".join(out)


def sync(kconf, out):
    """Writes the outputs; touches include/config/X for every option X whose value changed."""
    conf_dir = f"{out}/include/config"
    auto = f"{conf_dir}/auto.conf"
    old = read_auto_conf(auto)
    text = auto_conf_text(kconf)
    new = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("CONFIG_"))
    os.makedirs(conf_dir, exist_ok=True)
    for name in old.keys() | new.keys():
        if old.get(name) != new.get(name):
            with open(f"{conf_dir}/{name.removeprefix('CONFIG_')}", "w"):
                pass
    board = board_of(kconf)
    write_if_changed(f"{out}/include/generated/autoconf.h", autoconf_h_text(kconf))
    write_if_changed(f"{conf_dir}/board.mk", f"BOARD := {board}\nARCH := {arch_of(board)}\n")
    write_if_changed(auto, text)
    files = sorted(set(kconf.kconfig_filenames) | kconfig_globs())
    with open(f"{conf_dir}/kconfig.files", "w") as f:
        f.write("\n".join(files) + "\n")


def kconfig_globs():
    return set(glob.glob("*/Kconfig") + glob.glob("*/*/Kconfig"))


def in_sync(out):
    """True if nothing that sync() reads is newer than its outputs, and no Kconfig has appeared."""
    stamp = f"{out}/include/config/kconfig.files"
    try:
        made = os.stat(stamp).st_mtime_ns
        with open(stamp) as f:
            files = f.read().split()
        inputs = files + [f"{out}/.config", __file__] + glob.glob("boards/*/board.mk")
        newest = max(os.stat(p).st_mtime_ns for p in inputs)
    except OSError:
        return False
    return newest <= made and kconfig_globs() <= set(files)


def do_sync(out):
    if in_sync(out):
        return
    kconf = load_tree()
    load_config(kconf, f"{out}/.config")
    sync(kconf, out)
    kconf.write_config(f"{out}/.config")
    os.utime(f"{out}/include/config/kconfig.files")


def write_config(kconf, out):
    os.makedirs(out, exist_ok=True)
    board_of(kconf)
    kconf.write_config(f"{out}/.config")
    print(f"{out}/.config: board {board_of(kconf)} ({arch_of(board_of(kconf))})")


def run_verb(out, verb, args):
    config = f"{out}/.config"
    if verb == "sync":
        do_sync(out)
        return
    kconf = load_tree()
    if verb in ("olddefconfig", "merge", "menuconfig", "savedefconfig"):
        if not os.path.exists(config):
            raise BadConfig(f"{config} does not exist: run 'make defconfig' first")
        load_config(kconf, config)
    if verb == "menuconfig":
        menuconfig(kconf, config)
        return
    if verb == "savedefconfig":
        kconf.write_min_config(f"{out}/defconfig")
        print(f"{out}/defconfig written")
        return
    if verb == "defconfig":
        path = f"configs/{args[0]}_defconfig"
        if not os.path.exists(path):
            raise BadConfig(f"no {path}; boards: " + ", ".join(boards()))
        choose_board(kconf, args[0])
        load_config(kconf, path, strict=True)
    elif verb == "merge":
        merge(kconf, [path for a in args for path in fragments(a, board_of(kconf))])
    elif verb != "olddefconfig":
        {"tinyconfig": tiny, "randconfig": random_config,
         "allnoconfig": lambda k, b: set_all(k, b, 0),
         "allyesconfig": lambda k, b: set_all(k, b, 2)}[verb](kconf, args[0])
    write_config(kconf, out)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        run_verb(sys.argv[1], sys.argv[2], sys.argv[3:])
    except (BadConfig, kconfiglib.KconfigError, OSError) as e:
        tell(f"error: {e}")
        sys.exit(1)


if __name__ == "__main__":
    main()
