/* The virtual PWM block: its registers, its FIFO and what it plays (BCM2711 ARM Peripherals 8; ma16/rpio). */
#include "virtual_bcm_parts.h"

#define CTL_KEPT (uint32_t)(CTL_RUN | 0x1E1E) /* everything but CLRF and the reserved bits */
#define CTL_SOON_PS ((int64_t)PWM_CTL_PAUSE_US * PS_PER_US)

/* The same bit of the control register for either channel. */
static bool has(const struct vpi *p, uint32_t bit_of_channel_1, uint32_t channel)
{
    return p->pwm.ctl & bit_of_channel_1 << (8 * channel);
}

void vpi_pwm_reset(struct vpi *p)
{
    p->pwm = (struct pwm_part){
        .dmac = 7U << DMAC_PANIC_SHIFT | 7U, /* DS 8.6 "DMAC" */
        .range = {32, 32},                   /* DS 8.6 "RNG1" */
        .last_ctl_ps = -CTL_SOON_PS,
        .next_ps = NOT_DUE,
    };
}

void vpi_fifo_push(struct vpi *p, uint32_t word)
{
    struct pwm_part *pwm = &p->pwm;
    if ((int64_t)pwm->written++ == p->settings.lost_word) {
        pwm->sta |= STA_WERR;
        vpi_note(p, FAULT_WORD_LOST, word);
    } else if (pwm->level == PWM_FIFO_WORDS) {
        pwm->sta |= STA_WERR;
        vpi_note(p, FAULT_FIFO_OVERFLOW, word);
    } else {
        pwm->fifo[(pwm->head + pwm->level++) % PWM_FIFO_WORDS] = word;
    }
}

static uint32_t pop(struct pwm_part *pwm)
{
    const uint32_t word = pwm->fifo[pwm->head];
    pwm->head = (pwm->head + 1) % PWM_FIFO_WORDS;
    pwm->level--;
    return word;
}

/* High clocks of a channel for one word. N high clocks spread evenly over the range make runs of at most
 * ceil(N / (range - N)): see virtual_bcm.h on what the output stands for. */
static uint32_t render(const struct vpi *p, uint32_t channel, uint32_t word)
{
    const uint32_t range = p->pwm.range[channel];
    uint32_t high = word < range ? word : range;
    if (has(p, CTL_MODE1, channel)) { /* serialiser: the most significant bits first, zeros after 32 */
        high = 0;
        for (uint32_t bit = 0; bit < 32 && bit < range; bit++) high += word >> (31 - bit) & 1;
    }
    if (has(p, CTL_POLA1, channel)) high = range - high;
    if (has(p, CTL_MODE1, channel) || has(p, CTL_MSEN1, channel) || high == 0 || high == range) return high;
    return (high - 1) / (range - high) + 1;
}

/* The level of a channel that transmits nothing: SBIT. */
static uint32_t idle_level(const struct vpi *p, uint32_t channel)
{
    return has(p, CTL_SBIT1, channel) ? p->pwm.range[channel] : 0;
}

/* Nothing in the FIFO for `takers` words: flags, and what the chip does then. */
static void play_empty(struct vpi *p, uint32_t channel, uint32_t takers)
{
    struct pwm_part *pwm = &p->pwm;
    const bool repeats = takers == 1 && has(p, CTL_RPTL1, channel);
    const uint32_t gap = channel ? STA_GAPO2 : STA_GAPO1;
    if (!repeats) pwm->sta |= STA_RERR | gap;
    if (!repeats && (takers == 1 || channel == 0)) vpi_note(p, FAULT_FIFO_EMPTY, pwm->level);
    const bool hold = repeats || p->settings.empty_output == VPI_EMPTY_HOLD;
    pwm->high[channel] = hold ? render(p, channel, pwm->last[channel]) : idle_level(p, channel);
}

/* One frame of any setting. Both channels read the FIFO in lock step: two words or none. */
static void play_any(struct vpi *p)
{
    struct pwm_part *pwm = &p->pwm;
    bool taker[2];
    for (uint32_t ch = 0; ch < 2; ch++) taker[ch] = has(p, CTL_PWEN1, ch) && has(p, CTL_USEF1, ch);
    const uint32_t takers = (uint32_t)taker[0] + (uint32_t)taker[1];
    const bool enough = pwm->level >= takers;
    for (uint32_t ch = 0; ch < 2; ch++) {
        if (!has(p, CTL_PWEN1, ch)) {
            pwm->high[ch] = idle_level(p, ch);
        } else if (taker[ch] && !enough) {
            play_empty(p, ch, takers);
        } else {
            pwm->last[ch] = taker[ch] ? pop(pwm) : pwm->data[ch];
            pwm->high[ch] = render(p, ch, pwm->last[ch]);
        }
    }
    if (pwm->mute_2) pwm->high[1] = idle_level(p, 1);
}

static uint16_t on_wire(const struct vpi *p, uint32_t leg)
{
    uint32_t high = 0;
    switch (p->pwm.route[leg]) {
    case ROUTE_LOW: break;
    case ROUTE_HIGH: high = p->pwm.clocks; break;
    case ROUTE_CHANNEL_1: high = p->pwm.high[0]; break;
    case ROUTE_CHANNEL_2: high = p->pwm.high[1]; break;
    }
    return (uint16_t)(high < UINT16_MAX ? high : UINT16_MAX);
}

static void play(struct vpi *p)
{
    struct pwm_part *pwm = &p->pwm;
    if (pwm->plain && pwm->level >= 2) {
        for (uint32_t ch = 0; ch < 2; ch++) {
            pwm->last[ch] = pop(pwm);
            pwm->high[ch] = pwm->last[ch] < pwm->clocks ? pwm->last[ch] : pwm->clocks;
        }
    } else {
        play_any(p);
    }
}

void vpi_pwm_frame(struct vpi *p)
{
    struct pwm_part *pwm = &p->pwm;
    struct output_part *out = &p->out;
    const int64_t start_ps = pwm->next_ps;
    if (out->frame == 0)
        for (size_t pin = 0; pin < GPIO_PINS; pin++) p->gpio.initial[pin] = p->gpio.level[pin];
    const int64_t frame = out->frame++;
    if (pwm->in_frame && pwm->frame_ps != pwm->played_ps) vpi_note(p, FAULT_FRAME_LENGTH, p->cm.div);
    pwm->in_frame = true;
    play(p);
    if (!out->discard) {
        out->memory.pwm[2 * out->slot] = on_wire(p, 0);
        out->memory.pwm[2 * out->slot + 1] = on_wire(p, 1);
        if (++out->slot == out->memory.frames) out->slot = 0;
    }
    pwm->played_ps = pwm->frame_ps;
    pwm->next_ps = start_ps + pwm->frame_ps;
    if (p->dma.at_ps < start_ps) p->dma.at_ps = start_ps; /* a channel that waited for DREQ goes on now */
    if (frame == p->settings.stall_frame) p->dma.at_ps += p->settings.stall_us * PS_PER_US;
}

/* What is noted about a setting when it begins to play. */
static void judge(struct vpi *p)
{
    const uint32_t ctl = p->pwm.ctl;
    for (uint32_t ch = 0; ch < 2; ch++) {
        if (!has(p, CTL_PWEN1, ch)) continue;
        if (has(p, CTL_MODE1, ch)) vpi_note(p, FAULT_SERIALISER, ctl);
        if (!has(p, CTL_MODE1, ch) && !has(p, CTL_MSEN1, ch)) vpi_note(p, FAULT_NOT_MARK_SPACE, ctl);
    }
    const uint32_t shared = CTL_PWEN1 | CTL_PWEN2 | CTL_USEF1 | CTL_USEF2;
    if ((ctl & shared) == shared && (ctl & (CTL_RPTL1 | CTL_RPTL2))) vpi_note(p, FAULT_REPEAT, ctl);
    if (p->pwm.mute_2) vpi_note(p, FAULT_FIFO_NOT_CLEARED, ctl);
    if (p->pwm.clocks > UINT16_MAX) vpi_note(p, FAULT_RANGE, p->pwm.clocks);
    for (uint32_t leg = 0; leg < 2; leg++)
        if (p->pwm.route[leg] < ROUTE_CHANNEL_1) vpi_note(p, FAULT_LEG_NOT_PWM, (uint32_t)p->settings.leg_gpio[leg]);
}

/* Clocks in a frame; 0 if these settings play nothing. */
static uint32_t clocks_of_frame(struct vpi *p)
{
    const bool on[2] = {has(p, CTL_PWEN1, 0), has(p, CTL_PWEN1, 1)};
    const uint32_t *range = p->pwm.range;
    if (!on[0] && !on[1]) return 0;
    for (uint32_t ch = 0; ch < 2; ch++) {
        if (!on[ch] || range[ch] >= 2) continue; /* "can't deal with values < 2": rpi-rgb-led-matrix */
        vpi_note(p, FAULT_RANGE, range[ch]);
        return 0;
    }
    if (!on[0] || !on[1]) return range[on[0] ? 0 : 1];
    if (range[0] != range[1]) {
        p->pwm.sta |= STA_GAPO1 | STA_GAPO2; /* "otherwise gaps"; the longer one sets the pace */
        vpi_note(p, FAULT_RANGES_DIFFER, range[1]);
    }
    return range[0] > range[1] ? range[0] : range[1];
}

void vpi_pwm_retune(struct vpi *p, int64_t at_ps)
{
    struct pwm_part *pwm = &p->pwm;
    const double hz = vpi_cm_hz(p);
    const bool ran = pwm->next_ps != NOT_DUE;
    pwm->clocked = hz > 0;
    pwm->clocks = pwm->clocked ? clocks_of_frame(p) : 0;
    pwm->plain = pwm->ctl == CTL_RUN && pwm->range[0] == pwm->range[1] && !pwm->mute_2 &&
                 pwm->clocks <= UINT16_MAX && pwm->route[0] == ROUTE_CHANNEL_1 && pwm->route[1] == ROUTE_CHANNEL_2;
    if (pwm->clocks == 0) {
        pwm->next_ps = NOT_DUE;
        pwm->in_frame = false;
        return;
    }
    pwm->frame_ps = (int64_t)((double)pwm->clocks / hz * 1e12 + 0.5);
    if (ran) return;
    pwm->next_ps = at_ps;
    judge(p);
}

static void write_ctl(struct vpi *p, uint32_t value, int64_t at_ps)
{
    struct pwm_part *pwm = &p->pwm;
    if (at_ps - pwm->last_ctl_ps < CTL_SOON_PS) {
        pwm->sta |= STA_BERR;
        vpi_note(p, FAULT_CTL_TOO_SOON, value);
        return;
    }
    const uint32_t both = CTL_PWEN1 | CTL_PWEN2;
    const bool was_on = pwm->ctl & both;
    pwm->last_ctl_ps = at_ps;
    pwm->ctl = value & CTL_KEPT;
    if (value & CTL_CLRF) {
        pwm->level = 0;
        pwm->cleared = true;
    }
    if (!was_on && (value & both)) {
        pwm->mute_2 = !pwm->cleared && (value & CTL_PWEN2);
        pwm->cleared = false;
    }
    vpi_pwm_retune(p, at_ps);
    if (was_on && (value & both)) judge(p);
}

static uint32_t *stored(struct vpi *p, uint32_t address)
{
    switch (address) {
    case PWM_CTL: return &p->pwm.ctl;
    case PWM_DMAC: return &p->pwm.dmac;
    case PWM_RNG1: return &p->pwm.range[0];
    case PWM_DAT1: return &p->pwm.data[0];
    case PWM_RNG2: return &p->pwm.range[1];
    case PWM_DAT2: return &p->pwm.data[1];
    default: return NULL;
    }
}

void vpi_pwm_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps)
{
    uint32_t *to = stored(p, address);
    if (to == NULL && address != PWM_STA && address != PWM_FIF1) {
        vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
    } else if (!p->pwm.clocked) {
        /* without a clock the write is lost; one that would change nothing is not worth a word */
        if (to == NULL ? address == PWM_FIF1 || (p->pwm.sta & value) : *to != value)
            vpi_note(p, FAULT_PWM_UNCLOCKED, address);
    } else if (address == PWM_CTL) {
        write_ctl(p, value, at_ps);
    } else if (address == PWM_STA) {
        p->pwm.sta &= ~(value & STA_CLEAR);
    } else if (address == PWM_FIF1) {
        vpi_fifo_push(p, value);
    } else {
        *to = value;
        vpi_pwm_retune(p, at_ps);
    }
}

uint32_t vpi_pwm_read(struct vpi *p, uint32_t address)
{
    const uint32_t *from = stored(p, address);
    if (from != NULL) return *from;
    if (address == PWM_FIF1) return PWM_FIF1_READS;
    if (address != PWM_STA) {
        vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
        return 0;
    }
    uint32_t value = p->pwm.sta;
    if (p->pwm.level == PWM_FIFO_WORDS) value |= STA_FULL;
    if (p->pwm.level == 0) value |= STA_EMPT;
    const bool runs = p->pwm.next_ps != NOT_DUE;
    if (runs && has(p, CTL_PWEN1, 0)) value |= STA_STA1;
    if (runs && has(p, CTL_PWEN1, 1)) value |= STA_STA2;
    return value;
}
