# SPDX-License-Identifier: MIT
"""The screen of a guest: a QMP socket to press keys and take pictures, and reading text from them.

Text is read with the kernel's own font: the table of ASCII in drivers/tty/vt/font.c.
"""
import json
import os
import re
import socket
import time

WIDTH, HEIGHT = 8, 16
KEYS = {" ": "spc", "\n": "ret", "-": "minus", "=": "equal", ".": "dot", ",": "comma",
        "/": "slash", ";": "semicolon", "'": "apostrophe", "`": "grave_accent",
        "[": "bracket_left", "]": "bracket_right", "\\": "backslash", "\t": "tab"}
SHIFTED = dict(zip("!@#$%^&*()_+{}:\"~|<>?", "1234567890-=[];'`\\,./"))


def read_font(path="drivers/tty/vt/font.c"):
    """{rows of a cell as bytes: character}"""
    with open(path) as f:
        table = re.search(r"ascii\[95\]\[ROWS\] = \{\n(.*?)\n\};", f.read(), re.S)[1]
    font = {}
    for code, line in enumerate(table.split("\n"), 32):
        rows = [int(x, 0) for x in re.match(r"\t\{(.*?)\},", line)[1].split(",")]
        font[bytes([0] * 3 + rows + [0] * (13 - len(rows)))] = chr(code)
    assert len(font) == 95
    return font


class Picture:
    """A PPM file: rows of pixels."""

    def __init__(self, data):
        kind, width, height, _ = re.match(rb"(P6)\s+(\d+)\s+(\d+)\s+(\d+)\s", data).groups()
        start = re.match(rb"P6\s+\d+\s+\d+\s+\d+\s", data).end()
        self.width, self.height, self.data = int(width), int(height), data[start:]

    def cell(self, column, row):
        """16 bytes, a bit for each pixel that is not of the background; two colours."""
        pixels = []
        for y in range(row * HEIGHT, row * HEIGHT + HEIGHT):
            at = (y * self.width + column * WIDTH) * 3
            pixels.append([self.data[at + 3 * i:at + 3 * i + 3] for i in range(WIDTH)])
        back = pixels[2][7]  # no character of ASCII has ink there
        rows = bytes(sum(0x80 >> i for i in range(WIDTH) if line[i] != back) for line in pixels)
        ink = next((p for line in pixels for p in line if p != back), back)
        return rows, ink, back

    def text(self, font):
        """All characters, a line for each row; what is not ASCII is \\ufffd."""
        lines = []
        for row in range(self.height // HEIGHT):
            cells = (self.cell(column, row)[0] for column in range(self.width // WIDTH))
            # The cursor is two lines at the bottom.
            lines.append("".join(font.get(c) or font.get(c[:14] + b"\0\0") or "\ufffd"
                                 for c in cells).rstrip())
        return "\n".join(lines).rstrip("\n")


class Screen:
    def __init__(self, path):
        self.path, self.file, self.font = str(path), None, read_font()

    def options(self):
        return ["-qmp", f"unix:{self.path},server=on,wait=off"]

    def connect(self, timeout=20):
        end = time.monotonic() + timeout
        sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                sock.connect(self.path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.file = sock.makefile("rw")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer or "error" in answer:
                assert "return" in answer, answer
                return answer["return"]

    def press(self, *keys):
        self.command("send-key", keys=[{"type": "qcode", "data": k} for k in keys],
                     **{"hold-time": 20})
        time.sleep(0.05)

    def type(self, text):
        for c in text:
            key = SHIFTED.get(c, c.lower() if c.isupper() else c)
            shift = ["shift"] if c in SHIFTED or c.isupper() else []
            self.press(*shift, KEYS.get(key, key))

    def picture(self):
        path = self.path + ".ppm"
        self.command("screendump", filename=path)
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        return Picture(data)

    def text(self):
        return self.picture().text(self.font)

    def wait_for(self, pattern, timeout=40):
        """The match of @pattern (multi-line) with what the screen shows, or a failure with it."""
        end = time.monotonic() + timeout
        while True:
            text = self.text()
            match = re.search(pattern, text, re.M)
            if match:
                return match
            assert time.monotonic() < end, f"no {pattern!r} on the screen:\n{text}"
            time.sleep(0.3)
