/* What a feeder that was killed has left: its chain in IDLE, for ever, in memory that nobody owns any more. */
#include "leftover.h"

#include "bcm.h"

enum { TRIES = 100, TRY_US = 10 }; /* 1 ms */

static uint32_t get(const struct door *door, uint32_t address)
{
    return door->read(door->self, address);
}

static void put(const struct door *door, uint32_t address, uint32_t value)
{
    door->write(door->self, address, value);
}

static int32_t clears(const struct door *door, uint32_t address, uint32_t bits)
{
    for (int32_t i = 0; i < TRIES; i++) {
        if (!(get(door, address) & bits))
            return 1;
        door->sleep_us(door->self, TRY_US);
    }
    return 0;
}

int32_t leftover_runs(const struct door *door, const struct bcm_chip *chip, uint32_t bus, uint32_t bytes)
{
    return get(door, bcm_dma_register(chip->dma_channel, DMA_CONBLK_AD)) - bus < bytes;
}

/* A block that is loaded and ACTIVE: either alone may be left over from a channel that has stopped. */
const char *leftover_rival(const struct door *door, const struct bcm_chip *chip)
{
    if (get(door, bcm_dma_register(chip->dma_channel, DMA_CONBLK_AD)) &&
        get(door, bcm_dma_register(chip->dma_channel, DMA_CS)) & CS_ACTIVE)
        return "another program has our DMA channel at work (pigpiod takes the same one); end it, or restart the "
               "Raspberry Pi";
    return NULL;
}

/* Pins first: whatever the channel was about to write, power is off and stays off. Then pause, let writes in flight end,
 * reset, as the engine's own stop does (drivers/dma/bcm2835-dma.c of Linux). */
const char *leftover_stop(const struct door *door, const struct bcm_chip *chip, struct pin_levels off)
{
    const uint32_t cs = bcm_dma_register(chip->dma_channel, DMA_CS);

    put(door, GPCLR0, off.clear);
    put(door, GPSET0, off.set);
    put(door, cs, 0);
    (void)clears(door, cs, CS_WAITING_FOR_OUTSTANDING_WRITES);
    put(door, cs, CS_RESET);
    if (!clears(door, cs, CS_RESET))
        return "the DMA channel of an earlier run does not stop; restart the Raspberry Pi";
    put(door, bcm_dma_register(chip->dma_channel, DMA_CONBLK_AD), 0);
    if (get(door, CM_PWMCTL) & CM_BUSY) /* without a clock the PWM cannot be written, and is still */
        put(door, PWM_CTL, 0);
    put(door, GPCLR0, off.clear);
    put(door, GPSET0, off.set);
    return NULL;
}
