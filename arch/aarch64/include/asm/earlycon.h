/* SPDX-License-Identifier: MIT */
#ifndef ASM_EARLYCON_H
#define ASM_EARLYCON_H

/*
 * Finds the UART of /chosen stdout-path and maps it for early_console_write(). Boot CPU, once the
 * devicetree is known.
 */
void earlycon_init(void);

/*
 * Until then: the UART that the board's Kconfig states, for saying why the devicetree cannot be
 * used. Not touched when all is well.
 */
void earlycon_fallback(void);

#endif
