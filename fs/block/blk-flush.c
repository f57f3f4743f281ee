/* SPDX-License-Identifier: MIT */
/*
 * REQ_PREFLUSH and REQ_FUA on disks with a volatile cache: one request goes to the driver up to
 * three times, as FLUSH, as what it is, and as FLUSH again where the disk has no FUA of its own.
 *
 * flush_seq holds the steps that are left; 0: not a flush sequence.
 */
#include "blk.h"

#define STEP_PRE  0x1u
#define STEP_DATA 0x2u
#define STEP_POST 0x4u
#define STEP_BUSY 0x80u /* some step runs */

/* What the request really is, while it goes as FLUSH, is in its first bio. */
static void prepare_step(struct request *rq)
{
	bool data = !(rq->flush_seq & STEP_PRE) && (rq->flush_seq & STEP_DATA);

	if (!data) {
		rq->cmd_flags = REQ_OP_FLUSH | REQ_SYNC;
		rq->__data_len = 0;
		return;
	}
	rq->cmd_flags = rq->bio->bi_opf & ~REQ_PREFLUSH;
	if (!(rq->q->flags & QUEUE_FUA))
		rq->cmd_flags &= ~REQ_FUA;
	rq->__data_len = rq->bio->bi_iter.bi_size;
}

void blk_flush_begin(struct request *rq)
{
	blk_opf_t opf = rq->bio->bi_opf;

	rq->flush_seq = STEP_BUSY;
	if (opf & REQ_PREFLUSH)
		rq->flush_seq |= STEP_PRE;
	if (bio_sectors(rq->bio)) {
		rq->flush_seq |= STEP_DATA;
		if ((opf & REQ_FUA) && !(rq->q->flags & QUEUE_FUA))
			rq->flush_seq |= STEP_POST;
	}
	prepare_step(rq);
}

bool blk_flush_next(struct request *rq, int error)
{
	unsigned int left = rq->flush_seq & ~STEP_BUSY;

	rq->error = error;
	left &= left - 1; /* the lowest step was the one that ended */
	rq->flush_seq = STEP_BUSY | left;
	if (error || !left)
		return false;
	prepare_step(rq);
	return true;
}
