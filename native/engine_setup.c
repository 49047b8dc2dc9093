/* The order of writes follows the practice of pigpio, rpi_ws281x and ServoBlaster where the sheet is silent; every wait
 * is bounded. DS = "BCM2711 ARM Peripherals". */
#include "engine_parts.h"

#include "bcm.h"

enum {
    PAUSE_US = PWM_CTL_PAUSE_US + 2, /* between two writes of CTL */
    TRIES = 100,                     /* of 10 us each: 1 ms */
    CLOCK_CHECK_US = 1000000,
    HAND_WORDS = 8,                  /* four frames of silence written by the CPU */
    IDLE_US = 200,                   /* until what the FIFO holds has been played, and some silence */
};

static uint32_t get(const struct engine *e, uint32_t address)
{
    return e->door->read(e->door->self, address);
}

static void put(const struct engine *e, uint32_t address, uint32_t value)
{
    e->door->write(e->door->self, address, value);
}

static void pause_us(const struct engine *e, int64_t us)
{
    e->door->sleep_us(e->door->self, us);
}

/* Waits up to 1 ms until the bits of `mask` read as `value`. */
static int32_t reads(const struct engine *e, uint32_t address, uint32_t mask, uint32_t value)
{
    for (int32_t i = 0; i < TRIES; i++) {
        if ((get(e, address) & mask) == value)
            return 1;
        pause_us(e, 10);
    }
    return 0;
}

uint32_t dma_read(const struct engine *e, uint32_t offset)
{
    return get(e, bcm_dma_register(e->set.chip->dma_channel, offset));
}

static void dma_write(const struct engine *e, uint32_t offset, uint32_t value)
{
    put(e, bcm_dma_register(e->set.chip->dma_channel, offset), value);
}

void write_pins(const struct engine *e, struct pin_levels pins)
{
    if (pins.clear)
        put(e, GPCLR0, pins.clear);
    if (pins.set)
        put(e, GPSET0, pins.set);
}

static void select_function(const struct engine *e, uint32_t gpio, uint32_t function)
{
    const uint32_t address = bcm_fsel_register(gpio), shift = bcm_fsel_shift(gpio);

    put(e, address, (get(e, address) & ~(7U << shift)) | function << shift);
}

/* Levels first, so that no pin shows a wrong one when it becomes an output. */
static void pins_up(const struct engine *e)
{
    write_pins(e, e->set.off);
    for (uint32_t gpio = 0; gpio < 32; gpio++)
        if (e->set.outputs >> gpio & 1U)
            select_function(e, gpio, FSEL_OUT);
    for (size_t leg = 0; leg < 2; leg++) /* DS 8.5: PWM0 is ALT0 of GPIO 12 and 13, ALT5 of 18 and 19 */
        select_function(e, e->set.leg_gpio[leg], e->set.leg_gpio[leg] < 18 ? FSEL_ALT0 : FSEL_ALT5);
}

/* CTL is lost when it is written twice within 10 us (BERR): pause, read back, try again. */
static const char *write_ctl(const struct engine *e, uint32_t value, uint32_t reads_as)
{
    for (int32_t i = 0; i < 5; i++) {
        pause_us(e, PAUSE_US);
        put(e, PWM_CTL, value);
        pause_us(e, PAUSE_US);
        if (get(e, PWM_CTL) == reads_as)
            return NULL;
    }
    return "the PWM control register does not take what is written to it";
}

/* DS 5.4: never change source, MASH or divider while BUSY, never together with ENAB. So whatever ran here before (the
 * analogue audio's has MASH) is first stopped as it is. */
static const char *clock_up(const struct engine *e)
{
    const uint32_t divider = bcm_clock_divider(e->set.chip->pwm_divider), before = get(e, CM_PWMCTL);

    if (before & CM_BUSY) /* without a clock the PWM cannot be written, and is still */
        put(e, PWM_CTL, 0);
    put(e, CM_PWMCTL, CM_PASSWD | (before & (CM_MASH_MASK | CM_FLIP | CM_SRC_MASK)));
    if (!reads(e, CM_PWMCTL, CM_BUSY, 0)) {
        put(e, CM_PWMCTL, CM_PASSWD | CM_KILL);
        if (!reads(e, CM_PWMCTL, CM_BUSY, 0))
            return "the PWM clock does not stop; restart the Raspberry Pi";
    }
    put(e, CM_PWMDIV, divider);
    pause_us(e, 10);
    put(e, CM_PWMCTL, CM_PASSWD | CM_SRC_PLLD);
    pause_us(e, 10);
    put(e, CM_PWMCTL, CM_PASSWD | CM_ENAB | CM_SRC_PLLD);
    if (!reads(e, CM_PWMCTL, CM_BUSY, CM_BUSY))
        return "the PWM clock does not start; check that nothing else on this Raspberry Pi uses the PWM";
    if ((get(e, CM_PWMDIV) & ~CM_PASSWD_MASK) != (divider & ~CM_PASSWD_MASK))
        return "the PWM clock does not take its divider";
    return NULL;
}

static int32_t pwm_is_set(const struct engine *e)
{
    const uint32_t range = (uint32_t)e->score.pwm.range;

    return get(e, PWM_RNG1) == range && get(e, PWM_RNG2) == range && get(e, PWM_DMAC) == DMAC_OURS;
}

static const char *pwm_up(const struct engine *e)
{
    const uint32_t range = (uint32_t)e->score.pwm.range;
    const char *wrong = write_ctl(e, 0, 0);

    put(e, PWM_STA, STA_CLEAR);
    put(e, PWM_RNG1, range);
    put(e, PWM_RNG2, range);
    put(e, PWM_DMAC, DMAC_OURS);
    if (!wrong)
        wrong = write_ctl(e, CTL_CLRF, 0);
    if (!wrong)
        wrong = write_ctl(e, CTL_READY, CTL_READY);
    if (wrong)
        return wrong;
    return pwm_is_set(e) ? NULL : "the PWM does not take its settings";
}

/* Pause, let writes in flight end, reset: drivers/dma/bcm2835-dma.c of Linux does the same. ABORT alone would go on
 * with the next block. */
static void dma_down(const struct engine *e)
{
    dma_write(e, DMA_CS, 0);
    (void)reads(e, bcm_dma_register(e->set.chip->dma_channel, DMA_CS), CS_WAITING_FOR_OUTSTANDING_WRITES, 0);
    dma_write(e, DMA_CS, CS_RESET);
    (void)reads(e, bcm_dma_register(e->set.chip->dma_channel, DMA_CS), CS_RESET, 0);
    dma_write(e, DMA_CONBLK_AD, 0);
}

static void dma_go(const struct engine *e, uint32_t block)
{
    dma_write(e, DMA_CS, CS_INT | CS_END);
    dma_write(e, DMA_DEBUG, DEBUG_ERRORS);
    dma_write(e, DMA_CONBLK_AD, block);
    dma_write(e, DMA_CS, CS_GO);
}

/* The top bits of ENABLE are reserved (BCM2835 ARM Peripherals, 4.2.1.2: read as anything, write as 0) but on BCM2711,
 * where they move the engines' window to another gigabyte: blocks would be read from memory that is not ours. Whoever
 * has moved it lives by it, so it is not ours to move back. */
static int32_t sees_our_memory(const struct engine *e)
{
    const int32_t paged = e->set.chip->last_lite < DMA_CHANNELS - 1;

    return !paged || !(get(e, DMA_ENABLE) & DMA_ENABLE_PAGES);
}

static const char *dma_up(const struct engine *e)
{
    const uint32_t before = get(e, DMA_ENABLE) & ~(uint32_t)DMA_ENABLE_PAGES;

    put(e, DMA_ENABLE, before | 1U << e->set.chip->dma_channel);
    dma_write(e, DMA_CS, CS_RESET);
    if (!reads(e, bcm_dma_register(e->set.chip->dma_channel, DMA_CS), CS_RESET, 0))
        return "the DMA channel does not come out of reset";
    dma_go(e, chain_entry(&e->chain));
    return NULL;
}

/* The FIFO must be filled to its threshold, and stay there, before the PWM starts. */
static const char *filled(const struct engine *e)
{
    if (!reads(e, PWM_STA, STA_EMPT, 0))
        return "the DMA engine does not feed the PWM";
    pause_us(e, 100);
    if (get(e, PWM_STA) & STA_FAULTS)
        return "the PWM reports an error before it has started";
    return NULL;
}

const char *hardware_start(struct engine *e)
{
    const char *wrong;

    if (!sees_our_memory(e)) /* nothing is begun: to end it in good order takes the channel too */
        return "the DMA engine looks at other memory (PAGE bits of ENABLE); restart, and run nothing else that uses it";
    e->running = 1;
    dma_down(e); /* what an earlier run may have left behind */
    pins_up(e);
    wrong = clock_up(e);
    if (!wrong)
        wrong = pwm_up(e);
    if (!wrong)
        wrong = dma_up(e);
    if (!wrong)
        wrong = filled(e);
    if (wrong)
        return wrong;
    put(e, PWM_CTL, CTL_RUN);
    e->start_us = e->door->now_us(e->door->self);
    e->clock_check_us = e->start_us + CLOCK_CHECK_US;
    pause_us(e, PAUSE_US);
    if (get(e, PWM_CTL) != CTL_RUN)
        return "the PWM does not start";
    return NULL;
}

static const char *clock_health(struct engine *e)
{
    const uint32_t divider = bcm_clock_divider(e->set.chip->pwm_divider);
    const int64_t now = e->door->now_us(e->door->self);

    if (now < e->clock_check_us)
        return NULL;
    e->clock_check_us = now + CLOCK_CHECK_US;
    if ((get(e, CM_PWMCTL) & (CM_MASH_MASK | CM_BUSY | CM_KILL | CM_ENAB | CM_SRC_MASK)) !=
            (CM_BUSY | CM_ENAB | CM_SRC_PLLD) ||
        (get(e, CM_PWMDIV) & ~CM_PASSWD_MASK) != (divider & ~CM_PASSWD_MASK) || get(e, PWM_CTL) != CTL_RUN ||
        !pwm_is_set(e))
        return "something else has changed the PWM or its clock during the cut; switch the Pi's own audio off";
    return NULL;
}

const char *hardware_health(struct engine *e)
{
    const uint32_t status = get(e, PWM_STA);

    if (status & STA_WERR)
        return "the PWM FIFO ran over and lost a word: the two legs are swapped from there on";
    if (status & STA_RERR)
        return "the PWM FIFO ran empty: the DMA engine was stalled for more than 30 us";
    if (status & STA_BERR)
        return "the PWM reports a bus error";
    if (dma_read(e, DMA_CS) & CS_ERROR || dma_read(e, DMA_DEBUG) & DEBUG_ERRORS)
        return "the DMA channel reports an error";
    return clock_health(e);
}

/* Not in IDLE: drop the rest of the queue and go there. A starved FIFO may hold its last words, which need not be
 * silence, for as long as the DMA engine stays stalled: then a few frames of silence are written by hand. */
static void jump_to_idle(struct engine *e)
{
    dma_down(e);
    write_pins(e, e->set.off); /* a queued edge may have come between the first write and the end of the channel */
    put(e, PWM_STA, STA_CLEAR);
    dma_go(e, chain_idle(&e->chain));
    pause_us(e, IDLE_US);
    if (get(e, PWM_STA) & (STA_RERR | STA_EMPT))
        for (int32_t i = 0; i < HAND_WORDS; i++)
            put(e, PWM_FIF1, e->chain.set.silence);
}

void hardware_stop(struct engine *e)
{
    write_pins(e, e->set.off);
    if (chain_find(&e->chain, dma_read(e, DMA_CONBLK_AD)).at != CHAIN_IDLE)
        jump_to_idle(e);
    pause_us(e, IDLE_US);
    if (get(e, CM_PWMCTL) & CM_BUSY)
        (void)write_ctl(e, 0, 0);
    dma_down(e);
    write_pins(e, e->set.off);
    put(e, GPCLR0, 1U << e->set.leg_gpio[0] | 1U << e->set.leg_gpio[1]); /* both legs low, whatever became of the PWM */
    for (size_t leg = 0; leg < 2; leg++)
        select_function(e, e->set.leg_gpio[leg], FSEL_OUT);
    e->running = 0;
}
