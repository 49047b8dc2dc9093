/* The virtual DMA engine: registers of its channels, and moving words (BCM2711 ARM Peripherals 4.2). */
#include "virtual_bcm_parts.h"

#include <string.h>

#define CS_KEPT (CS_DISDEBUG | CS_WAIT_FOR_OUTSTANDING_WRITES | CS_PANIC_PRIORITY_MASK | CS_PRIORITY_MASK)

static bool is_lite(const struct vpi *p, uint32_t channel)
{
    return channel >= p->chip->first_lite && channel <= p->chip->last_lite;
}

static void reset_channel(struct vpi *p, uint32_t channel)
{
    memset(&p->dma.channel[channel], 0, sizeof p->dma.channel[channel]);
    if (is_lite(p, channel)) p->dma.channel[channel].debug = DEBUG_LITE;
}

void vpi_dma_reset(struct vpi *p)
{
    for (uint32_t channel = 0; channel < DMA_CHANNELS; channel++) reset_channel(p, channel);
    p->dma.run = NO_CHANNEL;
    p->dma.enable = 0x7FFF; /* all channels, DS 4.2.1.2 "ENABLE" */
    p->dma.at_ps = 0;
    p->dma.random = p->settings.seed;
}

/* The channel stops here, as after a read error. */
void vpi_dma_fail(struct vpi *p, struct dma_channel *c, enum fault_kind kind, uint32_t detail)
{
    vpi_note(p, kind, detail);
    c->debug |= DEBUG_READ_ERROR;
    c->active = false;
}

/* Go on with `next`, or stop if there is none. */
static void follow(struct vpi *p, struct dma_channel *c)
{
    if (c->block.nextconbk % DMA_BLOCK_BYTES) vpi_note(p, FAULT_BLOCK_UNALIGNED, c->block.nextconbk);
    c->conblk = c->block.nextconbk & ~(uint32_t)(DMA_BLOCK_BYTES - 1);
    c->loaded = false;
    if (c->conblk == 0) c->active = false;
}

void vpi_dma_finish_block(struct vpi *p, struct dma_channel *c)
{
    c->happened |= CS_END;
    if (c->block.ti & TI_INTEN) c->happened |= CS_INT;
    follow(p, c);
}

static bool read_word(struct vpi *p, struct dma_channel *c, uint32_t *word)
{
    if (c->block.ti & TI_SRC_IGNORE) {
        *word = 0;
    } else if (vpi_inside(p, c->source, 4) && c->source % 4 == 0) {
        *word = p->out.memory.chain[(c->source - p->memory_bus) / 4];
    } else if (c->source >> 24 == BUS_PERIPHERALS >> 24 && c->source % 4 == 0) {
        *word = vpi_bus_read(p, c->source);
    } else {
        vpi_dma_fail(p, c, FAULT_DATA_OUTSIDE, c->source);
        return false;
    }
    return true;
}

static bool write_word(struct vpi *p, struct dma_channel *c, uint32_t word)
{
    if (c->block.ti & TI_DEST_IGNORE) return true;
    if (c->dest == PWM_FIF1 && p->pwm.clocked) { /* the usual case, without the way over the bus */
        vpi_fifo_push(p, word);
    } else if (vpi_inside(p, c->dest, 4) && c->dest % 4 == 0) {
        p->out.memory.chain[(c->dest - p->memory_bus) / 4] = word;
    } else if (c->dest >> 24 == BUS_PERIPHERALS >> 24 && c->dest % 4 == 0) {
        vpi_bus_write(p, c->dest, word, p->dma.at_ps, true);
    } else {
        vpi_dma_fail(p, c, FAULT_DATA_OUTSIDE, c->dest);
        return false;
    }
    return true;
}

static uint32_t sign_extended(uint32_t half_word)
{
    return (half_word ^ 0x8000U) - 0x8000U;
}

/* Both addresses and the count, after a word has been moved: DS 4.2.1.2 "TI", "TXFR_LEN", "STRIDE". */
static void step_addresses(struct vpi *p, struct dma_channel *c)
{
    if (c->block.ti & TI_SRC_INC) c->source += 4;
    if (c->block.ti & TI_DEST_INC) c->dest += 4;
    c->left -= 4;
    if (c->left != 0) return;
    if (c->rows == 0) {
        vpi_dma_finish_block(p, c);
        return;
    }
    c->rows--;
    c->left = c->block.txfr_len & 0xFFFF;
    c->source += sign_extended(c->block.stride & 0xFFFF);
    c->dest += sign_extended(c->block.stride >> 16);
}

/* The next thing the engine does, at at_ps: latch a block, or let one word land. */
void vpi_dma_step(struct vpi *p)
{
    struct dma_channel *c = &p->dma.channel[p->dma.run];
    if (!c->loaded) {
        vpi_block_load(p, c);
        return;
    }
    uint32_t word = 0;
    if (!read_word(p, c, &word)) return;
    c->extra = p->pwm.level > vpi_threshold(p) ? c->extra + 1 : 0;
    if (!write_word(p, c, word)) return;
    p->dma.at_ps += p->settings.word_ns * PS_PER_NS;
    step_addresses(p, c);
}

static void start(struct vpi *p, uint32_t channel)
{
    struct dma_channel *c = &p->dma.channel[channel];
    if (c->active || c->conblk == 0) return;
    const struct dma_channel *other = p->dma.run == NO_CHANNEL ? NULL : &p->dma.channel[p->dma.run];
    if (channel > p->chip->last_lite) {
        vpi_note(p, FAULT_CHANNEL_KIND, channel);
    } else if (!(p->dma.enable >> channel & 1) || (p->dma.enable & DMA_ENABLE_PAGES)) {
        vpi_note(p, FAULT_CHANNEL_DISABLED, channel);
    } else if (other != NULL && other != c && other->active) {
        vpi_note(p, FAULT_SECOND_CHANNEL, channel);
    } else {
        c->active = true;
        c->extra = (uint32_t)p->settings.words_in_flight; /* none is on its way yet */
        p->dma.run = (int32_t)channel;
        if (p->dma.at_ps < p->now_ps) p->dma.at_ps = p->now_ps;
    }
}

static void write_cs(struct vpi *p, uint32_t channel, uint32_t value)
{
    struct dma_channel *c = &p->dma.channel[channel];
    if (value & CS_RESET) {
        reset_channel(p, channel);
        return;
    }
    c->happened &= ~value;
    c->kept = value & CS_KEPT;
    if ((value & CS_ABORT) && c->loaded) follow(p, c);
    if (value & CS_ACTIVE)
        start(p, channel);
    else
        c->active = false;
}

static uint32_t read_cs(const struct vpi *p, const struct dma_channel *c)
{
    const bool asked = (p->pwm.dmac & DMAC_ENAB) && p->pwm.level <= vpi_threshold(p);
    uint32_t value = c->kept | c->happened;
    if (c->debug & DEBUG_ERRORS) value |= CS_ERROR;
    if (c->active) value |= CS_ACTIVE;
    if (c->loaded && !c->active) value |= CS_PAUSED;
    if (c->active && c->loaded && !vpi_gate_open(p, c)) value |= CS_DREQ_STOPS_DMA;
    if (c->loaded && (c->block.ti & TI_DEST_DREQ) && asked) value |= CS_DREQ;
    return value;
}

static void write_channel(struct vpi *p, uint32_t channel, uint32_t offset, uint32_t value)
{
    struct dma_channel *c = &p->dma.channel[channel];
    if (offset == DMA_CS) {
        write_cs(p, channel, value);
    } else if (offset == DMA_DEBUG) {
        c->debug &= ~(value & DEBUG_ERRORS);
    } else if (offset == DMA_CONBLK_AD && !c->active) {
        if (value % DMA_BLOCK_BYTES) vpi_note(p, FAULT_BLOCK_UNALIGNED, value);
        c->conblk = value & ~(uint32_t)(DMA_BLOCK_BYTES - 1);
        c->loaded = false;
    } else if (offset == DMA_NEXTCONBK && !c->active && c->loaded) {
        c->block.nextconbk = value;
    } else if (offset == DMA_CONBLK_AD || offset == DMA_NEXTCONBK) {
        vpi_note(p, FAULT_WRITE_WHILE_ACTIVE, bcm_dma_register(channel, offset));
    } else {
        vpi_note(p, FAULT_REGISTER_UNKNOWN, bcm_dma_register(channel, offset));
    }
}

void vpi_dma_write(struct vpi *p, uint32_t address, uint32_t value)
{
    const uint32_t channel = (address - DMA_BASE) / DMA_CHANNEL_STRIDE;
    if (channel < DMA_CHANNELS)
        write_channel(p, channel, address % DMA_CHANNEL_STRIDE, value);
    else if (address == DMA_ENABLE)
        p->dma.enable = value;
    else
        vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
}

static uint32_t read_channel(struct vpi *p, uint32_t address)
{
    const struct dma_channel *c = &p->dma.channel[(address - DMA_BASE) / DMA_CHANNEL_STRIDE];
    switch (address % DMA_CHANNEL_STRIDE) {
    case DMA_CS: return read_cs(p, c);
    case DMA_CONBLK_AD: return c->conblk;
    case DMA_TI: return c->block.ti;
    case DMA_SOURCE_AD: return c->source;
    case DMA_DEST_AD: return c->dest;
    case DMA_TXFR_LEN: return c->rows << 16 | c->left;
    case DMA_STRIDE: return c->block.stride;
    case DMA_NEXTCONBK: return c->block.nextconbk;
    case DMA_DEBUG: return c->debug;
    default: vpi_note(p, FAULT_REGISTER_UNKNOWN, address); return 0;
    }
}

uint32_t vpi_dma_read(struct vpi *p, uint32_t address)
{
    if (address < bcm_dma_register(DMA_CHANNELS, 0)) return read_channel(p, address);
    if (address == DMA_ENABLE) return p->dma.enable;
    uint32_t interrupts = 0;
    for (uint32_t channel = 0; channel < DMA_CHANNELS; channel++)
        if (p->dma.channel[channel].happened & CS_INT) interrupts |= 1U << channel;
    if (address == DMA_INT_STATUS) return interrupts;
    vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
    return 0;
}
