/* SPDX-License-Identifier: MIT */
/* What the files of the tty core share with each other only. */
#ifndef DRIVERS_TTY_TTY_PRIVATE_H
#define DRIVERS_TTY_TTY_PRIVATE_H

#include <fs/fs.h>
#include <drivers/tty/tty.h>

/* One open(2) of a terminal: file->private_data. (files_lock) of the tty for list and hupped. */
struct tty_file {
	struct tty_struct *tty;
	struct file *file;
	struct list_head list;
	bool console; /* opened as /dev/console: survives a hangup */
	bool hupped; /* read: 0, write: -EIO */
};

static inline struct tty_file *tty_file_of(const struct file *file)
{
	return file->private_data;
}

static inline bool tty_hung_up(const struct file *file)
{
	return READ_ONCE(tty_file_of(file)->hupped);
}

extern struct mutex tty_mutex;

void tty_buffer_deliver(struct tty_port *port);
void tty_buffer_cancel(struct tty_port *port);

/* tty_io.c; the first four with tty_mutex held */
int tty_init_dev(struct tty_driver *driver, unsigned int index, struct tty_struct **out);
struct tty_struct *tty_alloc(struct tty_driver *driver, unsigned int index);
int tty_open_file(struct tty_struct *tty, struct file *file, bool console);
void __tty_hangup(struct tty_struct *tty, bool session_exit);
int tty_release(struct inode *inode, struct file *file);
extern const struct file_operations tty_fops;

/* tty_ioctl.c */
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* tty_termios.c: -ENOIOCTLCMD when @cmd is none of its own. @tty: the one that was opened. */
long tty_termios_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		       unsigned long arg);
void tty_set_termios(struct tty_struct *tty, const struct ktermios *termios);
int tty_wait_until_sent(struct tty_struct *tty, s64 timeout_ns);

/* tty_jobctrl.c */
#if IS_ENABLED(CONFIG_TTY_JOB_CONTROL)
void tty_open_ctty(struct tty_struct *tty, struct file *file, bool noctty);
long tty_jobctrl_ioctl(struct tty_struct *tty, struct tty_struct *real, struct file *file,
		       unsigned int cmd, unsigned long arg);
void tty_session_hangup(struct tty_struct *tty, bool session_exit);
void tty_clear_session(struct tty_struct *tty);
/* current's controlling terminal, referenced, or NULL. */
struct tty_struct *get_current_tty(void);
/* @sig to the foreground process group. */
void tty_signal_pgrp(struct tty_struct *tty, int sig);
#else
static inline void tty_open_ctty(struct tty_struct *tty, struct file *file, bool noctty)
{
}
static inline long tty_jobctrl_ioctl(struct tty_struct *tty, struct tty_struct *real,
				     struct file *file, unsigned int cmd, unsigned long arg)
{
	return -ENOIOCTLCMD;
}
static inline void tty_session_hangup(struct tty_struct *tty, bool session_exit)
{
}
static inline void tty_clear_session(struct tty_struct *tty)
{
}
static inline struct tty_struct *get_current_tty(void)
{
	return NULL;
}
static inline void tty_signal_pgrp(struct tty_struct *tty, int sig)
{
}
#endif

/* pty.c: TIOCPKT's bits for the reader of the master. */
#if IS_ENABLED(CONFIG_UNIX98_PTYS)
void pty_packet_event(struct tty_struct *slave, u8 set, u8 clear);
#else
static inline void pty_packet_event(struct tty_struct *slave, u8 set, u8 clear)
{
}
#endif

static inline bool tty_is_pty_master(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_TYPE_PTY_MASTER;
}

#endif
