# SPDX-License-Identifier: MIT
"""The direction of includes: down the layers only (Documentation/architecture.md)."""
import re

# From the lowest. Members of one layer may include each other.
LAYERS = [
    {"uapi"},
    {"lib"},
    {"arch"},
    {"kernel", "mm"},
    {"fs", "net", "ipc", "io_uring"},
    {"drivers"},
    {"boards"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# What may be included against the direction, and why. (includer, header): patterns.
ALLOWED = [
    # The arch's code calls up a short list of named upcalls, which kernel and mm declare, and
    # prints its part of /proc/cpuinfo. Its tests are kunit suites.
    (r"^arch/[^/]+/(?!include/).*\.[cS]$", r"^(kernel|mm)/"),
    (r"^arch/[^/]+/cpu/.*\.c$", r"^fs/seq_file\.h$"),
    # A task owns files and an fs, exec and the page cache read files, boot mounts a root, and both
    # show themselves in /proc: by the objects' public headers, never by one file system's.
    (r"^(kernel|mm)/.*\.c$",
     r"^fs/(fs|file|fs_struct|namei|mount|dcache|seq_file|proc_fs|initramfs|xattr|mnt_namespace|"
     r"nsfs|writeback)\.h$"),
    # /proc/PID/stat names the controlling terminal.
    (r"^fs/proc/pid_\w+\.c$", r"^drivers/tty/tty\.h$"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]')


def layer_of_file(path):
    """The layer a file belongs to, None for those outside the kernel proper (tests, scripts)."""
    parts = path.split("/")
    if parts[0] == "include":
        return parts[1] if parts[1] in LEVEL else None
    if parts[0] == "arch" and "uapi" in parts:
        return "uapi"
    return parts[0] if parts[0] in LEVEL else None


def layer_of_header(name):
    first = name.split("/")[0]
    if name.startswith("asm/uapi/"):
        return "uapi"
    if first == "asm":
        return "arch"
    return first if first in LEVEL else None


def allowed(path, header):
    return any(re.search(p, path) and re.search(h, header) for p, h in ALLOWED)


def breaches(files):
    for path in files:
        mine = layer_of_file(path)
        if mine is None or path.startswith(("lib/tests/", "lib/fuzz/")):
            continue
        with open(path, errors="replace") as f:
            for number, line in enumerate(f, 1):
                m = INCLUDE.match(line)
                theirs = m and layer_of_header(m[1])
                if theirs and LEVEL[theirs] > LEVEL[mine] and not allowed(path, m[1]):
                    yield f"{path}:{number}: {mine} includes <{m[1]}>, which is above it"
