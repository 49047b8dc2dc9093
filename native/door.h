/* The one small door to registers, memory and time.
 *
 * Everything above it (chain, engine) is the same for a real Raspberry Pi and for the virtual one; only what stands
 * behind these five functions and this memory differs. Registers are named by their bus address (0x7E......), as a
 * DMA control block names them; chain memory is uncached and must only ever be written by aligned 32-bit stores.
 */
#ifndef AUDIOLETTER_DOOR_H
#define AUDIOLETTER_DOOR_H

#include <stddef.h>
#include <stdint.h>

struct door {
    void *self;
    uint32_t (*read)(void *self, uint32_t bus_address);
    void (*write)(void *self, uint32_t bus_address, uint32_t value);
    void (*barrier)(void *self);              /* orders memory stores before what follows; read and write have their own */
    int64_t (*now_us)(void *self);            /* monotonic; simulated time on the virtual Pi */
    void (*sleep_us)(void *self, int64_t us); /* on the virtual Pi, time passes here and nowhere else */
    volatile uint32_t *memory;                /* chain memory */
    size_t memory_words;
    uint32_t memory_bus;                      /* bus address of memory[0], 32-byte aligned, with the chip's RAM alias */
};

#endif
