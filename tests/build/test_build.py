# SPDX-License-Identifier: MIT
"""The verbs of make and what they promise: what is rebuilt, what is said of a bad configuration,
what the tools print. One small kernel, in build/check/verbs; make check-host runs them, or

  /usr/bin/python3 -m pytest tests/build
"""
import json
import os
import re
import shlex
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.chdir(TOP)
OUT = "build/check/verbs"


def make(*words, out=OUT, status=0, **env):
    """What make printed; @status is what it must end with, None for anything but success."""
    clean = {k: v for k, v in os.environ.items()
             if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SUITE", "SEED", "REPEAT")}
    run = subprocess.run(["make", f"O={out}", *words], env=dict(clean, **env), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert run.returncode == status if status is not None else run.returncode, run.stdout
    return run.stdout


def compiled(output):
    return sorted(re.findall(r"^  (?:CC|AS)\t(\S+)", output, re.M))


def set_options(out=OUT, **options):
    """Changes answers in .config, as an editor would."""
    path = f"{out}/.config"
    with open(path) as f:
        text = f.read()
    for name, value in options.items():
        text = re.sub(rf"^(CONFIG_{name}=.*|# CONFIG_{name} is not set)\n", "", text, flags=re.M)
        text += f"CONFIG_{name}={value}\n"
    with open(path, "w") as f:
        f.write(text)


@pytest.fixture(scope="module")
def kernel():
    os.makedirs(OUT, exist_ok=True)
    make("tinyconfig", "BOARD=pc")
    set_options(LTO="n")
    make("olddefconfig")
    make(f"-j{os.cpu_count()}")
    return OUT


def option(name, out=OUT):
    with open(f"{out}/.config") as f:
        m = re.search(rf"^CONFIG_{name}=(.*)$", f.read(), re.M)
    return m[1] if m else "n"


# ---- help ---------------------------------------------------------------------------------------

# Not for people: parts of other verbs, and files that `all` makes.
INNER = {"build", "one-by-one", "help", "keel", "Image", "keel.map", "keel.iso", "vmlinux",
         "prepare", "distclean"}


def test_help_names_every_verb():
    with open("Makefile") as f:
        text = f.read().replace("\\\n", " ")
    words = re.findall(r"^(?:\.PHONY|config-verbs|build-goals) ?:=? (.*)$", text, re.M)
    verbs = {w for line in words for w in line.split() if re.fullmatch(r"[a-z][\w.-]+", w)}
    assert len(verbs) > 20
    said = set(re.findall(r"[\w.-]+", make("help")))
    assert verbs - INNER - said == set()


def test_unknown_names():
    assert "no board 'toaster'" in make("defconfig", "BOARD=toaster", status=None)
    assert "ARCH=vax" in make("defconfig", "ARCH=vax", status=None)


# ---- configuration ------------------------------------------------------------------------------


def configured(tmp_path, *verbs, **env):
    out = str(tmp_path / "out")
    for verb in verbs:
        make(verb, "BOARD=pc", out=out, **env)
    return out


BAD_LINES = {
    "CONFIG_NO_SUCH_THING=y": "CONFIG_NO_SUCH_THING: no such option",
    "CONFIG_HZ=often": "CONFIG_HZ=often: not a int",
    "CONFIG_HZ=7": "CONFIG_HZ=7 cannot be had.*range",
    "CONFIG_SMP=maybe": "CONFIG_SMP=maybe: not a bool",
    "CONFIG_LOCALVERSION=x": "CONFIG_LOCALVERSION=x: a string",
    "what is this": "not a configuration line",
    "CONFIG_BOARD_VIRT=y": "CONFIG_BOARD_(PC|VIRT)=y cannot be had.*choice",
    "CONFIG_FSOPEN=y": "CONFIG_FSOPEN=y cannot be had.*MOUNT_SYSCALLS",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_bad_line(tmp_path, line):
    """Reported by name and by where it stands."""
    out = configured(tmp_path, "tinyconfig")
    with open(f"{out}/.config", "a") as f:
        f.write(line + "\n")
    with open(f"{out}/.config") as f:
        number = len(f.readlines())
    said = make("olddefconfig", out=out, status=None if "not a" in BAD_LINES[line]
                or "string" in BAD_LINES[line] else 0)
    assert re.search(BAD_LINES[line], said), said
    assert f".config:{number}: " in said or "BOARD" in line, said


def test_fragment_that_cannot_be_had(tmp_path):
    out = configured(tmp_path, "tinyconfig")
    fragment = tmp_path / "wish.config"
    fragment.write_text("CONFIG_FSOPEN=y\n")
    assert "CONFIG_FSOPEN=y cannot be had" in make(str(fragment), out=out, status=None)


def test_savedefconfig(tmp_path):
    """What it leaves out is what the defaults say."""
    out = configured(tmp_path, "defconfig")
    set_options(out, HZ="100", PREEMPT="n")
    make("olddefconfig", "savedefconfig", out=out)
    with open(f"{out}/.config") as f:
        before = f.read()
    with open(f"{out}/defconfig") as f:
        short = f.read()
    assert "CONFIG_HZ=100" in short and len(short.splitlines()) < len(before.splitlines()) / 3
    os.rename(f"{out}/defconfig", f"{out}/.config")
    make("olddefconfig", out=out)
    with open(f"{out}/.config") as f:
        assert f.read() == before


def test_randconfig_is_seeded(tmp_path):
    texts = []
    for seed in "5", "5", "6":
        out = configured(tmp_path, "randconfig", KCONFIG_SEED=seed)
        with open(f"{out}/.config") as f:
            texts.append(f.read())
    assert texts[0] == texts[1] != texts[2]


def test_all_or_nothing(tmp_path):
    for verb, low, high in ("allnoconfig", 0, 60), ("allyesconfig", 150, 1000):
        out = configured(tmp_path, verb)
        with open(f"{out}/.config") as f:
            assert low <= f.read().count("=y\n") <= high, verb


# ---- incremental builds -------------------------------------------------------------------------


def users_of(kernel, pattern):
    """Objects whose sources or headers match."""
    found = []
    with open(f"{kernel}/.objs") as f:
        objects = f.read().split()
    for obj in objects:
        try:
            with open(f"{obj}.d") as f:
                inputs = f.read().replace("\\\n", " ").split(":", 1)[1].split()
        except FileNotFoundError:
            continue
        for path in inputs:
            if os.path.exists(path) and not path.startswith(("/", kernel)):
                with open(path, errors="replace") as f:
                    if re.search(pattern, f.read()):
                        found.append(os.path.relpath(obj, kernel))
                        break
    return sorted(found)


def test_nothing_changed(kernel):
    assert not re.search(r"^  \w", make(), re.M)


def test_header(kernel):
    """Who includes it is rebuilt, and nobody else."""
    header = "include/lib/cpio.h"
    st = os.stat(header)
    with open(f"{kernel}/.objs") as f:
        users = [os.path.relpath(o, kernel) for o in f.read().split()
                 if os.path.exists(f"{o}.d") and header in open(f"{o}.d").read()]
    os.utime(header)
    try:
        assert compiled(make()) == sorted(users) != []
    finally:
        os.utime(header, ns=(st.st_atime_ns, st.st_mtime_ns))


def test_option(kernel):
    """Who mentions it is rebuilt, and nobody else."""
    users = users_of(kernel, r"\bCONFIG_NR_IRQS\b")
    set_options(NR_IRQS="64" if option("NR_IRQS") != "64" else "128")
    assert set(compiled(make())) == set(users) != set()


def test_option_that_picks_a_file(kernel):
    before = option("CROSS_MEMORY_ATTACH")
    set_options(CROSS_MEMORY_ATTACH="n" if before == "y" else "y")
    output = make()
    table = {"arch/x86_64/entry/entry.o", "kernel/syscall/ni.o", "kernel/syscall/slots.o"}
    assert "LD\tkeel" in output, output
    assert set(compiled(output)) - table <= {"kernel/ptrace/process_vm.o"}, output


def test_flag(kernel):
    """A changed command rebuilds what it makes."""
    assert compiled(make("kernel/sys.o", "CC=gcc -DNOTHING")) == ["kernel/sys.o"]
    assert compiled(make("kernel/sys.o")) == ["kernel/sys.o"]


# ---- what the tools print -----------------------------------------------------------------------


def test_compile_commands(kernel):
    make()
    with open(f"{kernel}/compile_commands.json") as f:
        commands = json.load(f)
    files = {os.path.relpath(os.path.join(c["directory"], c["file"])): c for c in commands}
    assert {"kernel/sys.c", "lib/cpio.c", "arch/x86_64/entry/traps.c"} <= set(files)
    c = files["lib/cpio.c"]
    argv = c.get("arguments") or shlex.split(c["command"])
    subprocess.run(argv[:1] + ["-fsyntax-only"] + argv[1:], cwd=c["directory"], check=True)


def test_size(kernel):
    """The parts add up to the whole, and an option has the bytes of its objects."""
    tables = make("size").strip().split("\n\n")
    rows = [{line.split()[0]: [int(n) for n in line.split()[-5:]] for line in t.splitlines()[1:]}
            for t in tables[-2:]]
    parts, options = rows
    whole = parts.pop("all")
    assert [sum(column) for column in zip(*parts.values())] == whole
    assert whole[4] == sum(whole[:4]) > 100000
    assert options["CONFIG_TTY"][0] > 5000 > options["CONFIG_I8259"][0] > 100
    assert "CONFIG_NET" not in options


# ---- scripts/setup ------------------------------------------------------------------------------


def fake_tools(folder, missing=()):
    """Programs that note how they were called instead of doing anything."""
    log = folder / "log"
    log.write_text("")
    for name in ("apt-get", "sudo", "dpkg", "dpkg-deb", "apt"):
        tool = folder / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >>{log}\n')
        tool.chmod(0o755)
    query = folder / "dpkg-query"
    query.write_text('#!/bin/sh\nfor last; do :; done\n'
                     f'case " {" ".join(missing)} " in *" $last "*) exit 1;; esac\n'
                     "echo -n installed\n")
    query.chmod(0o755)
    return log


def run_setup(folder):
    env = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
    run = subprocess.run(["scripts/setup"], env=env, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    assert run.returncode == 0, run.stdout
    return run.stdout


def fetched():
    return all(os.access(f"build/rootfs/{a}/bin/busybox", os.X_OK) for a in ("x86_64", "aarch64"))


def test_setup_when_all_is_there(tmp_path):
    """Nothing is said, nothing is run."""
    if not fetched():
        pytest.skip("scripts/setup has not run here: no build/rootfs")
    log = fake_tools(tmp_path)
    assert run_setup(tmp_path) == "" and log.read_text() == ""


def test_setup_installs_what_lacks(tmp_path):
    """Says it, installs just that, and leaves dpkg's architectures alone."""
    if not fetched():
        pytest.skip("scripts/setup has not run here: no build/rootfs")
    log = fake_tools(tmp_path, missing=("sparse", "ovmf"))
    said = run_setup(tmp_path)
    assert said.startswith("setup: installing ")
    assert {"sparse", "ovmf"} == set(said.split()[2:])
    calls = log.read_text().splitlines()
    installs = [c for c in calls if " install " in c]
    assert len(installs) == 1 and installs[0].split()[-2:] == said.split()[2:], calls
    assert not any("architecture" in c for c in calls), calls
