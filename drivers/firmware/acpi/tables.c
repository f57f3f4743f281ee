/* SPDX-License-Identifier: MIT */
/*
 * Finding and reading the tables. Everything in them may be wrong: a table whose length or checksum
 * is not right is named in the log and not used, fields beyond a table's length read as zero, and
 * no address is touched before the size at it is known.
 */
#define pr_fmt(fmt) "ACPI: " fmt

#include <arch/boot.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <asm/fixmap.h>
#include <asm/platform.h>
#include "acpi.h"

#define MAX_TABLES     128
#define MAX_TABLE_SIZE (768u << 10)

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt;
	/* revision 2 */
	u32 length;
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} __packed;
#define RSDP_V1_SIZE 20

struct acpi_fadt {
	struct acpi_table header;
	u32 facs, dsdt;
	u8 reserved, profile;
	u16 sci_irq;
	u32 smi_port;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
	u8 pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
	u8 gpe0_len, gpe1_len, gpe1_base, cst_control;
	u16 c2_latency, c3_latency, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alarm, month_alarm, century;
	u16 boot_arch;
	u8 reserved2;
	u32 flags;
	struct acpi_generic_address reset_reg;
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor;
	u64 x_facs, x_dsdt;
	struct acpi_generic_address x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control;
	struct acpi_generic_address x_pm2_control, x_pm_timer;
} __packed;
static_assert(offsetof(struct acpi_fadt, flags) == 112);
static_assert(offsetof(struct acpi_fadt, x_pm_timer) == 208);

#define FADT_RESET_SUPPORTED (1u << 10)
#define FADT_TIMER_32BIT     (1u << 8)
#define FADT_HW_REDUCED	     (1u << 20)
#define BOOT_ARCH_NO_CMOS    (1u << 5)

struct acpi_hpet {
	struct acpi_table header;
	u32 id;
	struct acpi_generic_address base;
} __packed;

struct acpi_mcfg {
	struct acpi_table header;
	u8 reserved[8];
	struct {
		u64 base;
		u16 segment;
		u8 first_bus, last_bus;
		u32 reserved;
	} __packed window[];
} __packed;

struct acpi_facts acpi_facts __ro_after_init;

/* The tables are read before parameters are; here the word is only known. */
static int __init acpi_param(char *value)
{
	return 0;
}
early_param("acpi", acpi_param);

/* `acpi=off` on the command line: for firmware whose tables do harm. */
static bool __init acpi_off(void)
{
	const char *s = boot_info.cmdline, *word;

	for (word = strstr(s, "acpi=off"); word; word = strstr(word + 1, "acpi=off"))
		if ((word == s || word[-1] == ' ') && (word[8] == ' ' || !word[8]))
			return true;
	return false;
}

static u8 __init sum(const void *p, size_t len)
{
	const u8 *b = p;
	u8 s = 0;

	while (len--)
		s += *b++;
	return s;
}

/* ---- the root pointer ---- */

static bool __init rsdp_valid(const struct acpi_rsdp *r)
{
	if (memcmp(r->signature, "RSD PTR ", 8) || sum(r, RSDP_V1_SIZE))
		return false;
	return r->revision < 2 ||
	       (r->length >= sizeof(*r) && r->length <= 64 && !sum(r, sizeof(*r)));
}

static bool __init rsdp_at(phys_addr_t phys, struct acpi_rsdp *out)
{
	const struct acpi_rsdp *r = early_memremap(phys, sizeof(*r));
	bool ok;

	if (!r)
		return false;
	ok = rsdp_valid(r);
	*out = *r;
	early_memunmap((void *)r, sizeof(*r));
	return ok;
}

/* On 16-byte boundaries of the BIOS area (5.2.5.1). */
static bool __init rsdp_search(struct acpi_rsdp *out)
{
	const u32 start = 0xe0000, size = 0x20000;
	const char *bios = early_memremap(start, size);
	phys_addr_t found = 0;

	if (!bios)
		return false;
	for (u32 off = 0; off < size && !found; off += 16)
		if (!memcmp(bios + off, "RSD PTR ", 8))
			found = start + off;
	early_memunmap((void *)bios, size);
	return found && rsdp_at(found, out);
}

/* ---- tables ---- */

/* The whole table mapped; NULL if it is no table. Unmap with its length. */
static struct acpi_table *__init map_table(phys_addr_t phys)
{
	struct acpi_table *t = early_memremap(phys, sizeof(*t));
	char name[5] = {0};
	u32 len;

	if (!t) {
		pr_warn("table at %#llx cannot be mapped: ignored\n", phys);
		return NULL;
	}
	len = t->length;
	memcpy(name, t->signature, 4);
	early_memunmap(t, sizeof(*t));
	if (len < sizeof(*t) || len > MAX_TABLE_SIZE) {
		pr_warn("table at %#llx has an impossible length %u: ignored\n", phys, len);
		return NULL;
	}
	t = early_memremap(phys, len);
	if (t && sum(t, len)) {
		pr_warn("table %s at %#llx has a wrong checksum: ignored\n", name, phys);
		early_memunmap(t, len);
		return NULL;
	}
	return t;
}

static void __init unmap_table(struct acpi_table *t)
{
	early_memunmap(t, t->length);
}

static u32 __init io_address(const struct acpi_generic_address *x, u32 old)
{
	return x->space == 1 && x->address && x->address <= 0xffff ? (u32)x->address : old;
}

static void __init parse_fadt(const struct acpi_table *table)
{
	struct acpi_fadt f = {};
	struct acpi_table *dsdt;

	memcpy(&f, table, MIN(table->length, sizeof(f)));
	x86_platform.no_cmos_rtc = f.boot_arch & BOOT_ARCH_NO_CMOS;
	x86_platform.century_reg = f.century;
	if (!(f.flags & FADT_HW_REDUCED)) {
		x86_platform.pm_timer_port = (u16)io_address(&f.x_pm_timer, f.pm_timer);
		x86_platform.pm_timer_32bit = f.flags & FADT_TIMER_32BIT;
		acpi_facts.pm1a_control = io_address(&f.x_pm1a_control, f.pm1a_control);
		acpi_facts.pm1b_control = io_address(&f.x_pm1b_control, f.pm1b_control);
		acpi_facts.smi_port = f.smi_port;
		acpi_facts.enable_value = f.acpi_enable;
		acpi_facts.sci_irq = f.sci_irq;
	}
	if ((f.flags & FADT_RESET_SUPPORTED) && f.reset_reg.address && f.reset_reg.space <= 1) {
		acpi_facts.can_reset = true;
		acpi_facts.reset_reg = f.reset_reg;
		acpi_facts.reset_value = f.reset_value;
	}
	dsdt = map_table(f.x_dsdt ? f.x_dsdt : f.dsdt);
	if (dsdt) {
		acpi_find_s5(dsdt);
		unmap_table(dsdt);
	}
}

static void __init parse_hpet(const struct acpi_table *table)
{
	const struct acpi_hpet *h = (const struct acpi_hpet *)table;

	if (table->length >= sizeof(*h) && h->base.space == 0)
		x86_platform.hpet_phys = h->base.address;
}

static void __init parse_mcfg(const struct acpi_table *table)
{
	const struct acpi_mcfg *m = (const struct acpi_mcfg *)table;

	if (table->length < sizeof(*m))
		return;
	for (u32 i = 0; i < (table->length - sizeof(*m)) / sizeof(m->window[0]); i++) {
		if (acpi_facts.nr_mcfg == ACPI_MAX_MCFG ||
		    m->window[i].last_bus < m->window[i].first_bus)
			continue;
		acpi_facts.mcfg[acpi_facts.nr_mcfg++] = (struct acpi_mcfg_window){
			.base = m->window[i].base,
			.segment = m->window[i].segment,
			.first_bus = m->window[i].first_bus,
			.last_bus = m->window[i].last_bus,
		};
	}
}

static const struct {
	char signature[5];
	void (*parse)(const struct acpi_table *table);
} parsers[] __initconst = {
	{"APIC", acpi_parse_madt}, {"FACP", parse_fadt},   {"HPET", parse_hpet},
	{"MCFG", parse_mcfg},	   {"SSDT", acpi_find_s5},
};

static void __init parse_table(phys_addr_t phys)
{
	struct acpi_table *t = map_table(phys);

	if (!t)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(parsers); i++)
		if (!memcmp(t->signature, parsers[i].signature, 4))
			parsers[i].parse(t);
	unmap_table(t);
}

/* RSDT: 32-bit addresses, XSDT: 64-bit ones (5.2.7, 5.2.8). */
static bool __init parse_root(phys_addr_t phys, unsigned int width, const char *name)
{
	struct acpi_table *root = map_table(phys);
	unsigned int n;

	if (!root)
		return false;
	if (memcmp(root->signature, name, 4)) {
		pr_warn("no %s at %#llx: its tables are not used\n", name, phys);
		unmap_table(root);
		return false;
	}
	n = (root->length - sizeof(*root)) / width;
	for (unsigned int i = 0; i < MIN(n, MAX_TABLES); i++) {
		u64 address = 0;

		memcpy(&address, (const u8 *)(root + 1) + i * width, width);
		if (address)
			parse_table(address);
	}
	unmap_table(root);
	return true;
}

static void __init acpi_init(void)
{
	struct acpi_rsdp rsdp;
	bool found;

	if (acpi_off())
		return;
	found = boot_info.acpi_rsdp && rsdp_at(boot_info.acpi_rsdp, &rsdp);
	if (boot_info.acpi_rsdp && !found)
		pr_warn("no root pointer at %#llx, where the boot loader says: ignored\n",
			boot_info.acpi_rsdp);
	if (!found && !rsdp_search(&rsdp)) {
		pr_warn("no root pointer: one CPU, legacy interrupts, no power-off\n");
		return;
	}
	acpi_facts.present = rsdp.revision >= 2 && rsdp.xsdt && parse_root(rsdp.xsdt, 8, "XSDT");
	if (!acpi_facts.present && rsdp.rsdt)
		acpi_facts.present = parse_root(rsdp.rsdt, 4, "RSDT");
	if (!acpi_facts.present)
		pr_warn("no usable tables: one CPU, legacy interrupts, no power-off\n");
}
X86_PROBE(x86_probe_early, acpi_init);
