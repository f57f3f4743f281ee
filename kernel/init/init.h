/* SPDX-License-Identifier: MIT */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#define INIT_ARGS 32
#define INIT_ENVS 32

extern const char *init_argv[INIT_ARGS + 2], *init_envp[INIT_ENVS + 3];
extern const char linux_banner[];

void parse_early_params(void); /* before memory: no allocation */
void parse_params(void); /* allocators work */

#endif
