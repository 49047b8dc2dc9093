/* A real Raspberry Pi behind `struct door`: the same five functions as the virtual one, over /dev/mem.
 *
 * Registers are named by their bus address and found on the four pages that the engine touches. Chain memory belongs to
 * the VideoCore's firmware (or is reserved at boot), so it outlives this process; it is mapped uncached and written by
 * aligned 32-bit stores alone (memcpy into device memory ends a process on arm64: pi-blaster #114).
 */
#ifndef AUDIOLETTER_REAL_PI_H
#define AUDIOLETTER_REAL_PI_H

#include "door.h"

#include <stddef.h>
#include <stdint.h>

#define RPI_BLOCKS 4
#define RPI_PAGE_BYTES 4096

struct real_pi {
    struct door door;
    int32_t file;                         /* of physical memory; negative: closed */
    uint32_t strays;                      /* accesses to addresses that are on none of our pages: a mistake of ours */
    volatile uint32_t *block[RPI_BLOCKS]; /* DMA, clock manager, GPIO, PWM0 */
    size_t chain_bytes;                   /* 0: none is mapped */
};

/* Maps the registers. `path` is /dev/mem, or a stand-in of the tests; `arm_base` where the ARM sees 0x7E000000. */
const char *rpi_open(struct real_pi *, const char *path, uint64_t arm_base);

/* Maps `bytes` (whole pages) of RAM that the DMA engine knows as `bus`. */
const char *rpi_map_chain(struct real_pi *, uint32_t bus, size_t bytes);

/* Gives all mappings back. What the DMA engine does is not touched. Safe to call twice. */
void rpi_close(struct real_pi *);

/* One register, for whoever looks after what an earlier run has left. */
uint32_t rpi_read(struct real_pi *, uint32_t bus_address);
void rpi_write(struct real_pi *, uint32_t bus_address, uint32_t value);

#endif
