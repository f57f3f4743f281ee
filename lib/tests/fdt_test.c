/* SPDX-License-Identifier: MIT */
/* The devicetree reader on a board made here, and on the same damaged in every way. */
#include <lib/errno.h>
#include <lib/fdt.h>
#include <lib/printf.h>
#include "host.h"

static u8 structs[8192], blob[16384];
static char strings[2048];
static size_t struct_size, strings_size, blob_size;

static void cell(u32 v)
{
	put_unaligned_be32(v, structs + struct_size);
	struct_size += 4;
}

static void begin(const char *name)
{
	cell(1);
	memset(structs + struct_size, 0, strlen(name) + 4);
	memcpy(structs + struct_size, name, strlen(name));
	struct_size = ALIGN(struct_size + strlen(name) + 1, 4);
}

static void end(void)
{
	cell(2);
}

static void prop(const char *name, const void *data, u32 len)
{
	size_t off = 0;

	while (off < strings_size && strcmp(strings + off, name))
		off += strlen(strings + off) + 1;
	if (off == strings_size) {
		memcpy(strings + off, name, strlen(name) + 1);
		strings_size += strlen(name) + 1;
	}
	cell(3);
	cell(len);
	cell((u32)off);
	memcpy(structs + struct_size, data, len);
	memset(structs + struct_size + len, 0, 4);
	struct_size = ALIGN(struct_size + len, 4);
}

static void text(const char *name, const char *value)
{
	prop(name, value, (u32)strlen(value) + 1);
}

#define cells(name, ...)                                       \
	do {                                                   \
		u32 _v[] = {__VA_ARGS__};                      \
		for (size_t _i = 0; _i < ARRAY_SIZE(_v); _i++) \
			_v[_i] = swab32(_v[_i]);               \
		prop(name, _v, sizeof(_v));                    \
	} while (0)

static void finish(void)
{
	u32 rsv = 40, st = rsv + 48, str = st + (u32)struct_size + 4;
	u32 head[10] = {0xd00dfeed, 0, st, str, rsv, 17, 16, 0, 0, 0};

	cell(9);
	blob_size = ALIGN(str + strings_size, 8);
	head[1] = (u32)blob_size;
	head[8] = (u32)strings_size;
	head[9] = (u32)struct_size;
	memset(blob, 0, sizeof(blob));
	for (int i = 0; i < 10; i++)
		put_unaligned_be32(head[i], blob + 4 * i);
	put_unaligned_be64(0x48000000, blob + rsv);
	put_unaligned_be64(0x10000, blob + rsv + 8);
	put_unaligned_be64(0x49000000, blob + rsv + 16);
	put_unaligned_be64(0x2000, blob + rsv + 24);
	memcpy(blob + st, structs, struct_size);
	memcpy(blob + str, strings, strings_size);
}

static void make_pcie(void)
{
	begin("pcie@10000000");
	text("compatible", "pci-host-ecam-generic");
	cells("#address-cells", 3);
	cells("#size-cells", 2);
	cells("#interrupt-cells", 1);
	cells("reg", 0x40, 0x10000000, 0, 0x10000000);
	cells("ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x2000000, 0, 0x10000000, 0,
	      0x10000000, 0, 0x2eff0000);
	cells("interrupt-map-mask", 0x1800, 0, 0, 7);
	cells("interrupt-map", 0, 0, 0, 1, 1, 0, 3, 4, 0x800, 0, 0, 2, 1, 0, 5, 4);
	end();
}

static void make_soc(void)
{
	begin("soc");
	text("compatible", "simple-bus");
	cells("#address-cells", 1);
	cells("#size-cells", 1);
	cells("ranges", 0, 0x1, 0x09000000, 0x100000, 0x200000, 0, 0x0a000000, 0x1000);
	begin("serial@1000");
	prop("compatible", "arm,pl011\0arm,primecell", 24);
	cells("reg", 0x1000, 0x200, 0x200100, 8);
	prop("reg-names", "main\0aux", 9);
	cells("interrupts", 0, 1, 4, 0, 2, 4);
	prop("interrupt-names", "rx\0tx", 6);
	cells("phandle", 7);
	end();
	begin("timer@2000");
	text("status", "disabled");
	cells("reg", 0x2000, 0x10);
	cells("interrupts-extended", 1, 0, 9, 4, 9, 33);
	end();
	begin("second@500000");
	cells("reg", 0x500000, 4);
	cells("interrupt-parent", 99);
	cells("interrupts", 1);
	end();
	end();
	begin("gpio");
	cells("phandle", 9);
	cells("#interrupt-cells", 1);
	cells("reg", 0, 0x5000, 0, 0x1000);
	end();
}

static void make_board(void)
{
	struct_size = strings_size = 0;
	begin("");
	text("model", "test");
	cells("#address-cells", 2);
	cells("#size-cells", 2);
	cells("interrupt-parent", 1);
	begin("chosen");
	text("bootargs", "console=ttyAMA0 quiet");
	text("stdout-path", "serial0:115200n8");
	cells("linux,initrd-start", 0x48000000);
	cells("linux,initrd-end", 0, 0x48010000);
	end();
	begin("aliases");
	text("serial0", "/soc/serial@1000");
	end();
	begin("memory@40000000");
	text("device_type", "memory");
	cells("reg", 0, 0x40000000, 0, 0x8000000, 8, 0, 1, 0);
	end();
	begin("reserved-memory");
	cells("#address-cells", 2);
	cells("#size-cells", 2);
	prop("ranges", "", 0);
	begin("fw@4a000000");
	cells("reg", 0, 0x4a000000, 0, 0x1000);
	prop("no-map", "", 0);
	end();
	end();
	begin("intc@8000000");
	cells("phandle", 1);
	cells("#address-cells", 0);
	cells("#interrupt-cells", 3);
	prop("interrupt-controller", "", 0);
	end();
	make_soc();
	make_pcie();
	begin("cpus");
	cells("#address-cells", 1);
	cells("#size-cells", 0);
	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "cpu@%d", i);
		begin(name);
		text("device_type", "cpu");
		cells("reg", i);
		end();
	}
	end();
	end();
	finish();
}

static struct fdt fdt;

static void open_board(void)
{
	make_board();
	EXPECT_STREQ(fdt_init(&fdt, blob, blob_size) ?: "good", "good");
}

static void test_walk(void)
{
	char path[64];
	int node, depth = 0, n = 0;

	open_board();
	fdt_for_each_node(&fdt, node) {
		n++;
		if (node)
			EXPECT_EQ(
				fdt_find_path(&fdt, fdt_path(&fdt, node, path, 64) > 0 ? path : ""),
				node);
	}
	EXPECT_EQ(n, 17);
	node = fdt_find_path(&fdt, "/soc/serial");
	EXPECT_STREQ(fdt_node_name(&fdt, node), "serial@1000");
	EXPECT_EQ(fdt_find_path(&fdt, "serial0"), node);
	EXPECT_EQ(fdt_find_path(&fdt, "serial0:115200"), node);
	EXPECT_EQ(fdt_find_path(&fdt, "/soc/serial@1000/"), node);
	EXPECT_EQ(fdt_find_path(&fdt, "/"), 0);
	EXPECT_EQ(fdt_find_path(&fdt, "/soc/none"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "serial1"), -ENOENT);
	EXPECT_EQ(fdt_parent(&fdt, node), fdt_find_path(&fdt, "/soc"));
	EXPECT_EQ(fdt_parent(&fdt, 0), -ENOENT);
	EXPECT_EQ(fdt_find_phandle(&fdt, 7), node);
	EXPECT_EQ(fdt_find_compatible(&fdt, -1, "arm,primecell"), node);
	EXPECT_EQ(fdt_find_compatible(&fdt, node, "arm,primecell"), -ENOENT);
	EXPECT(fdt_node_name_is(&fdt, node, "serial") && !fdt_node_name_is(&fdt, node, "seria"));
	n = 0;
	fdt_for_each_child(&fdt, node, fdt_find_path(&fdt, "/cpus")) n++;
	EXPECT_EQ(n, 3);
	fdt_for_each_child(&fdt, node, fdt_find_path(&fdt, "/gpio")) n++;
	EXPECT_EQ(n, 3);
	EXPECT(fdt_next_node(&fdt, 0, &depth) > 0 && depth == 1);
	EXPECT_EQ(fdt_path(&fdt, fdt_find_path(&fdt, "/soc/serial"), path, 10), -ENAMETOOLONG);
}

static void test_props(void)
{
	int node;
	u32 v;
	u64 a, b;
	const char *options;

	open_board();
	node = fdt_find_path(&fdt, "/soc/serial");
	EXPECT_EQ(fdt_prop_string_index(&fdt, node, "compatible", "arm,primecell"), 1);
	EXPECT_STREQ(fdt_prop_string(&fdt, node, "compatible", 1), "arm,primecell");
	EXPECT(!fdt_prop_string(&fdt, node, "compatible", 2));
	EXPECT(!fdt_prop_u32(&fdt, node, "interrupts", 4, &v) && v == 2);
	EXPECT_EQ(fdt_prop_u32(&fdt, node, "interrupts", 6, &v), -EINVAL);
	EXPECT_EQ(fdt_prop_u32(&fdt, node, "nothing", 0, &v), -ENOENT);
	EXPECT(fdt_is_available(&fdt, node));
	EXPECT(!fdt_is_available(&fdt, fdt_find_path(&fdt, "/soc/timer")));
	EXPECT_STREQ(fdt_bootargs(&fdt), "console=ttyAMA0 quiet");
	EXPECT(!fdt_initrd(&fdt, &a, &b) && a == 0x48000000 && b == 0x48010000);
	EXPECT_EQ(fdt_stdout(&fdt, &options), node);
	EXPECT_STREQ(options, "115200n8");
}

static void test_addresses(void)
{
	struct fdt_range r;
	int node;
	u64 a, s;
	bool nomap;

	open_board();
	node = fdt_find_path(&fdt, "/soc/serial");
	EXPECT(!fdt_reg(&fdt, node, 0, &a, &s) && a == 0x109001000 && s == 0x200);
	EXPECT(!fdt_reg(&fdt, node, 1, &a, &s) && a == 0x0a000100 && s == 8);
	EXPECT_EQ(fdt_reg(&fdt, node, 2, &a, &s), -ENOENT);
	EXPECT(!fdt_reg_by_name(&fdt, node, "aux", &a, &s) && a == 0x0a000100);
	EXPECT(!fdt_reg_raw(&fdt, node, 0, &a, NULL) && a == 0x1000);
	EXPECT_EQ(fdt_reg(&fdt, fdt_find_path(&fdt, "/soc/second"), 0, &a, &s), -EINVAL);
	EXPECT(!fdt_reg_raw(&fdt, fdt_find_path(&fdt, "/cpus/cpu@2"), 0, &a, &s) && a == 2);
	EXPECT_EQ(fdt_reg(&fdt, fdt_find_path(&fdt, "/cpus/cpu@2"), 0, &a, &s), -EINVAL);
	EXPECT(!fdt_memory(&fdt, 0, &a, &s) && a == 0x40000000 && s == 0x8000000);
	EXPECT(!fdt_memory(&fdt, 1, &a, &s) && a == 0x800000000 && s == 0x100000000);
	EXPECT_EQ(fdt_memory(&fdt, 2, &a, &s), -ENOENT);
	EXPECT(!fdt_reserved(&fdt, 1, &a, &s, &nomap) && a == 0x49000000 && !nomap);
	EXPECT(!fdt_reserved(&fdt, 2, &a, &s, &nomap) && a == 0x4a000000 && nomap);
	EXPECT_EQ(fdt_reserved(&fdt, 3, &a, &s, &nomap), -ENOENT);
	node = fdt_find_path(&fdt, "/pcie");
	EXPECT(!fdt_range(&fdt, node, "ranges", 1, &r));
	EXPECT(r.flags == 0x2000000 && r.child == 0x10000000 && r.cpu == 0x10000000 &&
	       r.size == 0x2eff0000);
	EXPECT_EQ(fdt_range(&fdt, node, "ranges", 2, &r), -ENOENT);
	EXPECT(!fdt_reg(&fdt, node, 0, &a, &s) && a == 0x4010000000);
}

static void test_irqs(void)
{
	struct fdt_irq irq;
	u32 addr[3] = {0x800, 0, 0}, pin = 2;
	int node, intc;

	open_board();
	intc = fdt_find_path(&fdt, "/intc");
	node = fdt_find_path(&fdt, "/soc/serial");
	EXPECT(!fdt_irq(&fdt, node, 1, &irq) && irq.controller == intc && irq.count == 3);
	EXPECT(irq.cells[0] == 0 && irq.cells[1] == 2 && irq.cells[2] == 4);
	EXPECT_EQ(fdt_irq(&fdt, node, 2, &irq), -ENOENT);
	EXPECT(!fdt_irq_by_name(&fdt, node, "tx", &irq) && irq.cells[1] == 2);
	node = fdt_find_path(&fdt, "/soc/timer");
	EXPECT(!fdt_irq(&fdt, node, 0, &irq) && irq.cells[1] == 9);
	EXPECT(!fdt_irq(&fdt, node, 1, &irq) && irq.count == 1 && irq.cells[0] == 33);
	EXPECT_EQ(irq.controller, fdt_find_path(&fdt, "/gpio"));
	EXPECT_EQ(fdt_irq(&fdt, node, 2, &irq), -ENOENT);
	EXPECT_EQ(fdt_irq(&fdt, fdt_find_path(&fdt, "/soc/second"), 0, &irq), -EINVAL);
	node = fdt_find_path(&fdt, "/pcie");
	EXPECT_EQ(fdt_irq_map(&fdt, node, addr, &pin, &irq), 0);
	EXPECT(irq.controller == intc && irq.cells[1] == 5);
	pin = 3;
	EXPECT_EQ(fdt_irq_map(&fdt, node, addr, &pin, &irq), -ENOENT);
}

/* Call everything on whatever fdt_init() lets pass. */
static void use_all(const struct fdt *f)
{
	struct fdt_prop p;
	struct fdt_range r;
	struct fdt_irq irq;
	u32 addr[4] = {0}, spec[FDT_IRQ_CELLS] = {1};
	char path[256];
	const char *options;
	int node;
	u64 a, s;
	u32 sum = 0;
	bool flag;

	fdt_for_each_node(f, node) {
		for (flag = fdt_first_prop(f, node, &p); flag; flag = fdt_next_prop(f, &p)) {
			sum += (u32)strlen(p.name);
			for (u32 i = 0; i < p.len; i++)
				sum += p.data[i];
		}
		sum += (u32)fdt_reg(f, node, 0, &a, &s) + (u32)fdt_reg_raw(f, node, 1, &a, &s);
		sum += (u32)fdt_range(f, node, "ranges", 1, &r);
		sum += (u32)fdt_irq(f, node, 0, &irq) + (u32)fdt_irq_map(f, node, addr, spec, &irq);
		sum += (u32)fdt_path(f, node, path, sizeof(path)) + (u32)fdt_parent(f, node);
		sum += fdt_is_compatible(f, node, "x") + fdt_is_available(f, node);
	}
	for (u32 i = 0; !fdt_memory(f, i, &a, &s) && i < 100; i++)
		sum += (u32)a;
	for (u32 i = 0; !fdt_reserved(f, i, &a, &s, &flag) && i < 100; i++)
		sum += (u32)a;
	sum += (u32)fdt_initrd(f, &a, &s) + (u32)fdt_stdout(f, &options);
	options = fdt_bootargs(f);
	sum += options ? (u32)strlen(options) : 0;
	__asm__ __volatile__("" : : "r"(sum));
}

static void test_truncated(void)
{
	struct fdt f;

	make_board();
	for (size_t n = 0; n <= blob_size; n++) {
		u8 *copy = exact_copy(blob, n);

		EXPECT((fdt_init(&f, copy, n) == NULL) == (n == blob_size));
		free(copy);
		/* The same with a header that agrees. */
		copy = exact_copy(blob, n);
		if (n >= 8) {
			put_unaligned_be32((u32)n, copy + 4);
			if (!fdt_init(&f, copy, n))
				use_all(&f);
		}
		free(copy);
	}
	EXPECT_EQ(fdt_probe_size(blob), blob_size);
}

static void test_corrupt(void)
{
	struct fdt f;
	int passed = 0;

	make_board();
	for (int i = 0; i < 30000; i++) {
		u8 *copy = exact_copy(blob, blob_size);

		for (u32 k = below(3) + 1; k; k--) {
			u32 at = below(8) ? below((u32)blob_size) : below(40);

			if (below(2))
				copy[at] ^= 1U << below(8);
			else
				copy[at & ~3U] = copy[(at & ~3U) + 3] = (u8)below(16);
		}
		if (!fdt_init(&f, copy, blob_size)) {
			use_all(&f);
			passed++;
		}
		free(copy);
	}
	EXPECT(passed > 100);
}

HOST_SUITE("fdt", CASE(test_walk), CASE(test_props), CASE(test_addresses), CASE(test_irqs),
	   CASE(test_truncated), CASE(test_corrupt))
