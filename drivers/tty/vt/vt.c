/* SPDX-License-Identifier: MIT */
/*
 * The terminal of the screen: /dev/tty1 (minor 0, /dev/tty0, is the same one), and the kernel's
 * console "tty".
 */
#include <arch/cpu.h>
#include <arch/io.h>
#include <kernel/console.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/uaccess.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "vt.h"

#define PIECE	   256u /* bytes interpreted with the lock held */
#define LOCK_TRIES 10000

#define KDGKBTYPE  0x4b33 /* ioctl_console(2) */
#define KDGETMODE  0x4b3b
#define KDGKBMODE  0x4b44
#define KB_101	   2
#define KD_TEXT	   0
#define K_UNICODE  3

struct vt *vt_console;

/* ---- output ---------------------------------------------------------------------------------- */

/* What the terminal answers (cursor position, identity) comes as input. */
static void send_replies(struct vt *vt)
{
	u8 bytes[VT_REPLIES];
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&vt->lock, flags);
	n = vt->nr_replies;
	memcpy(bytes, vt->replies, n);
	vt->nr_replies = 0;
	spin_unlock_irqrestore(&vt->lock, flags);
	vt_input(bytes, n);
}

static ssize_t vt_write(struct tty_struct *tty, const u8 *buf, size_t count)
{
	struct vt *vt = vt_console;
	unsigned long flags;
	size_t done = 0;

	while (done < count && !READ_ONCE(vt->stopped)) {
		size_t n = min_t(size_t, count - done, PIECE);

		spin_lock_irqsave(&vt->lock, flags);
		vt_output(vt, buf + done, n);
		spin_unlock_irqrestore(&vt->lock, flags);
		done += n;
	}
	vt_draw(vt);
	if (READ_ONCE(vt->nr_replies))
		send_replies(vt);
	return done;
}

static unsigned int vt_write_room(struct tty_struct *tty)
{
	return READ_ONCE(vt_console->stopped) ? 0 : 4096;
}

static void vt_stop(struct tty_struct *tty)
{
	WRITE_ONCE(vt_console->stopped, true);
}

static void vt_start(struct tty_struct *tty)
{
	WRITE_ONCE(vt_console->stopped, false);
}

/* Where the last message of a machine that stops must come out: waits a while for the lock. */
static void vt_console_write(struct console *con, const char *s, size_t len)
{
	struct vt *vt = con->data;
	bool locked = false;

	for (int i = 0; i < LOCK_TRIES && !locked; i++) {
		locked = spin_trylock(&vt->lock);
		if (!locked)
			cpu_relax();
	}
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			vt_output(vt, (const u8 *)"\r", 1);
		vt_output(vt, (const u8 *)s + i, 1);
	}
	vt_draw_locked(vt);
	if (locked) {
		__acquire(&vt->lock);
		spin_unlock(&vt->lock);
	}
}

static void redraw_work(struct work_struct *work)
{
	vt_draw(container_of(work, struct vt, redraw));
}

/* ---- input ----------------------------------------------------------------------------------- */

void vt_input(const void *bytes, size_t n)
{
	struct vt *vt = vt_console;

	if (!vt || !n)
		return;
	tty_insert_flip_string(&vt->port, bytes, n);
	tty_flip_buffer_push(&vt->port);
}

void vt_scrollback(int pages)
{
	struct vt *vt = vt_console;
	unsigned long flags;

	if (!vt)
		return;
	spin_lock_irqsave(&vt->lock, flags);
	if (vt->view || pages > 0)
		vt_look(vt, pages * (int)(vt->rows / 2));
	spin_unlock_irqrestore(&vt->lock, flags);
	schedule_work(&vt->redraw);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static int vt_open(struct tty_struct *tty, struct file *file)
{
	struct vt *vt = vt_console;

	if (!tty->winsize.ws_row)
		tty->winsize = (struct winsize){.ws_row = vt->rows,
						.ws_col = vt->cols,
						.ws_xpixel = vt->cols * GLYPH_WIDTH,
						.ws_ypixel = vt->rows * GLYPH_HEIGHT};
	return tty_port_open(tty->port, tty);
}

static void vt_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty);
}

static long vt_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KDGKBTYPE:
		return put_user((u8)KB_101, (u8 __user *)arg);
	case KDGETMODE:
		return put_user(KD_TEXT, (int __user *)arg);
	case KDGKBMODE:
		return put_user(K_UNICODE, (int __user *)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static int vt_activate(struct tty_port *port, struct tty_struct *tty)
{
	return 0;
}

static void vt_shutdown(struct tty_port *port)
{
	WRITE_ONCE(vt_console->stopped, false);
}

static const struct tty_port_operations vt_port_ops = {
	.activate = vt_activate,
	.shutdown = vt_shutdown,
};

static const struct tty_operations vt_tty_ops = {
	.open = vt_open,
	.close = vt_close,
	.write = vt_write,
	.write_room = vt_write_room,
	.stop = vt_stop,
	.start = vt_start,
	.ioctl = vt_ioctl,
};

static struct tty_driver vt_driver = {
	.driver_name = "console",
	.name = "tty",
	.major = 4,
	.minor_start = 0,
	.num = 2,
	.type = TTY_TYPE_CONSOLE,
	.flags = TTY_DRIVER_FIRST_IS_SECOND,
	.ops = &vt_tty_ops,
};

static struct tty_driver *vt_console_device(struct console *con, int *index)
{
	*index = 1;
	return &vt_driver;
}

static struct console vt_printk = {
	.name = "tty",
	.index = -1,
	.write = vt_console_write,
	.device = vt_console_device,
};

/* ---- making it ------------------------------------------------------------------------------- */

static bool fits(const struct boot_framebuffer *fb)
{
	return fb->width >= 80 * GLYPH_WIDTH && fb->height >= 8 * GLYPH_HEIGHT &&
	       fb->width <= 16384 && fb->height <= 16384 && fb->bpp >= 15 && fb->bpp <= 32 &&
	       fb->pitch / ((fb->bpp + 7) / 8) >= fb->width && fb->red_pos < 32 &&
	       fb->green_pos < 32 && fb->blue_pos < 32;
}

static int add_terminal(struct vt *vt)
{
	int err = tty_port_init(&vt->port, &vt_port_ops);

	vt_driver.init_termios = tty_std_termios;
	vt_driver.init_termios.c_iflag |= IUTF8;
	if (!err)
		err = tty_register_driver(&vt_driver);
	if (err)
		return err;
	vt_console = vt;
	tty_register_device(&vt_driver, 0, &vt->port);
	tty_register_device(&vt_driver, 1, &vt->port);
	vt_printk.data = vt;
	register_console(&vt_printk);
	return 0;
}

int vt_create(const struct boot_framebuffer *fb, u8 __iomem *pixels)
{
	struct vt *vt;
	int err;

	if (vt_console)
		return -EBUSY;
	if (!fits(fb)) {
		pr_err("vt: a screen of %ux%u, %u bits, %u bytes a line is not supported\n",
		       fb->width, fb->height, fb->bpp, fb->pitch);
		return -EINVAL;
	}
	vt = kzalloc(sizeof(*vt), GFP_KERNEL);
	if (!vt)
		return -ENOMEM;
	spin_lock_init(&vt->lock);
	INIT_WORK(&vt->redraw, redraw_work);
	vt->fb = *fb;
	vt->pixels = pixels;
	err = vt_screen_init(vt);
	if (err) {
		kfree(vt);
		return err;
	}
	vt_reset(vt);
	vt_draw(vt);
	err = add_terminal(vt);
	if (err)
		pr_err("vt: no terminal (error %d)\n",
		       err); /* the memory stays: a screen is drawn */
	else
		pr_info("tty1: %ux%u characters on a screen of %ux%u, %u bits\n", vt->cols,
			vt->rows, fb->width, fb->height, fb->bpp);
	return err;
}

/* The screen that the boot loader set up. */
static int __init vt_boot_init(void)
{
	const struct boot_framebuffer *fb = &boot_info.fb;
	u8 __iomem *pixels;

	if (!fb->base || !fits(fb))
		return 0;
	pixels = ioremap(fb->base, (size_t)fb->pitch * fb->height);
	if (!pixels)
		return -ENOMEM;
	return vt_create(fb, pixels);
}
device_initcall(vt_boot_init);
