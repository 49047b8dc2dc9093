/* The virtual clock manager and GPIO block (BCM2711 ARM Peripherals 5; BCM2835 ARM Peripherals 6). */
#include "virtual_bcm_parts.h"

#include <string.h>

#define CM_CTL_KEPT (uint32_t)(CM_MASH_MASK | CM_FLIP | CM_ENAB | CM_SRC_MASK)
#define CM_SETTLE_PS PS_PER_US /* from ENAB to BUSY and back: an assumption, well under the millisecond to be waited */

void vpi_cm_reset(struct vpi *p)
{
    p->cm = (struct cm_part){.change_ps = NOT_DUE};
}

/* Frequency that the source named in `ctl` offers; only what no other program scales. */
static double source_hz(const struct vpi *p)
{
    const uint32_t source = p->cm.ctl & CM_SRC_MASK;
    if (source == CM_SRC_OSC) return p->chip->xtal_hz;
    return source == CM_SRC_PLLD ? p->chip->plld_hz : 0.0;
}

/* Of the PWM clock; 0 while it stands. MASH 0 divides by the integer part alone, DS 5.4. */
double vpi_cm_hz(const struct vpi *p)
{
    if (!p->cm.running) return 0.0;
    const double whole = (p->cm.div & CM_DIVI_MASK) >> CM_DIVI_SHIFT;
    const double part = p->cm.ctl & CM_MASH_MASK ? (p->cm.div & CM_DIVF_MASK) / 4096.0 : 0.0;
    return whole >= 1 ? source_hz(p) / (whole + part) : 0.0;
}

/* The clock has followed its ENAB bit. */
void vpi_cm_settle(struct vpi *p, int64_t at_ps)
{
    static const uint32_t least_whole[4] = {1, 2, 3, 5}; /* by MASH, DS 5.4 */
    p->cm.change_ps = NOT_DUE;
    p->cm.running = p->cm.ctl & CM_ENAB;
    if (p->cm.running) {
        const uint32_t whole = (p->cm.div & CM_DIVI_MASK) >> CM_DIVI_SHIFT;
        if (source_hz(p) <= 0) vpi_note(p, FAULT_CM_SOURCE, p->cm.ctl);
        if (whole < least_whole[(p->cm.ctl & CM_MASH_MASK) >> CM_MASH_SHIFT]) vpi_note(p, FAULT_CM_DIVIDER, p->cm.div);
    }
    vpi_pwm_retune(p, at_ps);
}

static void write_cm_ctl(struct vpi *p, uint32_t value, int64_t at_ps)
{
    const uint32_t changed = value ^ p->cm.ctl;
    const uint32_t steady = CM_SRC_MASK | CM_MASH_MASK;
    if (p->cm.running && (changed & steady)) vpi_note(p, FAULT_CM_BUSY, value);
    if ((changed & value & CM_ENAB) && (changed & steady)) vpi_note(p, FAULT_CM_WITH_ENABLE, value);
    p->cm.ctl = value & CM_CTL_KEPT;
    if (value & CM_KILL) {
        p->cm.ctl &= ~(uint32_t)CM_ENAB;
        vpi_cm_settle(p, at_ps);
    } else if ((bool)(value & CM_ENAB) != p->cm.running) {
        if (p->cm.change_ps == NOT_DUE) p->cm.change_ps = at_ps + CM_SETTLE_PS;
    } else {
        p->cm.change_ps = NOT_DUE;
        vpi_pwm_retune(p, at_ps);
    }
}

void vpi_cm_write(struct vpi *p, uint32_t address, uint32_t value, int64_t at_ps)
{
    if (address != CM_PWMCTL && address != CM_PWMDIV) {
        vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
    } else if ((value & CM_PASSWD_MASK) != CM_PASSWD) {
        vpi_note(p, FAULT_CM_PASSWORD, value);
    } else if (address == CM_PWMCTL) {
        write_cm_ctl(p, value & ~(uint32_t)CM_PASSWD_MASK, at_ps);
    } else {
        const uint32_t div = value & (CM_DIVI_MASK | CM_DIVF_MASK);
        if (p->cm.running && div != p->cm.div) vpi_note(p, FAULT_CM_BUSY, value);
        p->cm.div = div;
        vpi_pwm_retune(p, at_ps);
    }
}

uint32_t vpi_cm_read(struct vpi *p, uint32_t address)
{
    if (address == CM_PWMDIV) return p->cm.div;
    if (address == CM_PWMCTL) return p->cm.ctl | (p->cm.running ? CM_BUSY : 0U);
    vpi_note(p, FAULT_REGISTER_UNKNOWN, address);
    return 0;
}

/* --- pins ------------------------------------------------------------------------------------------------------- */

void vpi_gpio_reset(struct vpi *p)
{
    p->gpio = (struct gpio_part){0};
    memset(p->gpio.outside, -1, sizeof p->gpio.outside);
    for (uint32_t pin = 0; pin < GPIO_PINS; pin++) {
        /* up at reset: 0-8, 34-36, 46-53 (DS table 94; BCM2835 ARM Peripherals table 6-31) */
        p->gpio.pull[pin] = pin <= 8 || (pin >= 34 && pin <= 36) || pin >= 46;
        p->gpio.level[pin] = p->gpio.pull[pin];
    }
    for (uint32_t leg = 0; leg < 2; leg++) vpi_gpio_refresh(p, (uint32_t)p->settings.leg_gpio[leg]);
}

static uint32_t function_of(const struct vpi *p, uint32_t pin)
{
    return p->gpio.fsel[pin / 10] >> (3 * (pin % 10)) & 7;
}

/* Which PWM0 channel a header pin emits (0 or 1), or -1: DS 5.3, pins 12, 13 ALT0 and 18, 19 ALT5. */
static int32_t channel_of(const struct vpi *p, uint32_t pin)
{
    const uint32_t function = function_of(p, pin);
    if ((pin == 12 || pin == 13) && function == FSEL_ALT0) return (int32_t)pin - 12;
    if ((pin == 18 || pin == 19) && function == FSEL_ALT5) return (int32_t)pin - 18;
    return -1;
}

/* The pin as the outside sees it, after any change: its level, an edge if that is new, the way to the bridge. */
void vpi_gpio_refresh(struct vpi *p, uint32_t pin)
{
    struct gpio_part *gpio = &p->gpio;
    const int32_t channel = channel_of(p, pin);
    const bool drives = function_of(p, pin) == FSEL_OUT;
    const uint8_t floating = gpio->outside[pin] >= 0 ? (uint8_t)gpio->outside[pin] : gpio->pull[pin];
    const uint8_t level = drives ? gpio->latch[pin] : floating;
    for (uint32_t leg = 0; leg < 2; leg++) {
        if ((uint32_t)p->settings.leg_gpio[leg] != pin) continue;
        p->pwm.route[leg] = channel >= 0 ? ROUTE_CHANNEL_1 + (uint32_t)channel : level ? ROUTE_HIGH : ROUTE_LOW;
        vpi_pwm_retune(p, p->now_ps);
    }
    if (channel >= 0 || level == gpio->level[pin]) return;
    gpio->level[pin] = level;
    vpi_edge(p, pin, level);
}

static void set_or_clear(struct vpi *p, uint32_t first_pin, uint32_t mask, uint8_t level, bool by_dma)
{
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t pin = first_pin + (uint32_t)__builtin_ctz(mask);
        if (pin >= GPIO_PINS) return;
        p->gpio.latch[pin] = level;
        const uint32_t function = function_of(p, pin);
        if (by_dma && function != FSEL_OUT) vpi_note(p, FAULT_PIN_NOT_OUTPUT, pin);
        if (function == FSEL_OUT) vpi_gpio_refresh(p, pin);
    }
}

static void select_functions(struct vpi *p, uint32_t index, uint32_t value)
{
    p->gpio.fsel[index] = value;
    for (uint32_t pin = 10 * index; pin < 10 * index + 10 && pin < GPIO_PINS; pin++) vpi_gpio_refresh(p, pin);
}

static void set_pull(struct vpi *p, uint32_t pin, bool up)
{
    if (pin >= GPIO_PINS) return;
    p->gpio.pull[pin] = up;
    vpi_gpio_refresh(p, pin);
}

/* Pulls: two registers in turn on the older chips, two bits a pin on BCM2711. */
static bool write_pulls(struct vpi *p, uint32_t address, uint32_t value)
{
    const bool bcm2711 = strcmp(p->chip->name, "bcm2711") == 0;
    const uint32_t index = (address - GPIO_PUP_PDN_CNTRL_REG0) / 4;
    if (bcm2711 && address >= GPIO_PUP_PDN_CNTRL_REG0 && index < 4) {
        for (uint32_t i = 0; i < 16; i++) set_pull(p, 16 * index + i, (value >> (2 * i) & 3) == 1);
    } else if (!bcm2711 && address == GPPUD) {
        p->gpio.pud = value;
    } else if (!bcm2711 && (address == GPPUDCLK0 || address == GPPUDCLK1)) {
        for (; value != 0; value &= value - 1)
            set_pull(p, (address == GPPUDCLK1 ? 32U : 0U) + (uint32_t)__builtin_ctz(value), p->gpio.pud == 2);
    } else {
        return false;
    }
    return true;
}

/* False: there is no such register. */
bool vpi_gpio_write(struct vpi *p, uint32_t address, uint32_t value, bool by_dma)
{
    if (address >= GPFSEL0 && address < GPFSEL0 + 24)
        select_functions(p, (address - GPFSEL0) / 4, value);
    else if (address == GPSET0 || address == GPSET1)
        set_or_clear(p, address == GPSET1 ? 32 : 0, value, 1, by_dma);
    else if (address == GPCLR0 || address == GPCLR1)
        set_or_clear(p, address == GPCLR1 ? 32 : 0, value, 0, by_dma);
    else if (address != GPIO_RESERVED_24 || value != 0)
        return write_pulls(p, address, value);
    return true;
}

/* A pin that emits PWM reads as the PWM does: pulses at the start of the frame, as the sheet's figure has them. */
static uint32_t pin_reads(const struct vpi *p, uint32_t pin)
{
    const int32_t channel = channel_of(p, pin);
    if (channel < 0) return p->gpio.level[pin];
    const struct pwm_part *pwm = &p->pwm;
    if (!pwm->in_frame) return 0;
    const int64_t into_ps = p->now_ps - (pwm->next_ps - pwm->played_ps);
    return (double)into_ps * pwm->clocks < (double)pwm->high[channel] * (double)pwm->played_ps;
}

bool vpi_gpio_read(struct vpi *p, uint32_t address, uint32_t *value)
{
    *value = 0;
    if (address >= GPFSEL0 && address < GPFSEL0 + 24) {
        *value = p->gpio.fsel[(address - GPFSEL0) / 4];
    } else if (address == GPLEV0 || address == GPLEV1) {
        const uint32_t first = address == GPLEV1 ? 32 : 0;
        for (uint32_t i = 0; i < 32 && first + i < GPIO_PINS; i++) *value |= pin_reads(p, first + i) << i;
    } else {
        return false;
    }
    return true;
}
