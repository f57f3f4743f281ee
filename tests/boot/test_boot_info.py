# SPDX-License-Identifier: MIT
"""Firmware and boot loaders that tell the kernel nonsense: one clear line, and never a silent stop.

A stub takes the boot loader's place: it jumps to the kernel with whatever a test wants to pass.
QEMU's generic loader puts everything where the stub expects it.
"""
import struct
import subprocess

import pytest

import mkinitramfs
import qemu
import selftests

MB = 1 << 20
TIMEOUT = 60


def run(board, loads, extra=(), stop=None):
    """A machine with each of loads, (address, bytes), in memory before it starts."""
    facts = board.board.facts
    argv = [facts["QEMU"], "-M", facts["QEMU_MACHINE"], "-cpu", facts["QEMU_CPU"], "-accel", "tcg",
            "-m", "256M", "-display", "none", "-nic", "none", "-no-reboot"]
    argv += qemu.SERIAL["stdio"] + list(extra)
    for addr, data in loads:
        argv += ["-device", f"loader,file={board.initrd(data)},addr={addr:#x},force-raw=on"]
    return qemu.run_guest(argv, timeout=TIMEOUT, stall=TIMEOUT / 2, stop=stop)


def hello(board):
    program = f"{board.build}/initrds/hello"
    selftests.compile_one(board.arch, "tests/boot/hello.c", program)
    with open(program, "rb") as f:
        return mkinitramfs.build(board.arch, f.read())


# ---- aarch64: the devicetree --------------------------------------------------------------------

IMAGE, ARM_STUB, FDT = 0x40200000, 0x43000000, 0x44000000


def devicetree(board, tmp_path):
    """What QEMU's machine is described by, without the room that QEMU leaves at the end."""
    path = tmp_path / "dtb"
    facts = board.board.facts
    subprocess.run([facts["QEMU"], "-M", f"{facts['QEMU_MACHINE']},dumpdtb={path}", "-cpu",
                    facts["QEMU_CPU"], "-m", "256M", "-display", "none"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    data = path.read_bytes()
    strings, = struct.unpack_from(">I", data, 12)
    size, = struct.unpack_from(">I", data, 32)
    return data[:4] + struct.pack(">I", strings + size) + data[8:strings + size]


def start_with_fdt(board, blob, addr=FDT, stop=None):
    # ldr x0, =addr; ldr x4, =IMAGE; br x4
    stub = struct.pack("<4I2Q", 0x58000080, 0x580000A4, 0xD61F0080, 0xD503201F, addr, IMAGE)
    with open(board.kernel, "rb") as f:
        image = f.read()
    return run(board, [(IMAGE, image), (ARM_STUB, stub), (FDT, blob)],
               ["-device", f"loader,addr={ARM_STUB:#x},cpu-num=0"], stop)


BAD_FDT = {
    "none": lambda d: (d, 0),
    "not_aligned": lambda d: (d, FDT + 4),
    "garbage": lambda d: (bytes(range(256)) * 16, FDT),
    "magic": lambda d: (b"\0" + d[1:], FDT),
    "cut_header": lambda d: (d[:16], FDT),
    "cut": lambda d: (d[:len(d) // 2], FDT),
    "size_too_small": lambda d: (d[:4] + struct.pack(">I", 40) + d[8:], FDT),
    "size_too_large": lambda d: (d[:4] + struct.pack(">I", 0x7fffffff) + d[8:], FDT),
    "version": lambda d: (d[:20] + struct.pack(">II", 99, 99) + d[28:], FDT),
    "no_nodes": lambda d: (d[:8] + struct.pack(">I", len(d)) + d[12:], FDT),
}


@pytest.mark.boards("virt")
@pytest.mark.parametrize("what", BAD_FDT)
def test_bad_devicetree(board, what, tmp_path):
    blob, addr = BAD_FDT[what](devicetree(board, tmp_path))
    outcome = start_with_fdt(board, blob, addr, r"^Keel cannot boot: .*; .*")
    assert outcome.why == "done" and "devicetree" in outcome.text, outcome.explain()


@pytest.mark.boards("virt")
def test_devicetree_outside_memory(board, tmp_path):
    """The bus answers with an abort."""
    outcome = start_with_fdt(board, devicetree(board, tmp_path), 0x7000000000)
    assert outcome.why == "panic" and "abort" in outcome.text, outcome.explain()


@pytest.mark.boards("virt")
def test_good_devicetree(board, tmp_path):
    """The same way with nothing wrong gets as far as looking for an init."""
    outcome = start_with_fdt(board, devicetree(board, tmp_path))
    assert outcome.why == "panic" and "init" in outcome.text, outcome.explain()


# ---- x86_64: PVH, Multiboot2, ACPI --------------------------------------------------------------

PC_STUB, INFO, TABLES, INITRD = 0x2000000, 0x3000000, 0x3100000, 0x4000000
PVH_MAGIC, MB2_MAGIC = 0x336EC578, 0x36D76289
MAP_OFFSET = 0xFFFFFFFF80000000


def entry(board, name):
    nm = subprocess.run(["nm", board.kernel], check=True, stdout=subprocess.PIPE, text=True)
    found, = [line.split()[0] for line in nm.stdout.splitlines() if line.endswith(f" {name}")]
    return int(found, 16) - MAP_OFFSET


def start_pc(board, start, eax, loads, stop=None):
    """A Multiboot (1) kernel, which QEMU loads itself, jumps to the kernel with ebx = INFO."""
    head = struct.pack("<8I", 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000) & 0xFFFFFFFF, PC_STUB,
                       PC_STUB, 0, 0, PC_STUB + 32)
    code = struct.pack("<BIBIBI2B", 0xB8, eax, 0xBB, INFO, 0xB9, entry(board, start), 0xFF, 0xE1)
    stub = board.initrd(head + code)
    extra = ["-kernel", stub, "-device", f"loader,file={board.kernel}"]
    return run(board, loads, extra, stop)


def start_info(magic=PVH_MAGIC, version=1, modules=1, modlist=INFO + 0x100, cmdline=INFO + 0x200,
               rsdp=0, memmap=INFO + 0x300, entries=2):
    info = struct.pack("<4I4Q2I", magic, version, 0, modules, modlist, cmdline, rsdp, memmap,
                       entries, 0)
    return info.ljust(0x100, b"\0")


def pvh(initrd=b"", **changes):
    """Everything that start_info() points at, behind it."""
    module = struct.pack("<4Q", INITRD, len(initrd), 0, 0).ljust(0x100, b"\0")
    line = b"console=ttyS0 panic=-1\0".ljust(0x100, b"\0")
    memory = struct.pack("<2Q2I2Q2I", 0, 0x9F000, 1, 0, MB, 255 * MB, 1, 0)
    return start_info(**changes) + module + line + memory


NOWHERE = 0xFFFFFFFFF000
BAD_PVH = {
    "magic": (dict(magic=0), "magic"),
    "version_0": (dict(version=0), "memory map"),
    "no_memory_map": (dict(entries=0), "memory map"),
    "many_regions": (dict(entries=0x7fffffff), "memory map|memory"),
    "memory_map_nowhere": (dict(memmap=NOWHERE), "memory map|memory"),
    "command_line_nowhere": (dict(cmdline=NOWHERE), "command line|panic"),
    "modules_nowhere": (dict(modlist=NOWHERE), "module|panic"),
}


@pytest.mark.boards("pc")
@pytest.mark.parametrize("what", BAD_PVH)
def test_bad_pvh(board, what):
    changes, pattern = BAD_PVH[what]
    outcome = start_pc(board, "pvh_start", 0, [(INFO, pvh(**changes))],
                       rf"(?i)^(.*cannot boot|keel: |.*panic).*({pattern})")
    assert outcome.why in ("done", "panic"), outcome.explain()


def tags(*items, size=None):
    body = b"".join(struct.pack("<2I", kind, len(data) + 8) + data + b"\0" * (-len(data) % 8)
                    for kind, data in items)
    return struct.pack("<2I", len(body) + 8 if size is None else size, 0) + body


MMAP = (6, struct.pack("<2I2Q2I", 24, 0, MB, 255 * MB, 1, 0))
END = (0, b"")
BAD_MB2 = {
    "loader": (0, tags(MMAP, END), "multiboot2"),
    "empty": (MB2_MAGIC, b"\0" * 64, "multiboot2|memory"),
    "huge": (MB2_MAGIC, tags(MMAP, END, size=0xFFFFFFFF), "multiboot2"),
    "cut": (MB2_MAGIC, tags(MMAP, END, size=20), "multiboot2|memory"),
    "no_memory_map": (MB2_MAGIC, tags(END), "memory"),
    "tag_of_no_bytes": (MB2_MAGIC, struct.pack("<4I", 4096, 0, 6, 0) + b"\0" * 64,
                        "multiboot2|memory"),
    "tag_too_long": (MB2_MAGIC, struct.pack("<4I", 64, 0, 6, 0xFFFFFFF0) + b"\0" * 64,
                     "multiboot2|memory"),
    "memory_map_entries": (MB2_MAGIC, tags((6, struct.pack("<2I", 1, 0) + b"\0" * 24), END),
                           "memory map"),
    "module_backwards": (MB2_MAGIC, tags(MMAP, (3, struct.pack("<2I", MB, 0) + b"\0"), END),
                         "module"),
}


@pytest.mark.boards("pc")
@pytest.mark.parametrize("what", BAD_MB2)
def test_bad_multiboot2(board, what):
    eax, info, pattern = BAD_MB2[what]
    outcome = start_pc(board, "mb2_start", eax, [(INFO, info)],
                       rf"(?i)^(.*cannot boot|keel: |.*panic).*({pattern})")
    assert outcome.why in ("done", "panic"), outcome.explain()


def table(name, body, length=None, checksum=None):
    head = struct.pack("<4sIBB6s8sI4sI", name, len(body) + 36 if length is None else length, 3, 0,
                       b"KEEL  ", b"KEELTEST", 1, b"KEEL", 1)
    data = bytearray(head + body)
    data[9] = -sum(data) & 0xFF if checksum is None else checksum
    return bytes(data)


def acpi(madt=None, xsdt=None, rsdp_sum=None):
    """RSDP, XSDT and MADT at TABLES, + 0x100, + 0x400."""
    if madt is None:
        madt = table(b"APIC", struct.pack("<2I", 0xFEE00000, 1)
                     + struct.pack("<4BI", 0, 8, 0, 0, 1))
    if xsdt is None:
        xsdt = table(b"XSDT", struct.pack("<Q", TABLES + 0x400))
    rsdp = bytearray(struct.pack("<8sB6sBIIQB3s", b"RSD PTR ", 0, b"KEEL  ", 2, 0, 36,
                                 TABLES + 0x100, 0, b""))
    rsdp[8] = -sum(rsdp[:20]) & 0xFF if rsdp_sum is None else rsdp_sum
    rsdp[32] = -sum(rsdp) & 0xFF
    return bytes(rsdp).ljust(0x100, b"\0") + xsdt.ljust(0x300, b"\0") + madt


def entries(*addresses):
    return table(b"XSDT", struct.pack(f"<{len(addresses)}Q", *addresses))


BAD_ACPI = {
    "root_checksum": acpi(rsdp_sum=1),
    "list_cut_short": acpi(xsdt=table(b"XSDT", b"", length=10)),
    "list_checksum": acpi(xsdt=table(b"XSDT", struct.pack("<Q", TABLES), checksum=1)),
    "list_too_long": acpi(xsdt=table(b"XSDT", b"\0" * 8, length=0xFFFFFFFF)),
    "table_nowhere": acpi(xsdt=entries(NOWHERE)),
    "table_cut_short": acpi(madt=table(b"APIC", b"", length=20)),
    "table_too_long": acpi(madt=table(b"APIC", b"\0" * 8, length=0x7FFFFFFF)),
    "entries_cut_short": acpi(madt=table(b"APIC", struct.pack("<2I2B", 0xFEE00000, 1, 0, 200))),
    "entry_of_no_bytes": acpi(madt=table(b"APIC", struct.pack("<2I2B", 0xFEE00000, 1, 0, 0))),
}


@pytest.mark.boards("pc")
@pytest.mark.parametrize("what", BAD_ACPI)
def test_bad_acpi(board, what):
    """It says what it will not use, and boots with the rest, or gives up with a line."""
    tables = BAD_ACPI[what]
    initrd = hello(board)
    outcome = start_pc(board, "pvh_start", 0,
                       [(INFO, pvh(initrd, rsdp=TABLES)), (TABLES, tables), (INITRD, initrd)],
                       "^hello from init")
    assert outcome.why in ("done", "panic"), outcome.explain()
    said = [x for x in outcome.text.splitlines() if "ACPI" in x or "MADT" in x or "APIC" in x]
    assert any("ignored" in x or "not used" in x or "no usable" in x or "cut short" in x
               or "no root" in x for x in said), outcome.explain()
