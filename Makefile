# SPDX-License-Identifier: MIT
#
# The verbs of Keel. This file decides which build directory a command is about and hands over:
# configuration to scripts/kbuild/config.py, everything compiled to scripts/kbuild/Makefile.build
# (one make for the whole tree), tools and tests to programs in scripts/. 'make help' lists them.

MAKEFLAGS += --no-print-directory -rR
PYTHON := /usr/bin/python3
export PYTHON V C LLVM

.DEFAULT_GOAL := all
goals := $(or $(MAKECMDGOALS),all)

# ---- which board, which build directory ---------------------------------------------------------

boards := $(patsubst boards/%/board.mk,%,$(wildcard boards/*/board.mk))
board-of-arch = $(firstword $(patsubst boards/%/board.mk,%,\
	$(shell grep -lx 'ARCH := $(1)' $$(grep -lx 'ARCH_DEFAULT := y' boards/*/board.mk))))

named-board := $(patsubst %_defconfig,%,$(filter %_defconfig,$(goals)))
ifneq ($(word 2,$(named-board)),)
$(error one board at a time: $(named-board))
endif

# said: what this command line says of the board; board: that, or what was configured last, or pc
said := $(or $(BOARD),$(named-board))
ifeq ($(said)$(filter-out undefined environment,$(origin ARCH)),command line)
said := $(call board-of-arch,$(ARCH))
$(if $(said),,$(error no board has ARCH=$(ARCH); boards: $(boards)))
endif
$(if $(filter-out $(boards),$(said)),$(error no board '$(said)'; boards: $(boards)))

ifeq ($(origin O),command line)
out := $(O:%/=%)
had := $(shell sed -n 's/^BOARD := //p' $(out)/include/config/board.mk 2>/dev/null)
board := $(or $(said),$(had),pc)
else
last := $(shell cat build/.board 2>/dev/null)
board := $(or $(said),$(filter $(boards),$(last)),pc)
out := build/$(board)
endif

# ---- several goals of different kinds: one after the other --------------------------------------

config-verbs := defconfig tinyconfig allnoconfig allyesconfig randconfig olddefconfig \
	savedefconfig menuconfig
is-config = $(filter $(config-verbs) %_defconfig %.config,$(1))
is-alone = $(call is-config,$(1))$(filter clean mrproper run debug check check-% lint size,$(1))

ifneq ($(and $(word 2,$(goals)),$(strip $(foreach g,$(goals),$(call is-alone,$(g))))),)

again := $(MAKE) $(if $(filter command,$(firstword $(origin O))),,BOARD=$(board))
.PHONY: $(goals) one-by-one
$(goals): one-by-one ; @:
one-by-one:
	@set -e; for g in $(goals); do $(again) $$g; done

else

# ---- configuration ------------------------------------------------------------------------------

CONFIG := $(PYTHON) scripts/kbuild/config.py $(out)

.PHONY: $(config-verbs)
defconfig tinyconfig allnoconfig allyesconfig randconfig:
	@$(CONFIG) $@ $(board)
	@$(remember)
olddefconfig savedefconfig menuconfig: $(out)/.config
	@$(CONFIG) $@

# Phony, and so no patterns: a fragment's path is a file that exists.
named := $(filter %_defconfig,$(goals))
fragments := $(filter %.config,$(goals))
.PHONY: $(named) $(fragments)
$(named):
	@$(CONFIG) defconfig $(@:_defconfig=)
	@$(remember)
$(fragments): | $(out)/.config
	@$(CONFIG) merge $@

# A plain 'make' later means the board that was configured last.
remember := $(if $(filter command,$(firstword $(origin O))),:,echo $(board) >build/.board)

$(out)/.config:
	@echo '$(out)/.config is not there: using configs/$(board)_defconfig'
	@$(CONFIG) defconfig $(board)

# ---- everything that is compiled ----------------------------------------------------------------

build-goals := all keel Image keel.map keel.iso iso compile_commands.json prepare vmlinux
dir-goals := $(filter %/ %.o %.i %.s,$(goals)) $(if $(M),$(M:%/=%)/)
compiled := $(or $(dir-goals),$(filter $(build-goals),$(goals)))
BUILD = flock $(out)/.lock $(MAKE) -f scripts/kbuild/Makefile.build O=$(out)

.PHONY: $(build-goals) $(dir-goals) build
# Only the first of the goals starts the build, which then makes them all.
$(build-goals) $(dir-goals): build ; @:
build: $(out)/.config
	@$(PYTHON) scripts/kbuild/prepare.py $(out) '$(said)'
	+@$(BUILD) $(or $(compiled),all)

# ---- tools and tests ----------------------------------------------------------------------------

QEMU := $(PYTHON) scripts/qemu.py --build $(out)

.PHONY: run debug size
run: build
	@$(QEMU) --interactive $(if $(ROOTFS),--rootfs $(ROOTFS)) $(if $(SHARE),--share $(SHARE)) \
		$(QEMUFLAGS)
debug: build
	@$(QEMU) --gdb $(QEMUFLAGS)
size: build
	@$(PYTHON) scripts/size.py $(out)

CHECK_BOARDS := $(if $(said),--board $(said))
.PHONY: check check-host check-kunit check-selftests check-boot check-sanitizers check-gates
.PHONY: lint setup
check:
	@$(PYTHON) scripts/check.py $(CHECK_BOARDS) all
check-host check-kunit check-selftests check-boot check-sanitizers:
	@$(PYTHON) scripts/check.py $(CHECK_BOARDS) $(@:check-%=%)
check-gates:
	@$(PYTHON) scripts/gates.py $(CHECK_BOARDS) $(COMBINATIONS)
lint:
	@$(PYTHON) scripts/lint/lint.py
setup:
	@scripts/setup
export SUITE SEED REPEAT

# Disks: of the board that O= was built for, on a PC.
.PHONY: check-powercut check-damage
check-powercut: build
	@$(PYTHON) tests/disk/powercut.py --kernel $(out)/keel --out $(out)/powercut \
		$(if $(N),--times $(N)) $(if $(SEED),--seed $(SEED))
check-damage: build
	@$(PYTHON) tests/disk/damage.py --kernel $(out)/keel --out $(out)/damage \
		$(if $(N),--times $(N)) $(if $(SEED),--seed $(SEED)) \
		$(if $(IMAGES),--images $(IMAGES))

# The parsers of what comes from outside, coverage-guided, on this machine: FUZZ=name TIME=seconds.
.PHONY: fuzz
fuzz:
	@$(MAKE) -C lib/fuzz run $(if $(FUZZ),FUZZ='$(FUZZ)') $(if $(TIME),TIME=$(TIME)) \
		$(if $(filter command,$(firstword $(origin O))),O=$(abspath $(O)))

# Memory at its end, in a guest of 64 MB; of the board that O= was built for.
.PHONY: check-pressure
check-pressure: build
	@$(PYTHON) tests/pressure/run.py --kernel $(out)/keel --out $(out)/pressure \
		$(if $(SMP),--smp $(SMP)) $(TEST)

# A million sockets that pass descriptors, and nothing is left: N=sockets.
.PHONY: check-soak
check-soak: build
	@$(PYTHON) tests/pressure/run.py --kernel $(out)/keel --out $(out)/soak --program sockets \
		--timeout 14400 $(if $(SMP),--smp $(SMP)) $(if $(N),--env SOCKETS=$(N))
	@$(PYTHON) tests/pressure/run.py --kernel $(out)/keel --out $(out)/soak --program tasks \
		--timeout 43200 $(if $(SMP),--smp $(SMP)) $(if $(N),--env CYCLES=$(N))

# Real programs, on the board that O= was built for; fetched and built into build/apps.
.PHONY: check-apps
check-apps: build
	@KEEL_BOARDS=$(board)=$(out) PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -q -rs \
		-p no:cacheprovider tests/apps $(if $(SUITE),-k '$(SUITE)')
export ROUNDS

.PHONY: docs
docs:
	@$(PYTHON) scripts/syscalltbl.py --doc Documentation/syscalls.md

.PHONY: clean mrproper distclean
clean:
	@test ! -d $(out) || find $(out) -mindepth 1 -maxdepth 1 ! -name .config ! -name .lock \
		-exec rm -rf {} +
mrproper distclean:
	rm -rf $(if $(filter command,$(firstword $(origin O))),$(out),build)

endif

.PHONY: help
help:
	@sed 's/^# \?//' scripts/kbuild/help.txt
	@echo 'Boards: $(boards)   now: $(board) in $(out)'
