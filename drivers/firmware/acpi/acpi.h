/* SPDX-License-Identifier: MIT */
/* Private to drivers/firmware/acpi. */
#ifndef ACPI_ACPI_H
#define ACPI_ACPI_H

#include <drivers/acpi.h>

struct acpi_table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem_id[6], oem_table_id[8];
	u32 oem_revision, creator_id, creator_revision;
} __packed;
static_assert(sizeof(struct acpi_table) == 36);

/*
 * Each is given a whole table whose length and checksum are right; it looks no further than
 * table->length.
 */
void acpi_parse_madt(const struct acpi_table *table);
void acpi_find_s5(const struct acpi_table *table);

#endif
