/* The virtual Raspberry Pi behind `struct door`: DMA engine, PWM with its FIFO, clock manager and GPIO of a BCM2835,
 * BCM2837 or BCM2711, as far as one chain of control blocks can reach them.
 *
 * It executes the control-block *bytes* found in chain memory. What a real board would show (flags, lost words, pins) it
 * shows in the same registers; beside that it keeps a list of faults, so that a test or the lathe can say in words what
 * was done wrong. What it does not model (bursts, 128-bit width, other DREQs, DMA4 engines) it refuses, it never guesses.
 *
 * Time is simulated. It passes in `sleep_us` of the door and in vpi_pass_us, nowhere else; registers answer at once.
 * With a pacing, `sleep_us` waits for the wall clock and simulated time follows it.
 *
 * Output: for each PWM frame the high time of the wires leg A and leg B in PWM clocks, and every level change of every
 * other pin. A frame is output when it is complete. A change belongs to the frame being played when the write lands
 * (rounded down, so it is at most one frame early). Frame 0 is the first frame after a channel is enabled with the
 * clock running. What changes before it shows in the initial levels; what changes after the PWM has been stopped for
 * good belongs to a frame that never comes, and is not output.
 * The pair of numbers stands for one pulse in each frame. Where the PWM makes several (MSEN = 0 spreads N clocks over
 * the range), the number is the length of the longest pulse: such a sound is visibly wrong, as it would be behind a
 * bridge, which cannot follow pulses of 8 ns.
 *
 * All memory is the caller's. Every function may be called from any thread; a vpi_drain in one thread and a `sleep_us`
 * in another wait for each other: when the output is full, time stands still until somebody drains it.
 */
#ifndef AUDIOLETTER_VIRTUAL_BCM_H
#define AUDIOLETTER_VIRTUAL_BCM_H

#include <stddef.h>
#include <stdint.h>

#include "door.h"

#define VPI_EMPTY_HOLD 0 /* an empty FIFO repeats the last pair of words (ma16; rpi-rgb-led-matrix) */
#define VPI_EMPTY_ZERO 1 /* an empty FIFO gives the SBIT level (datasheet) */
#define VPI_NEVER -1

/* What no program can set: the chip, the wiring, and how well the bus behaves. */
struct vpi_settings {
    char chip[8];              /* "bcm2835", "bcm2837" or "bcm2711" */
    int32_t leg_gpio[2];       /* the pins to which the two inputs of the bridge are wired */
    int32_t empty_output;      /* VPI_EMPTY_HOLD or VPI_EMPTY_ZERO: unknown on real chips, so a knob */
    int32_t exact;             /* 1: word by word always (the specification); 0: whole runs at once, same result */
    int64_t block_ns;          /* to fetch a control block */
    int64_t word_ns;           /* to move a word */
    int64_t jitter_ns[2];      /* a write that is not to the FIFO is late by this much, evenly spread: least and most */
    uint64_t seed;             /* of the jitter */
    int32_t words_in_flight;   /* without WAIT_RESP: how many words still land after DREQ has fallen */
    int64_t stall_frame;       /* the DMA engine gets no bus from the start of this frame ... */
    int64_t stall_us;          /* ... for so long; VPI_NEVER for the frame: no stall */
    int64_t lost_word;         /* this word to the FIFO (counted from 0) is lost; or VPI_NEVER */
    int64_t thief_us;          /* at this time another program writes a register ... */
    uint32_t thief_register;   /* ... of the PWM or its clock; or VPI_NEVER for the time */
    uint32_t thief_value;
};

struct vpi_edge {
    int64_t frame;
    uint8_t gpio;
    uint8_t level;
};

/* Memory lent to the virtual Pi for its life. Without room for frames and edges the output is thrown away. */
struct vpi_memory {
    uint32_t *chain;
    size_t chain_words;
    uint16_t *pwm; /* two numbers a frame */
    size_t frames;
    struct vpi_edge *edges;
    size_t edge_count;
};

/* The wall clock, handed in. */
struct vpi_pacing {
    void *self;
    int64_t (*now_ns)(void *self);
    void (*sleep_until_ns)(void *self, int64_t at_ns);
};

/* Where vpi_drain copies to, and what it copied. */
struct vpi_output {
    uint16_t *pwm;
    size_t frame_capacity;
    int64_t *edge_frame;
    uint8_t *edge_gpio;
    uint8_t *edge_level;
    size_t edge_capacity;
    int64_t first_frame; /* from here on: the answer */
    size_t frames;
    size_t edges;
    int32_t closed;      /* 1: nothing is left and nothing will come */
};

/* One kind of mistake: how often, and where first. */
struct vpi_fault {
    const char *sentence;
    uint64_t count;
    int64_t first_frame; /* frame being played, or 0 before the first */
    uint32_t detail;     /* of the first: an address or a value, as the sentence says */
};

/* Bytes of memory that vpi_begin wants (aligned as for any type). */
size_t vpi_bytes(void);

/* Power-up: every register in its reset state. `pacing` may be NULL: as fast as possible. */
const char *vpi_begin(void *vpi, const struct vpi_settings *settings, const struct vpi_memory *memory,
                      const struct vpi_pacing *pacing);

/* Fills in the door to this Pi. */
void vpi_door(void *vpi, struct door *out);

/* Let simulated time pass, unpaced: what a board does when its program is dead. */
void vpi_pass_us(void *vpi, int64_t us);

/* Waits at most timeout_ms until much has been executed (half of the output memory, or the capacity), then copies what
 * there is. An error means that the capacity is nil. */
const char *vpi_drain(void *vpi, struct vpi_output *out, int timeout_ms);

/* No more output: releases whoever waits in sleep_us or vpi_drain; what was executed before can still be drained. */
void vpi_close(void *vpi);

/* Drive a pin from outside: level 0 or 1, or -1 to let go (the pull decides then). */
const char *vpi_set_input(void *vpi, int32_t gpio, int32_t level);

/* The level of each of the GPIO_PINS pins when frame 0 began, or now if none has. */
void vpi_initial_levels(void *vpi, uint8_t *levels);

/* The faults so far, one entry a kind, first to happen first; returns how many there are. */
size_t vpi_faults(void *vpi, struct vpi_fault *out, size_t capacity);

/* Length of the frame being played, in picoseconds: 5 000 000 with a right clock and range, 0 before the first. */
int64_t vpi_frame_ps(void *vpi);

/* Frames begun, counted from power-up. */
int64_t vpi_frames(void *vpi);

/* The machine's own monotonic clock, for real time. */
const struct vpi_pacing *vpi_wall_clock(void);

#endif
