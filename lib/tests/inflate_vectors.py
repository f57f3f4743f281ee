#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints inflate_vectors.h: data of several kinds, compressed in every way zlib knows."""
import random
import zlib

random.seed(42)
KINDS = {
    "empty": b"",
    "one": b"x",
    "text": b"".join(b"line %d of the text\n" % (i * i % 977) for i in range(1500)),
    "zeros": bytes(100000),
    "noise": random.randbytes(5000),
    "runs": b"".join(bytes([random.randrange(4)]) * random.randrange(1, 400) for _ in range(300)),
    "mixed": b"".join(random.choice([b"abc", b"/usr/lib/", random.randbytes(9)])
                      * random.randrange(6) for _ in range(6000)),
}


def compressed(data, level, strategy, wbits):
    c = zlib.compressobj(level, zlib.DEFLATED, wbits, 8, strategy)
    return c.compress(data) + c.flush()


def emit(name, data):
    print(f"static const u8 {name}[] = {{")
    for i in range(0, len(data), 32):
        print("\t" + ",".join(map(str, data[i:i + 32])) + ",")
    print("\t0 };")


def main():
    print("/* SPDX-License-Identifier: MIT */\n/* Made by inflate_vectors.py. */")
    rows = []
    for kind, data in KINDS.items():
        for level, strategy in ((0, 0), (1, 0), (9, 0), (6, zlib.Z_HUFFMAN_ONLY), (6, zlib.Z_RLE),
                                (6, zlib.Z_FIXED)):
            for form, wbits in (("RAW", -15), ("ZLIB", 15), ("GZIP", 31)):
                if form != "RAW" and level == 6:
                    continue
                if level == 0 and kind == "zeros":
                    continue
                name = f"v{len(rows)}"
                z = compressed(data, level, strategy, wbits)
                emit(name, z)
                rows.append((f"{kind}/{level}/{strategy}", form, name, len(z), len(data),
                             zlib.crc32(data)))
    print("static const struct vector {\n\tconst char *name;\n\tenum inflate_format format;\n"
          "\tconst u8 *data;\n\tsize_t size, out_size;\n\tu32 crc;\n} vectors[] = {")
    for name, form, sym, size, out, crc in rows:
        print(f'\t{{ "{name}", INFLATE_{form}, {sym}, {size}, {out}, {crc}u }},')
    print("};")


main()
