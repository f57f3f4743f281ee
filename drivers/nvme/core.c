/* SPDX-License-Identifier: MIT */
/*
 * Controllers: found on PCI, reset and started (7.6.1), admin commands, interrupts, the watchdog.
 *
 * The watchdog comes every few seconds while something is in flight. A command that has been there
 * for NVME_TIMEOUT ticks, a fatal status, or registers that read as ones end the controller.
 */
#include <arch/io.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/ida.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "nvme.h"

#define SECOND_NS	1000000000ll
#define TICK_NS		(5 * SECOND_NS)
#define NVME_TIMEOUT	6u /* ticks */
#define ADMIN_NS	(15 * SECOND_NS)
#define MAX_READY_UNITS 40u /* of half a second, that firmware may ask for */

static DEFINE_MUTEX(index_lock);
static DEFINE_IDA(indices); /* index_lock */

static u64 read64(struct nvme_ctrl *ctrl, unsigned int reg)
{
	u64 low = readl(ctrl->regs + reg);

	return low | (u64)readl(ctrl->regs + reg + 4) << 32;
}

static void write64(struct nvme_ctrl *ctrl, unsigned int reg, u64 value)
{
	writel((u32)value, ctrl->regs + reg);
	writel((u32)(value >> 32), ctrl->regs + reg + 4);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Until (CSTS & mask) == want: 0, -ETIMEDOUT, -ENODEV (gone or fatal). Sleeps. */
static int wait_status(struct nvme_ctrl *ctrl, u32 mask, u32 want, u64 ns)
{
	ktime_t end = hrtimer_clock_now(CLOCK_MONOTONIC) + ns;

	for (;;) {
		u32 status = readl(ctrl->regs + NVME_CSTS);

		if (status == ~0u || (want && (status & CSTS_CFS)))
			return -ENODEV;
		if ((status & mask) == want)
			return 0;
		if (hrtimer_clock_now(CLOCK_MONOTONIC) > end)
			return -ETIMEDOUT;
		msleep(1);
	}
}

static int disable(struct nvme_ctrl *ctrl)
{
	writel(readl(ctrl->regs + NVME_CC) & ~CC_ENABLE, ctrl->regs + NVME_CC);
	return wait_status(ctrl, CSTS_RDY, 0, ctrl->ready_ns);
}

/* No more access to memory from here on, whatever the controller thinks. */
static void stop_dma(struct nvme_ctrl *ctrl)
{
	u16 command = pci_read_config_word(ctrl->pci, PCI_COMMAND);

	pci_write_config_word(ctrl->pci, PCI_COMMAND, command & ~PCI_COMMAND_MASTER);
}

/* Once. Who calls has said why. */
static void give_up(struct nvme_ctrl *ctrl)
{
	if (atomic_exchange(&ctrl->dead, true))
		return;
	pr_err("%s: the controller is given up; all I/O fails\n", ctrl->name);
	disable(ctrl);
	stop_dma(ctrl);
	nvme_queue_fail(&ctrl->admin);
	for (unsigned int i = 0; i < ctrl->nr_queues; i++)
		nvme_queue_fail(&ctrl->queues[i]);
}

static void give_up_work(struct work_struct *work)
{
	give_up(container_of(work, struct nvme_ctrl, give_up));
}

/* ---- the watchdog ---------------------------------------------------------------------------- */

void nvme_watch(struct nvme_ctrl *ctrl)
{
	/* Pairs with the watchdog: it clears the note first, and then looks at the queues. */
	if (!atomic_load_explicit(&ctrl->watched, memory_order_relaxed) &&
	    !atomic_exchange(&ctrl->watched, true))
		schedule_delayed_work_ns(&ctrl->watchdog, TICK_NS);
}

/* True if the queue's oldest command is over time even after looking for lost interrupts. */
static bool queue_hangs(struct nvme_queue *q, bool *busy)
{
	if (nvme_queue_age(q, busy) < NVME_TIMEOUT)
		return false;
	if (nvme_poll(q))
		pr_warn_ratelimited("%s: queue %u: an interrupt was lost\n", q->ctrl->name, q->id);
	return nvme_queue_age(q, busy) >= NVME_TIMEOUT;
}

static void watchdog(struct work_struct *work)
{
	struct nvme_ctrl *ctrl = container_of(work, struct nvme_ctrl, watchdog.work);
	u32 status = readl(ctrl->regs + NVME_CSTS);
	bool busy = false;

	if (atomic_load(&ctrl->dead))
		return;
	WRITE_ONCE(ctrl->tick, ctrl->tick + 1);
	atomic_store(&ctrl->watched, false);
	if (status == ~0u || (status & CSTS_CFS)) {
		pr_err("%s: fatal status %#x\n", ctrl->name, status);
		give_up(ctrl);
		return;
	}
	for (unsigned int i = 0; i < ctrl->nr_queues; i++)
		if (queue_hangs(&ctrl->queues[i], &busy)) {
			pr_err("%s: queue %u: no answer for %lld s\n", ctrl->name,
			       ctrl->queues[i].id, NVME_TIMEOUT * TICK_NS / SECOND_NS);
			give_up(ctrl);
			return;
		}
	if (busy)
		nvme_watch(ctrl);
}

/* ---- admin commands -------------------------------------------------------------------------- */

int nvme_admin(struct nvme_ctrl *ctrl, struct nvme_command *cmd, u32 *result)
{
	struct nvme_sync sync = {.error = 0};
	int err;

	init_completion(&sync.done);
	mutex_lock(&ctrl->admin_lock);
	err = nvme_submit(&ctrl->admin, cmd, NULL, &sync, true);
	if (!err && !wait_for_completion_timeout(&sync.done, ADMIN_NS)) {
		nvme_poll(&ctrl->admin); /* an interrupt may have been lost */
		if (!wait_for_completion_timeout(&sync.done, 1)) {
			pr_err("%s: admin command %#x: no answer\n", ctrl->name, cmd->opcode);
			give_up(ctrl);
			wait_for_completion(&sync.done); /* who gives up ends it */
		}
	}
	err = err ?: sync.error;
	mutex_unlock(&ctrl->admin_lock);
	if (!err && result)
		*result = sync.result;
	return err;
}

int nvme_identify(struct nvme_ctrl *ctrl, u8 cns, u32 nsid, void *page)
{
	struct nvme_command cmd = {.opcode = ADMIN_IDENTIFY,
				   .nsid = cpu_to_le32(nsid),
				   .prp1 = cpu_to_le64(__pa(page)),
				   .cdw10 = cpu_to_le32(cns)};

	memset(page, 0, PAGE_SIZE);
	return nvme_admin(ctrl, &cmd, NULL);
}

/* A field of identify data: text padded with blanks. */
static void copy_text(char *to, const u8 *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= ' ' && from[i] < 127 ? from[i] : ' ';
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
}

static u32 le32_at(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* Identify controller (5.15.2.2). */
static int identify_ctrl(struct nvme_ctrl *ctrl, u8 *id)
{
	unsigned int page_shift = 12 + (read64(ctrl, NVME_CAP) >> 48 & 15);
	int err = nvme_identify(ctrl, 1, 0, id);

	if (err)
		return err;
	copy_text(ctrl->serial, id + 4, 20);
	copy_text(ctrl->model, id + 24, 40);
	copy_text(ctrl->firmware, id + 64, 8);
	ctrl->max_sectors = NVME_MAX_SECTORS;
	if (id[77] && id[77] < 16)
		ctrl->max_sectors = min(ctrl->max_sectors, 1u << (id[77] + page_shift - 9));
	ctrl->nn = le32_at(id + 516);
	ctrl->oncs = id[520] | id[521] << 8;
	ctrl->write_cache = id[525] & 1;
	return 0;
}

/* ---- queues and interrupts ------------------------------------------------------------------- */

static irqreturn_t line_interrupt(int irq, void *data)
{
	struct nvme_ctrl *ctrl = data;
	bool any = nvme_poll(&ctrl->admin);

	for (unsigned int i = 0; i < ctrl->nr_queues; i++)
		any |= nvme_poll(&ctrl->queues[i]);
	return any ? IRQ_HANDLED : IRQ_NONE;
}

static int start_interrupts(struct nvme_ctrl *ctrl)
{
	int irq;

	if (!pci_enable_msix(ctrl->pci)) {
		irq = pci_request_msix(ctrl->pci, 0, 0, nvme_interrupt, ctrl->name, &ctrl->admin);
		if (irq < 0)
			return irq;
		ctrl->admin.irq = irq;
		ctrl->msix = true;
		return 0;
	}
	if (!ctrl->pci->irq)
		return -ENODEV;
	irq = request_irq(ctrl->pci->irq, line_interrupt, IRQF_SHARED, ctrl->name, ctrl);
	ctrl->line = !irq;
	return irq;
}

static void stop_interrupts(struct nvme_ctrl *ctrl)
{
	if (ctrl->msix && ctrl->admin.irq)
		free_irq(ctrl->admin.irq, &ctrl->admin);
	for (unsigned int i = 0; ctrl->msix && i < NVME_MAX_QUEUES; i++)
		if (ctrl->queues[i].irq)
			free_irq(ctrl->queues[i].irq, &ctrl->queues[i]);
	if (ctrl->line)
		free_irq(ctrl->pci->irq, ctrl);
}

/* Entry 0 is the admin queue's; with fewer entries than queues the rest have no interrupt. */
static int queue_vector(struct nvme_ctrl *ctrl, struct nvme_queue *q)
{
	int irq;

	if (!ctrl->msix)
		return 0;
	irq = pci_request_msix(ctrl->pci, q->id, q->id - 1, nvme_interrupt, ctrl->name, q);
	if (irq < 0)
		return irq;
	q->irq = irq;
	return q->id;
}

static int create_queue(struct nvme_ctrl *ctrl, struct nvme_queue *q, unsigned int id)
{
	struct nvme_command cq = {.opcode = ADMIN_CREATE_CQ}, sq = {.opcode = ADMIN_CREATE_SQ};
	int err = nvme_queue_alloc(ctrl, q, id, min(ctrl->max_entries, NVME_DEPTH)), vector;

	if (err)
		return err;
	vector = queue_vector(ctrl, q);
	if (vector < 0) {
		nvme_queue_free(q);
		return vector;
	}
	cq.prp1 = cpu_to_le64(__pa(q->cq));
	cq.cdw10 = sq.cdw10 = cpu_to_le32(id | (q->depth - 1) << 16);
	cq.cdw11 = cpu_to_le32((u32)vector << 16 | 3); /* interrupts; contiguous */
	sq.prp1 = cpu_to_le64(__pa(q->sq));
	sq.cdw11 = cpu_to_le32(id << 16 | 1);
	err = nvme_admin(ctrl, &cq, NULL) ?: nvme_admin(ctrl, &sq, NULL);
	if (err && q->irq) {
		free_irq(q->irq, q);
		q->irq = 0;
	}
	/* On failure the controller may know the ring: it goes when the controller is disabled. */
	return err;
}

/* As many as there are CPUs, interrupts and leave: one is enough. */
static int create_queues(struct nvme_ctrl *ctrl)
{
	unsigned int want = min(num_possible_cpus(), NVME_MAX_QUEUES);
	struct nvme_command cmd = {.opcode = ADMIN_SET_FEATURES, .cdw10 = cpu_to_le32(7)};
	u32 granted;
	int err = 0;

	if (!ctrl->msix)
		want = 1;
	else if (ctrl->pci->msix_size < want + 1)
		want = max(ctrl->pci->msix_size - 1, 1);
	cmd.cdw11 = cpu_to_le32((want - 1) << 16 | (want - 1));
	err = nvme_admin(ctrl, &cmd, &granted);
	if (err)
		return err;
	want = min3(want, (granted & 0xffff) + 1, (granted >> 16) + 1);
	for (unsigned int i = 0; i < want && !err; i++) {
		err = create_queue(ctrl, &ctrl->queues[i], i + 1);
		if (!err)
			ctrl->nr_queues++;
	}
	return ctrl->nr_queues ? 0 : err;
}

/* ---- starting -------------------------------------------------------------------------------- */

static int map_regs(struct nvme_ctrl *ctrl)
{
	unsigned int queues = min(num_possible_cpus(), NVME_MAX_QUEUES) + 1;
	u64 cap;

	ctrl->regs = pci_iomap(ctrl->pci, 0, 0, NVME_DBS);
	if (!ctrl->regs)
		return -ENODEV;
	cap = read64(ctrl, NVME_CAP);
	iounmap(ctrl->regs);
	ctrl->stride = 4u << (cap >> 32 & 15);
	ctrl->regs = pci_iomap(ctrl->pci, 0, 0, NVME_DBS + 2 * queues * ctrl->stride);
	if (!ctrl->regs)
		return -ENODEV;
	ctrl->max_entries = (cap & 0xffff) + 1;
	ctrl->ready_ns = clamp_t(u64, cap >> 24 & 0xff, 2, MAX_READY_UNITS) * (SECOND_NS / 2);
	if (cap == ~0ull || ctrl->max_entries < 2 || 12 + (cap >> 48 & 15) > PAGE_SHIFT ||
	    !(cap >> 37 & 1)) {
		pr_err("%s: capabilities %#llx are not supported\n", ctrl->name, cap);
		iounmap(ctrl->regs);
		return -ENODEV;
	}
	return 0;
}

static int enable(struct nvme_ctrl *ctrl)
{
	int err = disable(ctrl);

	if (!err)
		err = nvme_queue_alloc(ctrl, &ctrl->admin, 0,
				       min(ctrl->max_entries, NVME_ADMIN_DEPTH));
	/* QEMU wants MSI-X to be on before the queues that use it are there. */
	if (!err)
		err = start_interrupts(ctrl);
	if (err)
		return err;
	writel((ctrl->admin.depth - 1) << 16 | (ctrl->admin.depth - 1), ctrl->regs + NVME_AQA);
	write64(ctrl, NVME_ASQ, __pa(ctrl->admin.sq));
	write64(ctrl, NVME_ACQ, __pa(ctrl->admin.cq));
	writel(CC_IOCQES | CC_IOSQES | (PAGE_SHIFT - 12) << 7 | CC_ENABLE, ctrl->regs + NVME_CC);
	return wait_status(ctrl, CSTS_RDY, CSTS_RDY, ctrl->ready_ns);
}

static int start(struct nvme_ctrl *ctrl)
{
	u8 *page = (u8 *)__get_free_page(GFP_KERNEL);
	int err = page ? identify_ctrl(ctrl, page) : -ENOMEM;

	if (!err)
		err = create_queues(ctrl);
	if (!err)
		err = nvme_scan(ctrl);
	free_page((unsigned long)page);
	return err;
}

static void free_ctrl(struct nvme_ctrl *ctrl)
{
	nvme_queue_free(&ctrl->admin);
	for (unsigned int i = 0; i < NVME_MAX_QUEUES; i++)
		nvme_queue_free(&ctrl->queues[i]);
	mutex_lock(&index_lock);
	ida_free(&indices, ctrl->index);
	mutex_unlock(&index_lock);
	kfree(ctrl);
}

static struct nvme_ctrl *new_ctrl(struct pci_dev *pci)
{
	struct nvme_ctrl *ctrl = kzalloc(sizeof(*ctrl), GFP_KERNEL);

	if (!ctrl)
		return NULL;
	mutex_lock(&index_lock);
	ctrl->index = ida_alloc(&indices, GFP_KERNEL);
	mutex_unlock(&index_lock);
	if (ctrl->index < 0) {
		kfree(ctrl);
		return NULL;
	}
	snprintf(ctrl->name, sizeof(ctrl->name), "nvme%d", ctrl->index);
	ctrl->pci = pci;
	mutex_init(&ctrl->admin_lock);
	init_delayed_work(&ctrl->watchdog, watchdog);
	INIT_WORK(&ctrl->give_up, give_up_work);
	return ctrl;
}

static int nvme_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct nvme_ctrl *ctrl = new_ctrl(pci);
	int err;

	if (!ctrl)
		return -ENOMEM;
	pci_enable_device(pci);
	err = map_regs(ctrl);
	if (err) {
		free_ctrl(ctrl);
		return err;
	}
	err = enable(ctrl);
	if (!err)
		err = start(ctrl);
	if (err && !ctrl->namespaces) {
		pr_err("%s: not started: %pe\n", ctrl->name, ERR_PTR(err));
		disable(ctrl);
		stop_interrupts(ctrl);
		stop_dma(ctrl);
		cancel_delayed_work_sync(&ctrl->watchdog);
		cancel_work_sync(&ctrl->give_up);
		iounmap(ctrl->regs);
		free_ctrl(ctrl);
		return -ENODEV;
	}
	pci->priv = ctrl;
	pr_info("%s: %s, %u queues, %s\n", ctrl->name, ctrl->model, ctrl->nr_queues,
		ctrl->msix ? "MSI-X" : "INTx");
	return 0;
}

/* NVM subsystem with the NVMe interface. */
static const struct pci_device_id nvme_ids[] = {{PCI_ANY_ID, PCI_ANY_ID, 0x010802, 0xffffff}, {}};
static struct pci_driver nvme_driver = {.name = "nvme", .ids = nvme_ids, .probe = nvme_probe};

static int __init nvme_init(void)
{
	return pci_register_driver(&nvme_driver);
}
device_initcall(nvme_init);
