/* SPDX-License-Identifier: MIT */
/* Keeps the data page of the vDSO in step with the timekeeper. */
#include <arch/param.h>
#include <kernel/clocksource.h>
#include <kernel/vdso.h>
#include <lib/atomic.h>
#include "timekeeping.h"

u8 vdso_data_page[PAGE_SIZE] __section(".bss..page_aligned") __aligned(PAGE_SIZE);

/*
 * Under tk_lock. A clock that programs cannot read leaves seq odd. The fences pair with the acquire
 * load of seq and the acquire fence before its second load in vdso_gettime.h.
 */
void vdso_update(const struct timekeeper *tk)
{
	struct vdso_data *data = (struct vdso_data *)vdso_data_page;
	bool usable = tk->cs->vdso && !~tk->cs->mask;

	WRITE_ONCE(data->seq, data->seq | 1);
	atomic_thread_fence(memory_order_release);
	data->base_cycles = tk->base_cycles;
	data->base_ns = tk->base_ns;
	data->real_offset = tk->real_offset;
	data->slewed = tk->slewed;
	data->mult_32 = (u64)tk->mult << (32 - tk->cs->shift);
	atomic_thread_fence(memory_order_release);
	if (usable)
		WRITE_ONCE(data->seq, data->seq + 1);
}

/* For gettimeofday(2) in user space: two words that nobody has to see change together. */
void vdso_update_tz(const struct timezone *tz)
{
	struct vdso_data *data = (struct vdso_data *)vdso_data_page;

	WRITE_ONCE(data->tz_minuteswest, (u32)tz->tz_minuteswest);
	WRITE_ONCE(data->tz_dsttime, (u32)tz->tz_dsttime);
}
