/* SPDX-License-Identifier: MIT */
/*
 * Stage 1 descriptors (Arm ARM, D8.3). The hardware's access flag and read-only bit are managed by
 * software:
 *
 *   PTE_WRITE  the mapping may be written; the page is writable at once only when it is dirty too
 *              (PTE_RDONLY clear),
 *              so that the first write faults and mm/fault.c marks the entry dirty
 *   PTE_DIRTY  has been written
 *   PTE_NONE   valid for software, not for hardware: a PROT_NONE page
 *   PTE_SPECIAL as PT_SPECIAL
 *
 * A swap entry has bit 0 and PTE_NONE clear, bit 1 set, and its 56 bits of value from bit 2 on.
 */
#ifndef ASM_PTE_H
#define ASM_PTE_H

#include <arch/param.h>
#include <asm/sysreg.h>

#define PTE_VALID     SYS_BIT(0)
#define PTE_TABLE     SYS_BIT(1) /* levels 3 to 1: a table; level 0: always set */
#define PTE_ATTR(i)   ((i) << 2)
#define PTE_USER      SYS_BIT(6)
#define PTE_RDONLY    SYS_BIT(7)
#define PTE_SHARED    (3 << 8) /* inner shareable */
#define PTE_AF	      SYS_BIT(10)
#define PTE_NG	      SYS_BIT(11)
#define PTE_CONT      SYS_BIT(52)
#define PTE_PXN	      SYS_BIT(53)
#define PTE_UXN	      SYS_BIT(54)
#define PTE_DIRTY     SYS_BIT(55)
#define PTE_SPECIAL   SYS_BIT(56)
#define PTE_WRITE     SYS_BIT(57)
#define PTE_NONE      SYS_BIT(58)
#define PTE_TABLE_RO  SYS_BIT(62) /* in a link: APTable[1] */

#define PTE_ADDR_MASK 0x0000fffffffff000

#ifndef __ASSEMBLER__

#include <lib/types.h>

typedef struct {
	u64 val;
} pte_t;

#define PTE_ATTR_MASK ((u64)PTE_ATTR(7))
/* What pte_modify() replaces, and what it keeps. */
#define PTE_PROT_MASK                                                                              \
	(PTE_VALID | PTE_USER | PTE_RDONLY | PTE_SHARED | PTE_NG | PTE_PXN | PTE_UXN | PTE_WRITE | \
	 PTE_NONE | PTE_ATTR_MASK)

static inline pte_t __pte(u64 val)
{
	return (pte_t){val};
}

/* Blocks of 2 MiB and 1 GiB. */
static inline unsigned int pte_max_leaf_level(void)
{
	return 2;
}

static inline bool pte_none(pte_t pte)
{
	return !pte.val;
}

static inline bool pte_present(pte_t pte)
{
	return pte.val & (PTE_VALID | PTE_NONE);
}

static inline bool pte_leaf(pte_t pte, unsigned int level)
{
	return pte_present(pte) && (level == 0 || !(pte.val & PTE_TABLE));
}

static inline phys_addr_t pte_phys(pte_t pte)
{
	return pte.val & PTE_ADDR_MASK;
}

static inline phys_addr_t pte_table_phys(pte_t pte)
{
	return pte.val & PTE_ADDR_MASK;
}

static inline pfn_t pte_pfn(pte_t pte)
{
	return pte_phys(pte) >> PAGE_SHIFT;
}

/* The bits of PTE_PROT_MASK that @prot asks for; @dirty: the page has been written already. */
static inline u64 __pte_prot(unsigned int prot, bool dirty)
{
	u64 val = PTE_SHARED | PTE_PXN | PTE_UXN;

	if (prot & PT_DEVICE)
		val |= PTE_ATTR(MT_DEVICE);
	else if (prot & PT_WC)
		val |= PTE_ATTR(MT_NORMAL_NC);
	if (prot & PT_USER)
		val |= PTE_USER;
	if (prot & PT_EXEC)
		val &= ~((prot & PT_USER) ? PTE_UXN : PTE_PXN);
	if (!(prot & PT_GLOBAL))
		val |= PTE_NG;
	if (prot & PT_WRITE)
		val |= PTE_WRITE;
	if (!(prot & PT_WRITE) || !dirty)
		val |= PTE_RDONLY;
	return val | ((prot & (PT_READ | PT_WRITE | PT_EXEC)) ? PTE_VALID : PTE_NONE);
}

static inline pte_t pte_make(phys_addr_t phys, unsigned int prot, unsigned int level)
{
	u64 val = phys | __pte_prot(prot, prot & PT_DIRTY);

	if (level == 0)
		val |= PTE_TABLE;
	if (prot & PT_DIRTY)
		val |= PTE_DIRTY;
	if (prot & PT_YOUNG)
		val |= PTE_AF;
	if (prot & PT_SPECIAL)
		val |= PTE_SPECIAL;
	return __pte(val);
}

static inline pte_t pte_make_table(phys_addr_t phys)
{
	return __pte(phys | PTE_VALID | PTE_TABLE);
}

/* A link through which nothing can be written, whatever the entries below say. */
static inline bool pte_table_ro(pte_t link)
{
	return link.val & PTE_TABLE_RO;
}

static inline pte_t pte_table_mkro(pte_t link)
{
	return __pte(link.val | PTE_TABLE_RO);
}

static inline pte_t pte_table_mkrw(pte_t link)
{
	return __pte(link.val & ~PTE_TABLE_RO);
}

/* The entry of level 0 that maps page @i of the block that @pte of level 1 maps. */
static inline pte_t pte_of_block(pte_t pte, unsigned int i)
{
	return __pte((pte.val | PTE_TABLE) + ((u64)i << PAGE_SHIFT));
}

/* A valid entry that changes its address or size becomes invalid in between (D8.14.1). */
static inline bool pte_break_before_make(void)
{
	return true;
}

static inline bool pte_write(pte_t pte)
{
	return pte.val & PTE_WRITE;
}

static inline bool pte_dirty(pte_t pte)
{
	return pte.val & PTE_DIRTY;
}

static inline bool pte_young(pte_t pte)
{
	return pte.val & PTE_AF;
}

static inline bool pte_user(pte_t pte)
{
	return pte.val & PTE_USER;
}

static inline bool pte_exec(pte_t pte)
{
	return !(pte.val & (pte_user(pte) ? PTE_UXN : PTE_PXN));
}

static inline bool pte_special(pte_t pte)
{
	return pte.val & PTE_SPECIAL;
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return __pte((pte.val & ~PTE_WRITE) | PTE_RDONLY);
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	u64 val = pte.val | PTE_WRITE;

	return __pte((val & PTE_DIRTY) ? val & ~PTE_RDONLY : val);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	u64 val = pte.val | PTE_DIRTY;

	return __pte((val & PTE_WRITE) ? val & ~PTE_RDONLY : val);
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return __pte((pte.val & ~PTE_DIRTY) | PTE_RDONLY);
}

static inline pte_t pte_mkold(pte_t pte)
{
	return __pte(pte.val & ~PTE_AF);
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return __pte(pte.val | PTE_AF);
}

/* PT_DIRTY in @prot adds to what the entry has: kernel mappings are writable at once. */
static inline pte_t pte_modify(pte_t pte, unsigned int prot)
{
	u64 dirty = (pte.val & PTE_DIRTY) | ((prot & PT_DIRTY) ? PTE_DIRTY : 0);

	return __pte((pte.val & ~(u64)PTE_PROT_MASK) | dirty | __pte_prot(prot, dirty));
}

static inline pte_t pte_make_swap(u64 v)
{
	return __pte((v << 2) | PTE_TABLE);
}

static inline bool pte_is_swap(pte_t pte)
{
	return (pte.val & (PTE_VALID | PTE_TABLE | PTE_NONE)) == PTE_TABLE;
}

static inline u64 pte_swap_val(pte_t pte)
{
	return pte.val >> 2;
}

static inline pte_t pte_read(const pte_t *ptep)
{
	return __pte(READ_ONCE(ptep->val));
}

/*
 * The store is followed by a barrier when the entry becomes valid, so that the walker sees it
 * before the next access; user entries need none (a spurious fault is harmless and returns through
 * eret), kernel ones do.
 */
static inline void pte_set(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->val, pte.val);
	if ((pte.val & (PTE_VALID | PTE_NG)) == PTE_VALID)
		asm volatile("dsb ishst\n\tisb" : : : "memory");
}

static inline void pte_clear(pte_t *ptep)
{
	WRITE_ONCE(ptep->val, 0);
}

static inline pte_t pte_xchg(pte_t *ptep, pte_t pte)
{
	return __pte(__atomic_exchange_n(&ptep->val, pte.val, __ATOMIC_RELAXED));
}

static inline bool pte_cmpxchg(pte_t *ptep, pte_t old, pte_t new)
{
	return __atomic_compare_exchange_n(&ptep->val, &old.val, new.val, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

#endif /* !__ASSEMBLER__ */

#endif
