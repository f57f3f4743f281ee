# SPDX-License-Identifier: MIT
"""gdb helpers for a Keel kernel: make debug loads them.

keel-tasks      all tasks: pid, tid, state, CPU, name, address of the task_struct
keel-bt PID     the kernel stack of a task that is switched out (for a running one: thread N, bt)
keel-dmesg      the kernel log
keel-symbol A   the function and line of an address
"""
import gdb

STATES = {0: "R", 1: "S", 2: "D", 4: "T", 8: "t", 16: "X", 32: "Z", 64: "P", 128: "I"}
MAX_FRAMES = 64
MOST_STACK = 0x4000  # a kernel stack is not larger


def container_of(node, type_name, member):
    kind = gdb.lookup_type(type_name)
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    return gdb.Value(int(node) - offset).cast(kind.pointer())


def list_entries(head, type_name, member):
    """The entries of a struct list_head."""
    node = head["next"]
    while node != head.address:
        yield container_of(node, type_name, member)
        node = node["next"]


def tasks():
    """All tasks: the idle task of the boot CPU, then each process with its threads."""
    init = gdb.parse_and_eval("&init_task")
    yield init
    for leader in list_entries(init["tasks"], "struct task_struct", "tasks"):
        threads = list(list_entries(leader["signal"]["thread_head"], "struct task_struct",
                                    "thread_node"))
        yield from threads or [leader]


def state_of(task):
    if int(task["exit_state"]):
        return STATES.get(int(task["exit_state"]), "Z")
    state = int(task["__state"])
    return STATES.get(state & -state, "R")


def symbol(address):
    text = gdb.execute(f"info symbol {address:#x}", to_string=True).strip()
    line = gdb.find_pc_line(address)
    where = f" ({line.symtab.filename}:{line.line})" if line.symtab else ""
    return text.partition(" in section")[0] + where


def is_text(address):
    return gdb.execute(f"info symbol {address:#x}", to_string=True).find("text") > 0


class Stack:
    """The kernel stack of a task, read as 8-byte words."""

    def __init__(self, task):
        self.low = int(task["stack"])
        self.high = self.low + MOST_STACK
        self.memory = gdb.selected_inferior()

    def word(self, address):
        return int.from_bytes(self.memory.read_memory(address, 8).tobytes(), "little")

    def holds(self, address):
        return self.low <= address <= self.high - 16

    def first_record(self, sp):
        """The first frame record (saved frame pointer, return address) at or above sp."""
        for at in range(sp & ~7, min(sp + 512, self.high - 16), 8):
            if self.holds(self.word(at)) and self.word(at) > at and is_text(self.word(at + 8)):
                return at
        return None


def saved_sp(task):
    """Where the task's stack ended when it was switched out, by the arch's field."""
    for path in ("thread_info.kernel_sp", "thread.sp"):
        value = task.dereference()
        try:
            for name in path.split("."):
                value = value[name]
        except gdb.error:
            continue
        return int(value)
    raise gdb.GdbError("no saved stack pointer in this task_struct")


class Tasks(gdb.Command):
    """keel-tasks: all tasks."""

    def __init__(self):
        super().__init__("keel-tasks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(f"{'PID':>6} {'TID':>6} S CPU NAME             TASK")
        for task in tasks():
            print(f"{int(task['tgid']):>6} {int(task['pid']):>6} {state_of(task)} "
                  f"{int(task['cpu']):>3} {task['comm'].string():<16} {int(task):#x}")


class Backtrace(gdb.Command):
    """keel-bt PID: the kernel stack of a task that is switched out."""

    def __init__(self):
        super().__init__("keel-bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        if not argument.strip().isdigit():
            raise gdb.GdbError("usage: keel-bt PID")
        task = next((t for t in tasks() if int(t["pid"]) == int(argument)), None)
        if task is None:
            raise gdb.GdbError(f"no task {argument}: see keel-tasks")
        if int(task["on_cpu"]):
            raise gdb.GdbError(f"it runs on CPU {int(task['cpu'])}: thread {int(task['cpu']) + 1}, "
                               "then bt")
        stack = Stack(task)
        record = stack.first_record(saved_sp(task))
        for n in range(MAX_FRAMES):
            if record is None or not stack.holds(record):
                break
            address = stack.word(record + 8)
            if not is_text(address):
                break
            print(f"#{n:<3} {address:#x} {symbol(address - 1)}")
            above = stack.word(record)
            record = above if above > record else None


class Symbol(gdb.Command):
    """keel-symbol ADDRESS: the function and line of an address."""

    def __init__(self):
        super().__init__("keel-symbol", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(symbol(int(gdb.parse_and_eval(f"(unsigned long)({argument})"))))


class Dmesg(gdb.Command):
    """keel-dmesg: the kernel log, from its ring (kernel/printk.c)."""

    def __init__(self):
        super().__init__("keel-dmesg", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        ring = gdb.parse_and_eval("log_buf")
        size = ring.type.sizeof
        data = gdb.selected_inferior().read_memory(int(ring.address), size).tobytes()
        pos, end = (int(gdb.parse_and_eval(name)) for name in ("first_pos", "next_pos"))
        record = gdb.lookup_type("struct record")
        offset = {f.name: f.bitpos // 8 for f in record.fields()}

        def take(at, count):
            at %= size
            return (data[at:] + data)[:count] if at + count > size else data[at:at + count]

        while pos < end:
            head = take(pos, record.sizeof)
            nanoseconds = int.from_bytes(head[offset["ts_ns"]:offset["ts_ns"] + 8], "little")
            length = int.from_bytes(head[offset["len"]:offset["len"] + 2], "little")
            text = take(pos + record.sizeof, length).decode(errors="replace")
            print(f"[{nanoseconds / 1e9:12.6f}] " + text.rstrip("\n"))
            pos += record.sizeof + length


Tasks()
Backtrace()
Dmesg()
Symbol()
print("keel: keel-tasks, keel-bt PID, keel-dmesg, keel-symbol ADDRESS")
