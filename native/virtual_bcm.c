/* The virtual Pi as a whole: power-up, the bus, the passing of time, and the door. See virtual_bcm.h. */
#include "virtual_bcm.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "virtual_bcm_parts.h"

#define MEMORY_PHYSICAL 0x1DE00000 /* where mailbox memory lies on a small board: below 512 MiB */

size_t vpi_bytes(void)
{
    return sizeof(struct vpi);
}

/* --- the bus ---------------------------------------------------------------------------------------------------- */

void vpi_bus_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps, bool by_dma)
{
    bool known = true;
    switch (address >> 12) {
    case PWM_CTL >> 12: vpi_pwm_write(p, address, value, at_ps); break;
    case GPFSEL0 >> 12: known = vpi_gpio_write(p, address, value, by_dma); break;
    case CM_PWMCTL >> 12: vpi_cm_write(p, address, value, at_ps); break;
    case DMA_BASE >> 12:
        known = !by_dma; /* an engine that rewrites itself is not modelled */
        if (known) vpi_dma_write(p, address, value);
        break;
    default: known = false;
    }
    if (!known) vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
}

uint32_t vpi_bus_read(struct vpi *p, uint32_t address)
{
    uint32_t value = 0;
    switch (address >> 12) {
    case PWM_CTL >> 12: return vpi_pwm_read(p, address);
    case CM_PWMCTL >> 12: return vpi_cm_read(p, address);
    case DMA_BASE >> 12: return vpi_dma_read(p, address);
    default: break;
    }
    if (address == SYSTEM_TIMER_CLO) return (uint32_t)(p->now_ps / PS_PER_US);
    if (address >> 12 != GPFSEL0 >> 12 || !vpi_gpio_read(p, address, &value))
        vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
    return value;
}

/* --- the passing of time ---------------------------------------------------------------------------------------- */

/* Frames and DMA steps in the order of their times, frames first, up to and including until_ps. */
static void execute(struct vpi *p, int64_t until_ps)
{
    for (;;) {
        const int64_t frame_ps = p->pwm.next_ps;
        const int64_t dma_ps = vpi_dma_due(p);
        if (frame_ps <= dma_ps) {
            if (frame_ps > until_ps || frame_ps == NOT_DUE) return;
            p->now_ps = frame_ps;
            if (!vpi_room(p)) continue;
            if (p->settings.exact || vpi_fast_run(p, until_ps) == 0) vpi_pwm_frame(p);
        } else {
            if (dma_ps > until_ps) return;
            p->now_ps = dma_ps;
            const struct dma_channel *c = &p->dma.channel[p->dma.run];
            if (c->loaded && c->dest != PWM_FIF1 && !vpi_edge_room(p)) continue;
            vpi_dma_step(p);
        }
    }
}

/* What is due beside frames and DMA: a clock that follows its ENAB, a thief. */
static void other_events(struct vpi *p)
{
    if (p->cm.change_ps <= p->now_ps) vpi_cm_settle(p, p->now_ps);
    if (p->thief_ps <= p->now_ps) {
        p->thief_ps = NOT_DUE;
        vpi_bus_write(p, p->settings.thief_register, p->settings.thief_value, p->now_ps, false);
    }
}

static void advance(struct vpi *p, int64_t until_ps)
{
    p->in_line++;
    while (p->passing) pthread_cond_wait(&p->changed, &p->lock);
    p->in_line--;
    p->passing = true;
    while (p->now_ps < until_ps) {
        int64_t next_ps = until_ps;
        if (p->cm.change_ps < next_ps) next_ps = p->cm.change_ps;
        if (p->thief_ps < next_ps) next_ps = p->thief_ps;
        execute(p, next_ps);
        if (p->now_ps < next_ps) p->now_ps = next_ps;
        other_events(p);
    }
    p->passing = false;
    vpi_published(p);
    if (p->in_line > 0) pthread_cond_broadcast(&p->changed);
}

void vpi_pass_us(void *vpi, int64_t us)
{
    struct vpi *p = vpi;
    if (us <= 0) return;
    pthread_mutex_lock(&p->lock);
    p->wall_zero_ns -= us * 1000;
    advance(p, p->now_ps + us * PS_PER_US);
    pthread_mutex_unlock(&p->lock);
}

/* --- the door --------------------------------------------------------------------------------------------------- */

static void door_sleep_us(void *self, int64_t us)
{
    struct vpi *p = self;
    if (us <= 0) return;
    int64_t wall_ns = 0;
    if (p->paced) {
        p->pacing.sleep_until_ns(p->pacing.self, p->pacing.now_ns(p->pacing.self) + us * 1000);
        wall_ns = p->pacing.now_ns(p->pacing.self);
    }
    pthread_mutex_lock(&p->lock);
    advance(p, p->paced ? (wall_ns - p->wall_zero_ns) * PS_PER_NS : p->now_ps + us * PS_PER_US);
    pthread_mutex_unlock(&p->lock);
}

static int64_t door_now_us(void *self)
{
    struct vpi *p = self;
    pthread_mutex_lock(&p->lock);
    const int64_t now_us = p->now_ps / PS_PER_US;
    pthread_mutex_unlock(&p->lock);
    return now_us;
}

static uint32_t door_read(void *self, uint32_t bus_address)
{
    struct vpi *p = self;
    pthread_mutex_lock(&p->lock);
    const uint32_t value = vpi_bus_read(p, bus_address);
    pthread_mutex_unlock(&p->lock);
    return value;
}

static void door_write(void *self, uint32_t bus_address, uint32_t value)
{
    struct vpi *p = self;
    pthread_mutex_lock(&p->lock);
    while (bus_address >> 12 == GPFSEL0 >> 12 && !vpi_edge_room(p)) {}
    vpi_bus_write(p, bus_address, value, p->now_ps, false);
    pthread_mutex_unlock(&p->lock);
}

static void door_barrier(void *self)
{
    (void)self;
    __sync_synchronize();
}

void vpi_door(void *vpi, struct door *out)
{
    struct vpi *p = vpi;
    *out = (struct door){
        .self = p,
        .read = door_read,
        .write = door_write,
        .barrier = door_barrier,
        .now_us = door_now_us,
        .sleep_us = door_sleep_us,
        .memory = p->out.memory.chain,
        .memory_words = p->out.memory.chain_words,
        .memory_bus = p->memory_bus,
    };
}

/* --- power-up --------------------------------------------------------------------------------------------------- */

static const char *check(const struct vpi_settings *s, const struct vpi_memory *m)
{
    const size_t most_words = 0x02000000 / 4;
    if (memchr(s->chip, 0, sizeof s->chip) == NULL || bcm_chip_named(s->chip) == NULL)
        return "virtual Pi: the chip is none of bcm2835, bcm2837 and bcm2711";
    for (size_t leg = 0; leg < 2; leg++)
        if (s->leg_gpio[leg] < 0 || s->leg_gpio[leg] >= GPIO_PINS) return "virtual Pi: a leg's GPIO is not 0 to 53";
    if (s->block_ns < 1 || s->word_ns < 0 || s->words_in_flight < 0)
        return "virtual Pi: a control block must cost time, a word no less than none";
    if (s->jitter_ns[0] < 0 || s->jitter_ns[1] < s->jitter_ns[0]) return "virtual Pi: the jitter's range is not one";
    if (s->stall_us < 0) return "virtual Pi: a stall cannot be shorter than nothing";
    if (m->chain == NULL || m->chain_words < DMA_BLOCK_WORDS || m->chain_words > most_words)
        return "virtual Pi: chain memory must have from 8 words to 32 MiB";
    if ((m->frames == 0) != (m->edge_count == 0)) return "virtual Pi: memory for frames but not for edges, or the other way";
    if (m->frames != 0 && m->edge_count < 2 * EDGES_AT_ONCE) return "virtual Pi: memory for fewer than 128 edges";
    return NULL;
}

static void make_lock(struct vpi *p)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&p->lock, NULL);
}

const char *vpi_begin(void *vpi, const struct vpi_settings *settings, const struct vpi_memory *memory,
                      const struct vpi_pacing *pacing)
{
    const char *wrong = check(settings, memory);
    if (wrong != NULL) return wrong;
    struct vpi *p = vpi;
    memset(p, 0, sizeof *p);
    make_lock(p);
    p->settings = *settings;
    p->chip = bcm_chip_named(settings->chip);
    p->memory_bus = p->chip->ram_alias | MEMORY_PHYSICAL;
    p->memory_bytes = (uint32_t)(memory->chain_words * 4);
    p->out.memory = *memory;
    p->out.discard = memory->frames == 0;
    p->thief_ps = settings->thief_us < 0 ? NOT_DUE : settings->thief_us * PS_PER_US;
    if (pacing != NULL) {
        p->paced = true;
        p->pacing = *pacing;
        p->wall_zero_ns = pacing->now_ns(pacing->self);
    }
    vpi_cm_reset(p);
    vpi_pwm_reset(p);
    vpi_gpio_reset(p);
    vpi_dma_reset(p);
    return NULL;
}

/* --- the wall clock --------------------------------------------------------------------------------------------- */

static int64_t wall_now_ns(void *self)
{
    struct timespec now;
    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wall_sleep_until_ns(void *self, int64_t at_ns)
{
    const struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = (long)(at_ns % 1000000000)};
    (void)self;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
}

const struct vpi_pacing *vpi_wall_clock(void)
{
    static const struct vpi_pacing wall = {NULL, wall_now_ns, wall_sleep_until_ns};
    return &wall;
}

/* --- for the outside world -------------------------------------------------------------------------------------- */

const char *vpi_set_input(void *vpi, int32_t gpio, int32_t level)
{
    struct vpi *p = vpi;
    if (gpio < 0 || gpio >= GPIO_PINS) return "vpi_set_input: the GPIO is not 0 to 53";
    if (level < -1 || level > 1) return "vpi_set_input: the level is not 0, 1, or -1 to let go";
    pthread_mutex_lock(&p->lock);
    p->gpio.outside[gpio] = (int8_t)level;
    vpi_gpio_refresh(p, (uint32_t)gpio);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void vpi_initial_levels(void *vpi, uint8_t *levels)
{
    struct vpi *p = vpi;
    pthread_mutex_lock(&p->lock);
    memcpy(levels, p->out.frame > 0 ? p->gpio.initial : p->gpio.level, GPIO_PINS);
    pthread_mutex_unlock(&p->lock);
}

int64_t vpi_frame_ps(void *vpi)
{
    struct vpi *p = vpi;
    pthread_mutex_lock(&p->lock);
    const int64_t played_ps = p->pwm.played_ps;
    pthread_mutex_unlock(&p->lock);
    return played_ps;
}

int64_t vpi_frames(void *vpi)
{
    struct vpi *p = vpi;
    pthread_mutex_lock(&p->lock);
    const int64_t frames = p->out.frame;
    pthread_mutex_unlock(&p->lock);
    return frames;
}
