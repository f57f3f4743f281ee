#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What Debian's Python does with a kernel: threads, subprocess, asyncio over UNIX sockets,
multiprocessing, selectors, signals. Prints `ok NAME` for each part and `done`."""
import array
import asyncio
import concurrent.futures
import mmap
import multiprocessing
import os
import queue
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import shared_memory


def threads():
    numbers, results = queue.Queue(10), queue.Queue()
    lock, total = threading.Lock(), [0]

    def work():
        while (n := numbers.get()) is not None:
            results.put(n * n)
            with lock:
                total[0] += n

    pool = [threading.Thread(target=work) for _ in range(8)]
    for t in pool:
        t.start()
    for n in range(500):
        numbers.put(n)
    for _ in pool:
        numbers.put(None)
    for t in pool:
        t.join()
    assert sum(results.get() for _ in range(500)) == sum(n * n for n in range(500))
    assert total[0] == sum(range(500))
    event, barrier = threading.Event(), threading.Barrier(5)
    condition, seen = threading.Condition(), []

    def meet(i):
        event.wait()
        barrier.wait()
        with condition:
            seen.append(i)
            condition.notify()

    pool = [threading.Thread(target=meet, args=(i,)) for i in range(5)]
    for t in pool:
        t.start()
    event.set()
    with condition:
        assert condition.wait_for(lambda: len(seen) == 5, 30)
    for t in pool:
        t.join()
    start = time.monotonic()
    assert not threading.Event().wait(0.05)
    assert time.monotonic() - start >= 0.05


def processes():
    run = subprocess.run(["cat"], input=b"x" * 300000, stdout=subprocess.PIPE, check=True)
    assert run.stdout == b"x" * 300000
    with subprocess.Popen(["sh", "-c", "echo $VALUE; echo err >&2; exit 3"], env={"VALUE": "7"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/") as p:
        assert p.communicate() == (b"7\n", b"err\n")
    assert p.returncode == 3
    try:
        subprocess.run(["sleep", "100"], timeout=0.2)
        raise AssertionError("no timeout")
    except subprocess.TimeoutExpired:
        pass
    with subprocess.Popen(["sleep", "100"], start_new_session=True) as p:
        assert os.getsid(p.pid) == p.pid
        os.killpg(p.pid, signal.SIGTERM)
        assert p.wait() == -signal.SIGTERM
    try:
        subprocess.run(["/nonexistent"])
        raise AssertionError("ran")
    except FileNotFoundError:
        pass
    a = subprocess.Popen(["seq", "1000"], stdout=subprocess.PIPE)
    b = subprocess.run(["wc", "-l"], stdin=a.stdout, capture_output=True, text=True)
    a.stdout.close()
    assert a.wait() == 0 and b.stdout.strip() == "1000"


async def asyncio_main():
    path = tempfile.mktemp()

    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    async def client(i):
        reader, writer = await asyncio.open_unix_connection(path)
        for j in range(20):
            writer.write(f"client {i} line {j}\n".encode())
            assert await reader.readline() == f"CLIENT {i} LINE {j}\n".encode()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_unix_server(serve, path):
        await asyncio.gather(*(client(i) for i in range(20)))
    os.unlink(path)
    p = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE)
    assert (await p.communicate(b"keel"))[0] == b"KEEL"
    loop, hit = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, hit.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(hit.wait(), 30)
    assert await asyncio.to_thread(sum, range(100)) == 4950
    try:
        await asyncio.wait_for(asyncio.sleep(100), 0.05)
        raise AssertionError("no timeout")
    except asyncio.TimeoutError:
        pass


def square(n):
    return n * n


def send_back(pipe):
    while (item := pipe.recv()) is not None:
        pipe.send(item)


def add(value, times):
    for _ in range(times):
        with value.get_lock():
            value.value += 1


def poke(name):
    block = shared_memory.SharedMemory(name)
    block.buf[5] = 9
    block.close()


def multi():
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(3) as pool:
            assert pool.map(square, range(50)) == [n * n for n in range(50)]
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    p = context.Process(target=send_back, args=(theirs,))
    p.start()
    for item in ("text", list(range(1000)), {"a": 1}):
        ours.send(item)
        assert ours.recv() == item
    ours.send(None)
    p.join()
    assert p.exitcode == 0
    value = context.Value("i", 0)
    pool = [context.Process(target=add, args=(value, 200)) for _ in range(4)]
    for p in pool:
        p.start()
    for p in pool:
        p.join()
    assert value.value == 800
    block = shared_memory.SharedMemory(create=True, size=8192)
    p = context.Process(target=poke, args=(block.name,))
    p.start()
    p.join()
    assert block.buf[5] == 9
    block.close()
    block.unlink()
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        assert list(pool.map(square, range(20))) == [n * n for n in range(20)]


def ready():
    for kind in (selectors.EpollSelector, selectors.PollSelector, selectors.SelectSelector):
        with kind() as sel:
            pairs = [socket.socketpair() for _ in range(20)]
            for i, (a, _) in enumerate(pairs):
                a.setblocking(False)
                sel.register(a, selectors.EVENT_READ, i)
            assert sel.select(0) == []
            for _, b in pairs[::3]:
                b.send(b"x")
            assert sorted(k.data for k, _ in sel.select(1)) == list(range(0, 20, 3))
            threading.Timer(0.05, lambda: pairs[1][1].send(b"y")).start()
            for a, _ in pairs[::3]:
                a.recv(1)
            assert [k.data for k, _ in sel.select(10)] == [1]
            for a, b in pairs:
                a.close()
                b.close()


def sockets():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    r, w = os.pipe()
    socket.send_fds(a, [b"fd"], [w])
    os.close(w)
    data, fds, _, _ = socket.recv_fds(b, 10, 1)
    os.write(fds[0], b"passed")
    os.close(fds[0])
    assert data == b"fd" and os.read(r, 10) == b"passed" and os.read(r, 10) == b""
    credentials = array.array("i", b.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    assert credentials[0] == os.getpid()
    a.settimeout(0.05)
    try:
        a.recv(1)
        raise AssertionError("no timeout")
    except socket.timeout:
        pass
    with mmap.mmap(-1, 4096) as m:
        if os.fork() == 0:
            m[0:4] = b"kid!"
            os._exit(0)
        os.wait()
        assert m[0:4] == b"kid!"


def signals():
    seen = []
    signal.signal(signal.SIGALRM, lambda *a: seen.append(a[0]))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    while len(seen) < 5:
        signal.pause()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    os.kill(os.getpid(), signal.SIGUSR2)
    assert signal.sigtimedwait([signal.SIGUSR2], 5).si_pid == os.getpid()


PARTS = {"threads": threads, "processes": processes,
         "asyncio": lambda: asyncio.run(asyncio_main()), "multiprocessing": multi,
         "selectors": ready, "sockets": sockets, "signals": signals}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
        print("ok", name, flush=True)
    print("done")
