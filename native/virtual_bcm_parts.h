/* Inside of the virtual Pi: the state of its parts, and what they ask of each other. See virtual_bcm.h.
 *
 * Times are picoseconds since power-up, so that a clock of 8 ns and a frame of 5 us are whole numbers.
 */
#ifndef AUDIOLETTER_VIRTUAL_BCM_PARTS_H
#define AUDIOLETTER_VIRTUAL_BCM_PARTS_H

#include <pthread.h>
#include <stdbool.h>

#include "bcm.h"
#include "virtual_bcm.h"

#define PS_PER_US 1000000
#define PS_PER_NS 1000
#define NOT_DUE INT64_MAX
#define NO_CHANNEL -1
#define EDGES_AT_ONCE 64 /* one register write changes at most 32 pins */

enum fault_kind {
    FAULT_BLOCK_OUTSIDE,
    FAULT_BLOCK_UNALIGNED,
    FAULT_BLOCK_RESERVED,
    FAULT_DATA_OUTSIDE,
    FAULT_LENGTH,
    FAULT_TWO_D_ON_LITE,
    FAULT_TI_REFUSED,
    FAULT_TI_UNWISE,
    FAULT_REGISTER_UNKNOWN,
    FAULT_CHANNEL_KIND,
    FAULT_CHANNEL_DISABLED,
    FAULT_SECOND_CHANNEL,
    FAULT_WRITE_WHILE_ACTIVE,
    FAULT_FIFO_OVERFLOW,
    FAULT_FIFO_EMPTY,
    FAULT_WORD_LOST,
    FAULT_CTL_TOO_SOON,
    FAULT_PWM_UNCLOCKED,
    FAULT_RANGES_DIFFER,
    FAULT_RANGE,
    FAULT_NOT_MARK_SPACE,
    FAULT_SERIALISER,
    FAULT_REPEAT,
    FAULT_FIFO_NOT_CLEARED,
    FAULT_CM_PASSWORD,
    FAULT_CM_BUSY,
    FAULT_CM_WITH_ENABLE,
    FAULT_CM_DIVIDER,
    FAULT_CM_SOURCE,
    FAULT_FRAME_LENGTH,
    FAULT_LEG_NOT_PWM,
    FAULT_PIN_NOT_OUTPUT,
    FAULT_KINDS
};

struct fault {
    uint64_t count;
    int64_t first_frame;
    uint32_t detail;
};

/* One DMA channel; `block` and what follows hold what was latched when the block was started. */
struct dma_channel {
    uint32_t kept;      /* of CS: priorities, DISDEBUG, WAIT_FOR_OUTSTANDING_WRITES */
    uint32_t happened;  /* of CS: END, INT */
    uint32_t debug;
    uint32_t conblk;
    bool active;
    bool loaded;
    bool unbroken;      /* the rest of this block may be played in one go */
    struct dma_control_block block;
    uint32_t source;
    uint32_t dest;
    uint32_t left;      /* bytes of this row */
    uint32_t rows;      /* rows after this one */
    uint32_t extra;     /* words that landed since DREQ fell */
};

struct dma_part {
    struct dma_channel channel[DMA_CHANNELS];
    int32_t run;        /* the one channel that may be active, or NO_CHANNEL */
    uint32_t enable;
    int64_t at_ps;      /* when it is ready for its next word or block */
    uint64_t random;
};

enum route { ROUTE_LOW, ROUTE_HIGH, ROUTE_CHANNEL_1, ROUTE_CHANNEL_2 };

struct pwm_part {
    uint32_t ctl;
    uint32_t sta;       /* the flags that stay until cleared */
    uint32_t dmac;
    uint32_t range[2];
    uint32_t data[2];
    uint32_t fifo[PWM_FIFO_WORDS];
    uint32_t head;
    uint32_t level;
    uint64_t written;   /* words sent to the FIFO */
    int64_t last_ctl_ps;
    bool cleared;       /* CLRF since the channels were last on */
    bool mute_2;        /* started without CLRF: channel 2 does not transmit (ma16) */
    bool plain;         /* both channels mark/space from the FIFO to their legs: nothing special to render */
    bool clocked;       /* its registers hear what is written */
    uint32_t clocks;    /* in a frame */
    bool in_frame;      /* a frame is being played */
    int64_t next_ps;    /* start of the next frame, or NOT_DUE */
    int64_t frame_ps;   /* its length */
    int64_t played_ps;  /* length of the frame being played */
    uint32_t last[2];   /* what the channels were given last */
    uint32_t high[2];   /* high time of the channels in the frame being played */
    enum route route[2];
};

struct cm_part {
    uint32_t ctl;
    uint32_t div;
    bool running;
    int64_t change_ps;  /* when the clock follows ENAB, or NOT_DUE */
};

struct gpio_part {
    uint32_t fsel[6];
    uint8_t latch[GPIO_PINS];
    uint8_t pull[GPIO_PINS];  /* 0 or 1; a pin without a pull reads 0 */
    int8_t outside[GPIO_PINS]; /* level driven from outside, or -1 */
    uint8_t level[GPIO_PINS];
    uint8_t initial[GPIO_PINS];
    uint32_t pud;
};

struct output_part {
    struct vpi_memory memory;
    bool discard;
    bool closed;
    int64_t closed_frame; /* the first that is not output */
    int64_t frame;      /* frames begun since power-up */
    int64_t taken;      /* frames drained */
    size_t slot;        /* where the next frame goes */
    size_t edges;       /* edges kept */
    size_t first_edge;
    bool producer_waits;
    size_t wanted;      /* frames for which a consumer waits, 0: nobody waits */
};

struct vpi {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct vpi_settings settings;
    struct vpi_pacing pacing;
    bool paced;
    bool passing;       /* a thread lets time pass ... */
    uint32_t in_line;   /* ... and so many wait to do the same */
    const struct bcm_chip *chip;
    uint32_t memory_bus;
    uint32_t memory_bytes;
    int64_t now_ps;
    int64_t wall_zero_ns;
    int64_t thief_ps;
    struct dma_part dma;
    struct pwm_part pwm;
    struct cm_part cm;
    struct gpio_part gpio;
    struct output_part out;
    struct fault fault[FAULT_KINDS];
    uint8_t fault_order[FAULT_KINDS];
    size_t faults;
};

/* output */
void vpi_note(struct vpi *p, enum fault_kind kind, uint32_t detail);
bool vpi_room(struct vpi *p);                       /* false: it had to wait, so look again at everything */
bool vpi_edge_room(struct vpi *p);
void vpi_edge(struct vpi *p, uint32_t gpio, uint8_t level);
void vpi_published(struct vpi *p);

/* pwm: frames and FIFO */
void vpi_pwm_reset(struct vpi *p);
void vpi_pwm_frame(struct vpi *p);                  /* the frame due at next_ps begins */
void vpi_pwm_retune(struct vpi *p, int64_t at_ps);  /* after any change of clock, range or control */
void vpi_pwm_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps);
uint32_t vpi_pwm_read(struct vpi *p, uint32_t address);
void vpi_fifo_push(struct vpi *p, uint32_t word);
size_t vpi_fast_run(struct vpi *p, int64_t until_ps); /* frames played in one go, or 0 */

/* dma */
void vpi_dma_reset(struct vpi *p);
void vpi_dma_step(struct vpi *p);
void vpi_dma_write(struct vpi *p, uint32_t address, uint32_t value);
uint32_t vpi_dma_read(struct vpi *p, uint32_t address);
void vpi_dma_finish_block(struct vpi *p, struct dma_channel *c);

/* control blocks */
void vpi_block_load(struct vpi *p, struct dma_channel *c);
void vpi_dma_fail(struct vpi *p, struct dma_channel *c, enum fault_kind kind, uint32_t detail);

/* clock and pins */
void vpi_cm_reset(struct vpi *p);
void vpi_cm_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps);
uint32_t vpi_cm_read(struct vpi *p, uint32_t address);
void vpi_cm_settle(struct vpi *p, int64_t at_ps);
double vpi_cm_hz(const struct vpi *p);
void vpi_gpio_reset(struct vpi *p);
bool vpi_gpio_write(struct vpi *p, uint32_t address, uint32_t value, bool by_dma);
bool vpi_gpio_read(struct vpi *p, uint32_t address, uint32_t *value);
void vpi_gpio_refresh(struct vpi *p, uint32_t gpio);

/* the bus */
void vpi_bus_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps, bool by_dma);
uint32_t vpi_bus_read(struct vpi *p, uint32_t address);

static inline bool vpi_inside(const struct vpi *p, uint32_t address, uint32_t bytes)
{
    const uint32_t offset = address - p->memory_bus;
    return offset < p->memory_bytes && bytes <= p->memory_bytes - offset;
}

static inline uint32_t vpi_threshold(const struct vpi *p)
{
    return p->pwm.dmac & DMAC_DREQ_MASK;
}

/* Whether a word of this block may go now. DREQ is high while the FIFO holds no more than the threshold; without
 * WAIT_RESP the words already on their way land all the same (popcornmix: "something like 24"). With WAIT_RESP no
 * threshold overflows the FIFO (ma16), so a full FIFO holds the write. */
static inline bool vpi_gate_open(const struct vpi *p, const struct dma_channel *c)
{
    const uint32_t ti = c->block.ti;
    const uint32_t permap = (ti & TI_PERMAP_MASK) >> TI_PERMAP_SHIFT;
    if (!(ti & TI_DEST_DREQ) || permap == DREQ_NONE) return true;
    if (permap != DREQ_PWM0) return false; /* nothing on that line ever asks */
    if (!(p->pwm.dmac & DMAC_ENAB)) return false;
    const bool asked = p->pwm.level <= vpi_threshold(p);
    if (ti & TI_WAIT_RESP) return asked && p->pwm.level < PWM_FIFO_WORDS;
    return asked || c->extra < (uint32_t)p->settings.words_in_flight;
}

/* When the DMA engine does its next thing; NOT_DUE while it is idle or waits for DREQ. */
static inline int64_t vpi_dma_due(const struct vpi *p)
{
    if (p->dma.run == NO_CHANNEL) return NOT_DUE;
    const struct dma_channel *c = &p->dma.channel[p->dma.run];
    if (!c->active || (c->loaded && !vpi_gate_open(p, c))) return NOT_DUE;
    return p->dma.at_ps;
}

#endif
