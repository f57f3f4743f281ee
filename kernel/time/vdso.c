/* SPDX-License-Identifier: MIT */
/* Keeps the data page of the vDSO in step with the timekeeper. */
#include <arch/param.h>
#include <kernel/clocksource.h>
#include <kernel/vdso.h>
#include <lib/atomic.h>
#include "timekeeping.h"

u8 vdso_data_page[PAGE_SIZE] __section(".bss..page_aligned") __aligned(PAGE_SIZE);

/*
 * Under tk_lock. The fences pair with the acquire load of seq and the acquire fence before its
 * second load in the arch's vdso code.
 */
void vdso_update(const struct timekeeper *tk)
{
	struct vdso_data *data = (struct vdso_data *)vdso_data_page;

	WRITE_ONCE(data->seq, data->seq + 1);
	atomic_thread_fence(memory_order_release);
	data->usable = tk->cs->vdso && !~tk->cs->mask;
	data->base_cycles = tk->base_cycles;
	data->base_ns = tk->base_ns;
	data->real_offset = tk->real_offset;
	data->mult = tk->cs->mult;
	data->shift = tk->cs->shift;
	data->mult_32 = (u64)tk->cs->mult << (32 - tk->cs->shift);
	atomic_thread_fence(memory_order_release);
	WRITE_ONCE(data->seq, data->seq + 1);
}
