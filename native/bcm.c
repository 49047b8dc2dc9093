/* The few facts of bcm.h that are a rule rather than a number. */
#include "bcm.h"

#include <string.h>

_Static_assert(sizeof(struct dma_control_block) == DMA_BLOCK_BYTES, "a control block is eight words");

static const struct bcm_chip CHIPS[] = {
    {"bcm2835", 0x20000000, 0x40000000, 0x0C, 500000000, 19200000, 4, 14, 7, 14},
    {"bcm2837", 0x3F000000, 0xC0000000, 0x04, 500000000, 19200000, 4, 14, 7, 14},
    {"bcm2711", 0xFE000000, 0xC0000000, 0x04, 750000000, 54000000, 6, 7, 7, 10},
};

const struct bcm_chip *bcm_chip_named(const char *name)
{
    for (size_t i = 0; i < sizeof CHIPS / sizeof CHIPS[0]; i++)
        if (strcmp(CHIPS[i].name, name) == 0) return &CHIPS[i];
    return NULL;
}

uint32_t bcm_dma_register(uint32_t channel, uint32_t offset)
{
    return DMA_BASE + channel * DMA_CHANNEL_STRIDE + offset;
}

uint32_t bcm_fsel_register(uint32_t gpio)
{
    return GPFSEL0 + 4 * (gpio / 10);
}

uint32_t bcm_fsel_shift(uint32_t gpio)
{
    return 3 * (gpio % 10);
}

uint32_t bcm_clock_divider(uint32_t integer)
{
    return CM_PASSWD | ((integer << CM_DIVI_SHIFT) & CM_DIVI_MASK);
}

uint32_t bcm_gpio_lead_frames(uint32_t dreq)
{
    return (dreq + 3) / 2;
}
