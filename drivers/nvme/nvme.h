/* SPDX-License-Identifier: MIT */
/*
 * NVM Express 1.4 on PCI: what the files of the driver share. Numbers in comments are sections of
 * that specification.
 *
 * States of a controller: starting -> live -> dead. Dead is for ever: the controller is disabled,
 * what was started ends with EIO, and so does all that comes later.
 */
#ifndef DRIVERS_NVME_NVME_H
#define DRIVERS_NVME_NVME_H

#include <kernel/completion.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/workqueue.h>
#include <lib/byteorder.h>
#include <fs/blkdev.h>
#include <drivers/pci.h>

/* Registers (3.1) */
#define NVME_CAP     0x00
#define NVME_VS	     0x08
#define NVME_INTMS   0x0c
#define NVME_CC	     0x14
#define NVME_CSTS    0x1c
#define NVME_AQA     0x24
#define NVME_ASQ     0x28
#define NVME_ACQ     0x30
#define NVME_DBS     0x1000

#define CC_ENABLE    0x1u
#define CC_IOSQES    (6u << 16) /* 64-byte commands */
#define CC_IOCQES    (4u << 20) /* 16-byte completions */
#define CC_SHN	     (1u << 14) /* normal shutdown */
#define CSTS_RDY     0x1u
#define CSTS_CFS     0x2u /* fatal */
#define CSTS_SHST(v) ((v) >> 2 & 3)

enum { NVME_FLUSH = 0, NVME_WRITE = 1, NVME_READ = 2, NVME_ZEROES = 8, NVME_DSM = 9 };
enum { ADMIN_CREATE_SQ = 1, ADMIN_CREATE_CQ = 5, ADMIN_IDENTIFY = 6, ADMIN_SET_FEATURES = 9 };

#define NVME_MAX_QUEUES	 16u
#define NVME_ADMIN_DEPTH 16u
#define NVME_DEPTH	 128u
#define NVME_NO_SLOT	 0xffffu
/* A request's memory: the first page in the command and this many in its list. */
#define NVME_LIST_ENTRIES 128u
#define NVME_LIST_BYTES	  (NVME_LIST_ENTRIES * 8)
#define NVME_MAX_SECTORS  ((NVME_LIST_ENTRIES * (unsigned int)PAGE_SIZE) >> SECTOR_SHIFT)

struct nvme_command {
	u8 opcode, flags;
	__le16 cid;
	__le32 nsid, cdw2, cdw3;
	__le64 mptr, prp1, prp2;
	__le32 cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct nvme_completion {
	__le32 result, reserved;
	__le16 sq_head, sq_id, cid, status; /* bit 0 of status: phase */
};

struct nvme_range {
	__le32 attributes, blocks;
	__le64 slba;
};

/* What a command identifier stands for: a request, or a command of the driver's own. */
struct nvme_slot {
	struct request *rq;
	struct nvme_sync *sync;
	u32 tick; /* of the watchdog when it was started */
	u16 next; /* free list */
};

struct nvme_sync {
	struct completion done;
	u32 result;
	int error;
};

/* A submission and a completion queue. Commands in flight never outnumber the entries, less one. */
struct nvme_queue {
	struct nvme_ctrl *ctrl;
	unsigned int id, depth; /* (i) */
	spinlock_t lock; /* IRQs off: all below */
	u16 tail, told; /* next command; what the controller was told */
	u16 head; /* next completion */
	u16 free, used; /* slots */
	u8 phase;
	bool full; /* somebody was turned away */
	bool dead;
	struct nvme_command *sq;
	struct nvme_completion *cq;
	struct nvme_slot *slots;
	u8 *lists; /* NVME_LIST_BYTES for each slot; NULL: admin */
	void __iomem *doorbell; /* of submissions; completions' follows */
	int irq; /* of MSI-X, 0: none */
};

struct nvme_ns {
	struct nvme_ctrl *ctrl;
	struct nvme_ns *next;
	struct gendisk *disk;
	struct blk_mq_tag_set tag_set;
	u32 nsid;
	unsigned int shift; /* log2 of a block */
	char eui[36];
};

struct nvme_ctrl {
	struct pci_dev *pci;
	int index; /* nvme<index> */
	char name[12];
	void __iomem *regs;
	unsigned int stride; /* bytes from doorbell to doorbell */
	unsigned int max_entries; /* of a queue */
	u64 ready_ns; /* how long it may take to become ready */
	bool msix, line; /* how it interrupts */
	bool write_cache;
	u16 oncs;
	u32 nn;
	unsigned int max_sectors;
	char serial[21], model[41], firmware[9];
	struct mutex admin_lock; /* one admin command at a time */
	unsigned int nr_queues; /* of I/O */
	struct nvme_queue admin, queues[NVME_MAX_QUEUES];
	struct nvme_ns *namespaces;
	_Atomic bool dead;
	_Atomic bool watched; /* the watchdog will come */
	u32 tick; /* (watchdog) */
	struct delayed_work watchdog;
	struct work_struct give_up; /* from interrupts */
};

/* queue.c. nvme_queue_alloc: 0 or -ENOMEM; may sleep. */
int nvme_queue_alloc(struct nvme_ctrl *ctrl, struct nvme_queue *q, unsigned int id,
		     unsigned int depth);
void nvme_queue_free(struct nvme_queue *q);
/* Puts the command into the ring: 0, -EBUSY (full), -EIO (dead). Any context. */
int nvme_submit(struct nvme_queue *q, struct nvme_command *cmd, struct request *rq,
		struct nvme_sync *sync, bool last);
void nvme_ring(struct nvme_queue *q);
/* Takes what is complete; true if there was something. Any context. */
bool nvme_poll(struct nvme_queue *q);
irqreturn_t nvme_interrupt(int irq, void *queue);
/* Ends everything that was started with -EIO; nothing more is taken. */
void nvme_queue_fail(struct nvme_queue *q);
/* The oldest command's age in ticks of the watchdog; 0: none or new. */
unsigned int nvme_queue_age(struct nvme_queue *q, bool *busy);

/* core.c. The result of an admin command, or -errno; may sleep. @result may be NULL. */
int nvme_admin(struct nvme_ctrl *ctrl, struct nvme_command *cmd, u32 *result);
int nvme_identify(struct nvme_ctrl *ctrl, u8 cns, u32 nsid, void *page);
/* Something is in flight: see that the watchdog comes. Any context. */
void nvme_watch(struct nvme_ctrl *ctrl);

/* namespace.c: disks of all namespaces. 0 or -errno. */
int nvme_scan(struct nvme_ctrl *ctrl);

#endif
