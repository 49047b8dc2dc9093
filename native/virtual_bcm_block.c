/* Latching a control block: all eight words at once when it starts, and what is refused about them. */
#include "virtual_bcm_parts.h"

#define TI_UNMODELLED (TI_WAITS_MASK | TI_BURST_LENGTH_MASK | TI_SRC_DREQ | TI_SRC_WIDTH | TI_DEST_WIDTH | TI_RESERVED)

/* splitmix64 (Steele, Lea, Flood 2014): a good step for any seed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* How late the bus lets this block begin; one draw a block, so that both ways of executing draw alike. */
static int64_t jitter_ps(struct vpi *p)
{
    const int64_t least = p->settings.jitter_ns[0] * PS_PER_NS;
    const int64_t most = p->settings.jitter_ns[1] * PS_PER_NS;
    if (most <= 0) return 0;
    return least + (int64_t)(next_random(&p->dma.random) % (uint64_t)(most - least + 1));
}

static bool length_is_legal(const struct dma_channel *c)
{
    const uint32_t length = c->block.txfr_len;
    if (c->block.ti & TI_TDMODE) {
        const uint32_t row = length & 0xFFFF;
        return row != 0 && row % 4 == 0 && (length & ~(uint32_t)(DMA_YLENGTH_MASK | 0xFFFF)) == 0;
    }
    const uint32_t most = c->debug & DEBUG_LITE ? DMA_LITE_MAX_BYTES : DMA_MAX_BYTES;
    return length != 0 && length % 4 == 0 && length <= most;
}

/* What is wrong with the latched block; FAULT_KINDS if nothing is. */
static enum fault_kind wrong_with(const struct dma_channel *c, uint32_t *detail)
{
    const struct dma_control_block *b = &c->block;
    *detail = b->ti;
    if (b->ti & TI_UNMODELLED) return FAULT_TI_REFUSED;
    if ((b->ti & TI_TDMODE) && (c->debug & DEBUG_LITE)) return FAULT_TWO_D_ON_LITE;
    *detail = b->txfr_len;
    if (!length_is_legal(c)) return FAULT_LENGTH;
    *detail = c->conblk;
    const bool stride = b->stride != 0 && !(b->ti & TI_TDMODE);
    return stride || b->reserved[0] != 0 || b->reserved[1] != 0 ? FAULT_BLOCK_RESERVED : FAULT_KINDS;
}

static void latch(struct vpi *p, struct dma_channel *c)
{
    const uint32_t *words = p->out.memory.chain + (c->conblk - p->memory_bus) / 4;
    c->block = (struct dma_control_block){words[0], words[1], words[2], words[3],
                                          words[4], words[5], {words[6], words[7]}};
    /* A field note of ours, not a law of the chip: WAIT_RESP and no wide bursts on every block. And what is asked in
     * vain: nobody here serves the interrupt, a lite channel cannot ignore an end, a request line needs DREQ and DREQ
     * needs a line; one word needs no counting, and several to one register are the last one, said slowly. */
    const uint32_t wise = TI_NO_WIDE_BURSTS | TI_WAIT_RESP;
    const uint32_t vain = c->debug & DEBUG_LITE ? TI_INTEN | TI_SRC_IGNORE | TI_DEST_IGNORE : TI_INTEN;
    const bool line = c->block.ti & TI_PERMAP_MASK;
    const uint32_t counting = c->block.ti & (TI_SRC_INC | TI_DEST_INC);
    const uint32_t needed = c->block.txfr_len == 4 ? 0 : TI_SRC_INC | TI_DEST_INC;
    if ((c->block.ti & (wise | vain)) != wise || line != (bool)(c->block.ti & TI_DEST_DREQ) ||
        (c->block.dest_ad != PWM_FIF1 && counting != needed))
        vpi_note(p, FAULT_TI_UNWISE, c->block.ti);
}

/* Whether nothing but the FIFO's level decides over this block: see vpi_fast_run. */
static bool is_unbroken(const struct vpi *p, const struct dma_channel *c)
{
    const uint32_t matters = TI_PERMAP_MASK | TI_SRC_IGNORE | TI_SRC_INC | TI_DEST_IGNORE | TI_DEST_DREQ | TI_DEST_INC |
                             TI_WAIT_RESP | TI_TDMODE;
    return (c->block.ti & matters) == (TI_FIFO & matters) && c->dest == PWM_FIF1 && c->source % 4 == 0 &&
           vpi_inside(p, c->source, c->left);
}

/* The block at `conblk` is latched; it costs the time of a fetch. */
void vpi_block_load(struct vpi *p, struct dma_channel *c)
{
    if (!vpi_inside(p, c->conblk, DMA_BLOCK_BYTES)) {
        vpi_dma_fail(p, c, FAULT_BLOCK_OUTSIDE, c->conblk);
        return;
    }
    latch(p, c);
    uint32_t detail = 0;
    const enum fault_kind wrong = wrong_with(c, &detail);
    if (wrong != FAULT_KINDS) {
        vpi_dma_fail(p, c, wrong, detail);
        return;
    }
    if (c->debug & DEBUG_LITE) c->block.ti &= ~(uint32_t)TI_NOT_LITE; /* "will have no effect" */
    const bool two_d = c->block.ti & TI_TDMODE;
    c->source = c->block.source_ad;
    c->dest = c->block.dest_ad;
    c->left = two_d ? c->block.txfr_len & 0xFFFF : c->block.txfr_len;
    c->rows = two_d ? (c->block.txfr_len & DMA_YLENGTH_MASK) >> 16 : 0;
    c->loaded = true;
    c->unbroken = is_unbroken(p, c);
    p->dma.at_ps += p->settings.block_ns * PS_PER_NS;
    if (c->dest != PWM_FIF1) p->dma.at_ps += jitter_ps(p);
}
