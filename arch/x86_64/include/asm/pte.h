/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries of x86_64 (SDM vol. 3, 4.5; table 4-19). Kinds of entry:
 *   present                P (bit 0) set
 *   present, no access P clear, bit 8 set: PROT_NONE, keeps its page; the CPU faults as on a
 *    missing one
 *   swap (kernel's value)  P and bit 8 clear, bit 63 set; bits 1-7 and 9-57 hold 56 bits
 *   none                   0
 */
#ifndef ASM_PTE_H
#define ASM_PTE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <asm/cpufeature.h>

typedef struct {
	u64 v;
} pte_t;

#define PTE_P	    0x001ull
#define PTE_W	    0x002ull
#define PTE_U	    0x004ull
#define PTE_PWT	    0x008ull
#define PTE_PCD	    0x010ull
#define PTE_A	    0x020ull
#define PTE_D	    0x040ull
#define PTE_PS	    0x080ull /* a leaf, above level 0 */
#define PTE_G	    0x100ull
#define PTE_NOACC   0x100ull /* with P clear */
#define PTE_SPECIAL 0x200ull
#define PTE_NX	    (1ull << 63)
#define PTE_ADDR    0x000ffffffffff000ull

/* With the PAT that cpu/setup.c loads: PWT alone is write-combining, PWT and PCD uncached. */
#define PTE_WC PTE_PWT
#define PTE_UC (PTE_PWT | PTE_PCD)

static inline bool pte_none(pte_t pte)
{
	return !pte.v;
}

static inline bool pte_present(pte_t pte)
{
	return pte.v & (PTE_P | PTE_NOACC);
}

static inline bool pte_leaf(pte_t pte, int level)
{
	return pte_present(pte) && (level == 0 || (pte.v & PTE_PS));
}

static inline phys_addr_t pte_table_phys(pte_t pte)
{
	return pte.v & PTE_ADDR;
}

static inline phys_addr_t pte_phys(pte_t pte)
{
	return pte.v & PTE_ADDR;
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return pte_phys(pte) >> PAGE_SHIFT;
}

/* The highest level at which an entry may map memory: 1 GiB or 2 MiB blocks. */
static inline unsigned int pte_max_leaf_level(void)
{
	return cpu_has(X86_GBPAGES) ? 2 : 1;
}

static inline u64 __pte_prot(unsigned int prot)
{
	u64 v = prot & (PT_READ | PT_WRITE | PT_EXEC) ? PTE_P : PTE_NOACC;

	if (prot & PT_WRITE)
		v |= PTE_W;
	if (!(prot & PT_EXEC))
		v |= PTE_NX;
	if (prot & PT_USER)
		v |= PTE_U;
	if (prot & PT_GLOBAL)
		v |= PTE_G;
	if (prot & PT_DEVICE)
		v |= PTE_UC;
	if (prot & PT_WC)
		v |= PTE_WC;
	if (prot & PT_DIRTY)
		v |= PTE_D;
	if (prot & PT_YOUNG)
		v |= PTE_A;
	if (prot & PT_SPECIAL)
		v |= PTE_SPECIAL;
	return v;
}

static inline pte_t pte_make(phys_addr_t phys, unsigned int prot, int level)
{
	return (pte_t){phys | __pte_prot(prot) | (level ? PTE_PS : 0)};
}

static inline pte_t pte_make_table(phys_addr_t phys)
{
	return (pte_t){phys | PTE_P | PTE_W | PTE_U | PTE_A};
}

/* A link through which nothing can be written, whatever the entries below say. */
static inline bool pte_table_ro(pte_t link)
{
	return !(link.v & PTE_W);
}

static inline pte_t pte_table_mkro(pte_t link)
{
	return (pte_t){link.v & ~PTE_W};
}

static inline pte_t pte_table_mkrw(pte_t link)
{
	return (pte_t){link.v | PTE_W};
}

/* The entry of level 0 that maps page @i of the block that @pte of level 1 maps; and back. */
static inline pte_t pte_of_block(pte_t pte, unsigned int i)
{
	return (pte_t){(pte.v & ~PTE_PS) + ((u64)i << PAGE_SHIFT)};
}

/* A changed address needs no step through an invalid entry (SDM vol. 3, 4.10.4.2). */
static inline bool pte_break_before_make(void)
{
	return false;
}

static inline bool pte_write(pte_t pte)
{
	return pte.v & PTE_W;
}

static inline bool pte_dirty(pte_t pte)
{
	return pte.v & PTE_D;
}

static inline bool pte_young(pte_t pte)
{
	return pte.v & PTE_A;
}

static inline bool pte_exec(pte_t pte)
{
	return !(pte.v & PTE_NX);
}

static inline bool pte_user(pte_t pte)
{
	return pte.v & PTE_U;
}

static inline bool pte_special(pte_t pte)
{
	return pte.v & PTE_SPECIAL;
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return (pte_t){pte.v & ~PTE_W};
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	return (pte_t){pte.v | PTE_W};
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return (pte_t){pte.v | PTE_D};
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return (pte_t){pte.v & ~PTE_D};
}

static inline pte_t pte_mkold(pte_t pte)
{
	return (pte_t){pte.v & ~PTE_A};
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return (pte_t){pte.v | PTE_A};
}

static inline pte_t pte_modify(pte_t pte, unsigned int prot)
{
	u64 keep = pte.v & (PTE_ADDR | PTE_A | PTE_D | PTE_SPECIAL | PTE_PS);

	return (pte_t){keep | __pte_prot(prot)};
}

static inline pte_t pte_make_swap(u64 val)
{
	return (pte_t){PTE_NX | (val & 0x7f) << 1 | (val >> 7) << 9};
}

static inline bool pte_is_swap(pte_t pte)
{
	return (pte.v & (PTE_NX | PTE_NOACC | PTE_P)) == PTE_NX;
}

static inline u64 pte_swap_val(pte_t pte)
{
	return ((pte.v >> 1) & 0x7f) | ((pte.v & ~PTE_NX) >> 9) << 7;
}

static inline pte_t pte_read(const pte_t *ptep)
{
	return (pte_t){READ_ONCE(ptep->v)};
}

static inline void pte_set(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->v, pte.v);
}

static inline void pte_clear(pte_t *ptep)
{
	WRITE_ONCE(ptep->v, 0);
}

static inline pte_t pte_xchg(pte_t *ptep, pte_t pte)
{
	return (pte_t){__atomic_exchange_n(&ptep->v, pte.v, __ATOMIC_SEQ_CST)};
}

/* True when *@ptep was @old and is @new now. */
static inline bool pte_cmpxchg(pte_t *ptep, pte_t old, pte_t new)
{
	return __atomic_compare_exchange_n(&ptep->v, &old.v, new.v, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

#endif
