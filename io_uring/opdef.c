/* SPDX-License-Identifier: MIT */
/*
 * The table of operations. What has no issue() is not there: EINVAL, and PROBE says so. force_async
 * goes to a worker; pollin and pollout wait for their file.
 */
#include "io_uring.h"

static int io_nop_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return 0;
}

static int io_nop(struct io_kiocb *req, unsigned int issue_flags)
{
	return IOU_OK;
}

/* Its timer is armed by the request before it; alone it is refused by its prep. */
static int io_link_timeout(struct io_kiocb *req, unsigned int issue_flags)
{
	return io_done(req, -ECANCELED);
}

/* clang-format off: one operation, one entry */
const struct io_op_def io_op_defs[IORING_OP_LAST] = {
	[IORING_OP_NOP] = {.prep = io_nop_prep, .issue = io_nop, .ioprio = true},
	[IORING_OP_READV] = {.prep = io_prep_rw, .issue = io_read, .cleanup = io_rw_cleanup,
		.needs_file = true, .pollin = true, .buffer_select = true, .ioprio = true},
	[IORING_OP_READ] = {.prep = io_prep_rw, .issue = io_read, .needs_file = true,
		.pollin = true, .buffer_select = true, .ioprio = true},
	[IORING_OP_READ_FIXED] = {.prep = io_prep_rw, .issue = io_read, .needs_file = true,
		.pollin = true, .ioprio = true},
	[IORING_OP_WRITEV] = {.prep = io_prep_rw, .issue = io_write, .cleanup = io_rw_cleanup,
		.needs_file = true, .pollout = true, .ioprio = true},
	[IORING_OP_WRITE] = {.prep = io_prep_rw, .issue = io_write, .needs_file = true,
		.pollout = true, .ioprio = true},
	[IORING_OP_WRITE_FIXED] = {.prep = io_prep_rw, .issue = io_write, .needs_file = true,
		.pollout = true, .ioprio = true},
	[IORING_OP_FSYNC] = {.prep = io_fsync_prep, .issue = io_fsync, .needs_file = true,
		.force_async = true},
	[IORING_OP_SYNC_FILE_RANGE] = {.prep = io_sync_file_range_prep,
		.issue = io_sync_file_range, .needs_file = true, .force_async = true},
	[IORING_OP_FALLOCATE] = {.prep = io_fallocate_prep, .issue = io_fallocate,
		.needs_file = true, .force_async = true},
	[IORING_OP_FADVISE] = {.prep = io_fadvise_prep, .issue = io_fadvise, .needs_file = true,
		.force_async = true},
	[IORING_OP_MADVISE] = {.prep = io_madvise_prep, .issue = io_madvise, .force_async = true},
	[IORING_OP_SPLICE] = {.prep = io_splice_prep, .issue = io_splice, .needs_file = true,
		.force_async = true},
	[IORING_OP_TEE] = {.prep = io_tee_prep, .issue = io_tee, .needs_file = true,
		.force_async = true},
	[IORING_OP_POLL_ADD] = {.prep = io_poll_add_prep, .issue = io_poll_add,
		.needs_file = true},
	[IORING_OP_POLL_REMOVE] = {.prep = io_poll_remove_prep, .issue = io_poll_remove},
	[IORING_OP_TIMEOUT] = {.prep = io_timeout_prep, .issue = io_timeout},
	[IORING_OP_TIMEOUT_REMOVE] = {.prep = io_timeout_remove_prep, .issue = io_timeout_remove},
	[IORING_OP_LINK_TIMEOUT] = {.prep = io_link_timeout_prep, .issue = io_link_timeout},
	[IORING_OP_ASYNC_CANCEL] = {.prep = io_async_cancel_prep, .issue = io_async_cancel},
	[IORING_OP_SENDMSG] = {.prep = io_sendmsg_prep, .issue = io_sendmsg,
		.cleanup = io_sr_cleanup, .needs_file = true, .pollout = true, .ioprio = true},
	[IORING_OP_RECVMSG] = {.prep = io_recvmsg_prep, .issue = io_recvmsg,
		.cleanup = io_sr_cleanup, .needs_file = true, .pollin = true,
		.buffer_select = true, .ioprio = true},
	[IORING_OP_SEND] = {.prep = io_sendmsg_prep, .issue = io_send, .needs_file = true,
		.pollout = true, .ioprio = true},
	[IORING_OP_RECV] = {.prep = io_recvmsg_prep, .issue = io_recv, .needs_file = true,
		.pollin = true, .buffer_select = true, .ioprio = true},
	[IORING_OP_ACCEPT] = {.prep = io_accept_prep, .issue = io_accept, .needs_file = true,
		.pollin = true, .ioprio = true},
	[IORING_OP_CONNECT] = {.prep = io_connect_prep, .issue = io_connect, .needs_file = true,
		.pollout = true},
	[IORING_OP_SHUTDOWN] = {.prep = io_shutdown_prep, .issue = io_shutdown,
		.needs_file = true},
	[IORING_OP_SOCKET] = {.prep = io_socket_prep, .issue = io_socket},
	[IORING_OP_OPENAT] = {.prep = io_openat_prep, .issue = io_openat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_OPENAT2] = {.prep = io_openat2_prep, .issue = io_openat2,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_CLOSE] = {.prep = io_close_prep, .issue = io_close},
	[IORING_OP_STATX] = {.prep = io_statx_prep, .issue = io_statx,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_RENAMEAT] = {.prep = io_renameat_prep, .issue = io_renameat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_UNLINKAT] = {.prep = io_unlinkat_prep, .issue = io_unlinkat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_MKDIRAT] = {.prep = io_mkdirat_prep, .issue = io_mkdirat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_SYMLINKAT] = {.prep = io_symlinkat_prep, .issue = io_symlinkat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_LINKAT] = {.prep = io_linkat_prep, .issue = io_linkat,
		.cleanup = io_path_cleanup, .force_async = true},
	[IORING_OP_FSETXATTR] = {.prep = io_fsetxattr_prep, .issue = io_fsetxattr,
		.needs_file = true},
	[IORING_OP_SETXATTR] = {.prep = io_setxattr_prep, .issue = io_setxattr},
	[IORING_OP_FGETXATTR] = {.prep = io_fgetxattr_prep, .issue = io_fgetxattr,
		.needs_file = true},
	[IORING_OP_GETXATTR] = {.prep = io_getxattr_prep, .issue = io_getxattr},
	[IORING_OP_FILES_UPDATE] = {.prep = io_files_update_prep, .issue = io_files_update},
	[IORING_OP_PROVIDE_BUFFERS] = {.prep = io_provide_buffers_prep,
		.issue = io_provide_buffers},
	[IORING_OP_REMOVE_BUFFERS] = {.prep = io_remove_buffers_prep, .issue = io_remove_buffers},
	[IORING_OP_EPOLL_CTL] = {.prep = io_epoll_ctl_prep, .issue = io_epoll_ctl},
	[IORING_OP_MSG_RING] = {.prep = io_msg_ring_prep, .issue = io_msg_ring,
		.needs_file = true},
};
/* clang-format on */
