# SPDX-License-Identifier: MIT
"""Every way the boards can boot, to a shell or to an /init that speaks, and input that is wrong."""
import gzip
import hashlib
import re
import subprocess

import pytest

import mkinitramfs
import qemu
from test_boot_info import hello

MB = 1 << 20
# What a kernel that cannot go on must do: say so once, and stop.
GIVES_UP = r"Kernel panic - not syncing: (.*)"


def script_init(board, text):
    """BusyBox with this script as /init."""
    cpio = mkinitramfs.Cpio()
    mkinitramfs.device_nodes(cpio, board.arch)
    mkinitramfs.busybox_root(cpio, board.arch, init=text.encode())
    return cpio.finish()


def says(board, append="", init=None, **kwargs):
    """Runs a guest whose /init reports and powers off; returns all it printed."""
    text = init or "#!/bin/sh\nmount -t proc proc /proc\necho booted\npoweroff -f\n"
    outcome = board.run(script_init(board, text), append, **kwargs)
    assert outcome.ok, outcome.explain()
    assert "booted" in outcome.text, outcome.explain()
    return outcome.text


COUNT_CPUS = """#!/bin/sh
mount -t proc proc /proc
echo cpus $(grep -c ^processor /proc/cpuinfo)
echo memory $(awk '/^MemTotal/ {print $2}' /proc/meminfo)
echo booted
poweroff -f
"""


def number(text, what):
    return int(re.search(rf"^{what} (\d+)", text, re.M)[1])


# ---- machines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_cpus(board, smp):
    assert number(says(board, init=COUNT_CPUS, smp=smp), "cpus") == smp


@pytest.mark.parametrize("mem", ["16M", "64M", "1G", "5G", "64G"])
def test_memory(board, mem):
    """All of the memory that firmware reports is used, whatever its size."""
    megabytes = int(mem[:-1]) * (1024 if mem[-1] == "G" else 1)
    reserve = ["-object", f"memory-backend-ram,id=ram,size={mem},reserve=off"]
    machine = board.board.facts["QEMU_MACHINE"] + ",memory-backend=ram"
    text = says(board, init=COUNT_CPUS, mem=mem, machine=machine, extra=reserve)
    assert number(text, "memory") * 1024 > 0.93 * megabytes * MB - 8 * MB


READ_DISK = """#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
echo sum $(md5sum < /dev/DISK)
echo written | dd of=/dev/DISK bs=512 seek=100 conv=notrunc,fsync 2>/dev/null
echo booted
poweroff -f
"""

# The devices that a test's drive `d` is plugged into, and what the guest calls them.
NODES = {"virtio-blk-pci": "vda", "virtio-blk-device": "vda", "nvme,serial=k": "nvme0n1",
         "ide-hd,bus=ahci.0": "sda"}
NEEDS = {"ide-hd,bus=ahci.0": ["-device", "ahci,id=ahci"]}


def drive(device, image, options="driver=raw"):
    return NEEDS.get(device, []) + ["-drive", f"if=none,id=d,{options},file.filename={image}",
                                    "-device", f"{device},drive=d"]


def use_disk(board, device, smp, image, **kwargs):
    """A disk is read whole and written."""
    data = bytes(range(256)) * 4096 * 4
    image.write_bytes(data)
    init = READ_DISK.replace("DISK", NODES[device])
    text = says(board, init=init, smp=smp, extra=drive(device, image), **kwargs)
    assert f"sum {hashlib.md5(data).hexdigest()}" in text
    assert image.read_bytes()[51200:51208] == b"written\n"


@pytest.mark.parametrize("smp", [1, 4])
@pytest.mark.parametrize("device", ["virtio-blk-pci", "nvme,serial=k", "ide-hd,bus=ahci.0"])
def test_pci_disk(board, device, smp, tmp_path):
    use_disk(board, device, smp, tmp_path / "disk")


@pytest.mark.boards("virt")
def test_virtio_mmio_disk(board, tmp_path):
    use_disk(board, "virtio-blk-device", 1, tmp_path / "disk")


REWRITE = """#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mkdir -p /m
mount -t ext4 /dev/DISK /m || echo lost: mount
dd if=/dev/urandom of=/f bs=64k count=144 2>/dev/null
for i in 1 2 3 4 5; do
  dd if=/f of=/m/f bs=64k conv=fsync 2>/dev/null || echo lost: write $i
done
umount /m && mount -t ext4 /dev/DISK /m && cmp /f /m/f || echo lost: contents
umount /m
echo booted
poweroff -f
"""


@pytest.mark.parametrize("device", ["virtio-blk-pci", "nvme,serial=k", "ide-hd,bus=ahci.0"])
def test_ext4_rewrites_what_it_freed(board, device, tmp_path):
    """A file of more than half the disk is truncated and written again: its blocks come back."""
    image = tmp_path / "disk"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", image, "16M"], check=True)
    init = REWRITE.replace("DISK", NODES[device])
    assert "lost" not in says(board, init=init, mem="128M", smp=2, extra=drive(device, image))
    subprocess.run(["e2fsck", "-fn", image], check=True, stdout=subprocess.DEVNULL)


BAD_SECTOR = """#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
dd if=/dev/DISK of=/dev/null bs=4k skip=16 count=1 iflag=direct 2>&1 | grep -i error
dd if=/dev/DISK of=/dev/null bs=4k skip=32 count=1 iflag=direct && echo other: fine
echo booted
poweroff -f
"""


@pytest.mark.parametrize("device", ["nvme,serial=k", "ide-hd,bus=ahci.0"])
def test_disk_error(board, device, tmp_path):
    """A sector that cannot be read is EIO for who reads it; the disk goes on."""
    image = tmp_path / "disk"
    image.write_bytes(bytes(1 << 20))
    options = ("rerror=report,driver=blkdebug,inject-error.0.event=none,inject-error.0.sector=128,"
               "inject-error.0.errno=5,image.driver=file")
    extra = NEEDS.get(device, []) + ["-drive", f"if=none,id=d,{options},image.filename={image}",
                                     "-device", f"{device},drive=d"]
    text = says(board, init=BAD_SECTOR.replace("DISK", NODES[device]), extra=extra)
    assert "I/O error" in text or "Input/output error" in text
    assert "other: fine" in text


NAMESPACES = """#!/bin/sh
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
grep -q nvme0n1p1 /proc/partitions && echo sectors $(cat /sys/block/nvme0n1/nvme0n1p1/size)
echo third | dd of=/dev/nvme0n3 bs=4096 seek=5 conv=fsync 2>/dev/null
echo block $(cat /sys/block/nvme0n3/queue/logical_block_size)
echo first > /f; dd if=/f of=/dev/nvme0n1p1 bs=512 count=1 conv=fsync 2>/dev/null
blkdiscard /dev/nvme0n3 -o 65536 -l 65536 && echo discarded
echo booted
poweroff -f
"""


def test_nvme_namespaces(board, tmp_path):
    """Two namespaces of one controller, with partitions and with 4 KiB blocks."""
    one, three = tmp_path / "one", tmp_path / "three"
    entry = bytes([0, 0, 0, 0, 0x83, 0, 0, 0]) + (64).to_bytes(4, "little") + \
        (512).to_bytes(4, "little")
    one.write_bytes(bytes(446) + entry + bytes(48) + b"\x55\xaa" + bytes(1 << 20))
    three.write_bytes(b"x" * (1 << 20))
    extra = ["-device", "nvme,serial=k", "-drive", f"if=none,id=a,format=raw,file={one}",
             "-device", "nvme-ns,drive=a,nsid=1", "-drive",
             f"if=none,id=c,format=raw,file={three}", "-device",
             "nvme-ns,drive=c,nsid=3,logical_block_size=4096,physical_block_size=4096"]
    text = says(board, init=NAMESPACES, smp=2, extra=extra)
    assert number(text, "sectors") == 512 and number(text, "block") == 4096
    assert "discarded" in text
    assert one.read_bytes()[64 * 512:].startswith(b"first\n")
    assert three.read_bytes()[5 * 4096:].startswith(b"third\n")


SHARE = """#!/bin/sh
mount -t proc proc /proc
mkdir -p /m
mount -t 9p -o trans=virtio share /m || echo lost: mount
[ "$(cat /m/link)" = "from the host" ] || echo lost: link
echo sum $(md5sum < /m/big)
cd /m
echo one > new; echo two >> new; mkdir dir; mv new dir/moved; ln -s moved dir/sym; ln big hard
[ "$(cat dir/sym)" = "one
two" ] || echo lost: sym
i=0; while [ $i -lt 200 ]; do : > dir/file$i; i=$((i + 1)); done
[ $(ls dir | wc -l) = 202 ] || echo lost: readdir
cp big copy && cmp big copy || echo lost: copy
truncate -s 1000 copy; chmod 640 copy; rm gone; rmdir empty
exec 3< dir/file7; rm dir/file7; cat <&3 || echo lost: unlinked
exec 3<&-
cp /bin/busybox run && ./run sh -c "exit 0" 2>/dev/null; chmod 755 run
[ $(stat -c %h big) = 2 ] || echo lost: nlink
rmdir dir 2>/dev/null && echo lost: rmdir
cat nothing 2>/dev/null && echo lost: ENOENT
dd if=big of=dir/sync bs=100k count=3 conv=fsync 2>/dev/null || echo lost: fsync
df /m > /dev/null || echo lost: statfs
cd /; umount /m || echo lost: umount
mount -t 9p -o trans=virtio nothing /m 2>/dev/null && echo lost: tag
echo booted
poweroff -f
"""


@pytest.mark.parametrize("device", ["virtio-9p-pci", "virtio-9p-device"])
def test_9p(board, device, tmp_path):
    """A folder of the host: read, changed, and left as the guest says."""
    if device == "virtio-9p-device" and board.name != "virt":
        pytest.skip("virtio-mmio is on virt only")
    data = bytes(range(251)) * 4000
    (tmp_path / "big").write_bytes(data)
    (tmp_path / "text").write_text("from the host\n")
    (tmp_path / "link").symlink_to("text")
    (tmp_path / "gone").write_text("")
    (tmp_path / "empty").mkdir()
    text = says(board, init=SHARE, smp=2, extra=qemu.share_options(tmp_path, device))
    assert "lost" not in text and f"sum {hashlib.md5(data).hexdigest()}" in text, text
    assert (tmp_path / "dir/moved").read_text() == "one\ntwo\n"
    assert (tmp_path / "dir/sym").readlink().name == "moved"
    assert (tmp_path / "copy").read_bytes() == data[:1000]
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "dir/sync").read_bytes() == data[:300 * 1024]
    assert not any((tmp_path / name).exists() for name in ("gone", "empty", "new", "dir/file7"))


@pytest.mark.boards("pc")
@pytest.mark.parametrize("smp", [1, 4])
def test_q35(board, smp):
    assert number(says(board, init=COUNT_CPUS, machine="q35", smp=smp), "cpus") == smp


@pytest.mark.boards("virt")
@pytest.mark.parametrize("gic", ["2", "3"])
@pytest.mark.parametrize("smp", [1, 4])
def test_gic(board, gic, smp):
    assert number(says(board, init=COUNT_CPUS, gic=gic, smp=smp), "cpus") == smp


@pytest.mark.boards("pc")
@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_iso(board, machine, uefi):
    """GRUB boots the ISO; its command line and its module reach the kernel."""
    initrd = board.initrd(script_init(board, COUNT_CPUS))
    iso = f"{board.build}/test-{machine}-{'uefi' if uefi else 'bios'}.iso"
    subprocess.run(["/usr/bin/python3", "scripts/mkiso.py", "--kernel", board.kernel, "--initrd",
                    initrd, "--append", "panic=-1", "--out", iso], check=True)
    guest = board.guest(smp=2, iso=iso, uefi=uefi, machine=machine)
    outcome = qemu.run_guest(guest.command(), timeout=120, stall=90)
    assert outcome.ok and "booted" in outcome.text, outcome.explain()
    assert number(outcome.text, "cpus") == 2


# ---- command line -------------------------------------------------------------------------------


def test_command_line(board):
    """Unknown words go to init as arguments and environment, what follows -- as arguments."""
    init = "#!/bin/sh\necho args \"$@\"\necho colour $colour\necho booted\npoweroff -f\n"
    text = says(board, "colour=blue bare -- one \"two three\"", init=init)
    assert re.search(r"^args bare one two three\r?$", text, re.M)
    assert re.search(r"^colour blue\r?$", text, re.M)


def test_init_option(board):
    """rdinit= names another program of the initramfs."""
    outcome = board.run(append='rdinit=/bin/sh -- -c "echo booted by sh; poweroff -f"')
    assert outcome.ok and "booted by sh" in outcome.text, outcome.explain()


def test_quiet(board):
    """quiet leaves the console to init."""
    text = says(board, "quiet")
    assert len(text.split("booted")[0].strip().splitlines()) <= 3


def test_loglevel(board):
    assert len(says(board, "loglevel=7")) > len(says(board, "loglevel=1"))


# ---- ends ---------------------------------------------------------------------------------------


def test_poweroff(board, start):
    shell = start(board.guest(smp=2))
    shell.send("poweroff")
    assert shell.at_end() == 0


def test_reboot(board, start):
    """With -no-reboot QEMU ends when the guest resets."""
    shell = start(board.guest(smp=2))
    shell.send("reboot")
    assert shell.at_end() == 0


def test_init_that_exits(board):
    """The end of process 1 is a panic that says so, and panic=-1 resets at once."""
    outcome = board.run(script_init(board, "#!/bin/sh\nexit 3\n"))
    assert re.search(GIVES_UP, outcome.text), outcome.explain()
    assert re.search(r"kill init", outcome.text), outcome.explain()
    assert outcome.why in ("exit", "panic") and outcome.seconds < 60, outcome.explain()


# ---- initramfs ----------------------------------------------------------------------------------


def test_gzip(board):
    init = "#!/bin/sh\necho booted\npoweroff -f\n"
    outcome = board.run(gzip.compress(script_init(board, init), 6, mtime=0))
    assert outcome.ok and "booted" in outcome.text, outcome.explain()


def test_two_archives(board):
    """Archives one behind the other are unpacked in order: the second adds to the first."""
    cpio = mkinitramfs.Cpio()
    cpio.file("etc/second", b"from the second\n")
    first = script_init(board, "#!/bin/sh\ncat /etc/second\necho booted\npoweroff -f\n")
    outcome = board.run(first + cpio.finish())
    assert outcome.ok and "from the second" in outcome.text, outcome.explain()


def small(board, **changes):
    """A small good archive: BusyBox alone as /init; changes: mode, data, or name of /init."""
    cpio = mkinitramfs.Cpio()
    mkinitramfs.device_nodes(cpio, board.arch)
    data = changes.get("data", mkinitramfs.busybox_of(board.arch))
    cpio.file(changes.get("name", "init"), data, changes.get("mode", 0o755))
    return cpio.finish()


def corrupt(data, at):
    return data[:at] + bytes(b ^ 0xFF for b in data[at:at + 64]) + data[at + 64:]


def other_arch(board):
    return mkinitramfs.busybox_of("aarch64" if board.arch == "x86_64" else "x86_64")


BAD = {
    "no_initrd_content": (lambda b: b"\0" * 4096, r"init"),
    "garbage": (lambda b: bytes(range(7, 256)) * 64, r"(?i)initramfs|initrd|archive"),
    "truncated_cpio": (lambda b: small(b)[:500000], r"(?i)initramfs|cpio|truncated|short"),
    "truncated_header": (lambda b: small(b)[:60], r"(?i)initramfs|cpio|truncated|short|init"),
    "corrupt_header": (lambda b: corrupt(small(b), 0x70), r"(?i)initramfs|cpio|magic|archive"),
    "truncated_gzip": (lambda b: gzip.compress(small(b), 6)[:300000],
                       r"(?i)initramfs|gzip|truncated|short"),
    "corrupt_gzip": (lambda b: corrupt(gzip.compress(small(b), 6), 250000),
                     r"(?i)initramfs|gzip|crc|corrupt|invalid"),
    "no_init": (lambda b: small(b, name="not-init"), r"/init|No working init"),
    "init_not_executable": (lambda b: small(b, mode=0o644), r"/init"),
    "init_of_other_arch": (lambda b: small(b, data=other_arch(b)), r"/init"),
    "init_truncated_elf": (lambda b: small(b, data=mkinitramfs.busybox_of(b.arch)[:40]), r"/init"),
    "init_empty": (lambda b: small(b, data=b""), r"/init"),
    "init_text": (lambda b: small(b, data=b"hello\n"), r"/init"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_initramfs(board, what):
    """One clear line that names the thing, and an end; never a hang or a silent reset."""
    make, pattern = BAD[what]
    outcome = board.run(make(board))
    assert outcome.why in ("exit", "panic"), outcome.explain()
    assert re.search(GIVES_UP, outcome.text), "no panic line\n" + outcome.explain()
    lines = [x for x in outcome.text.splitlines()
             if re.search(pattern, x) and "Run /init" not in x and "command line" not in x.lower()]
    assert lines, f"nothing names {pattern}\n" + outcome.explain()


BOOTED = "#!/bin/sh\necho booted\npoweroff -f\n"
ARCHIVES = {
    "a file": lambda b: small(b, data=b"hello\n"),
    "a program": hello,
    "BusyBox": lambda b: script_init(b, BOOTED),
}


# Not 3M with BusyBox: QEMU writes that over all of the kernel, its entry too.
@pytest.mark.parametrize("mem,archive", [
    ("2M", "a file"), ("3M", "a file"), ("3M", "a program"), ("4M", "BusyBox"), ("5M", "BusyBox"),
    ("8M", "BusyBox")])
def test_too_little_memory(board, mem, archive):
    """It boots, or a line says that memory is short; never a silent reset."""
    outcome = board.run(ARCHIVES[archive](board), mem=mem, stop="^keel: not enough memory.*$")
    if re.match("qemu[a-z0-9_-]*: ", outcome.text):
        pytest.skip(f"QEMU cannot load this kernel into {mem}: {outcome.text.strip()}")
    assert outcome.why in ("exit", "panic", "done"), outcome.explain()
    assert re.search("booted|hello from init|(?i:out of memory|little memory|enough memory|"
                     "no memory|No working init)", outcome.text), outcome.explain()
