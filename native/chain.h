/* Segments of control blocks in chain memory, executed by a DMA channel. Pure: this file touches no register.
 *
 *   memory:  | OFF | SILENCE | their data | slot 0 | slot 1 | ... |
 *   a slot:  | words of the PWM FIFO | control blocks -> ... free ... <- data of the GPIO blocks |
 *
 * Segment k lies in slot k modulo the number of slots. Its blocks follow one another and its last, always a FIFO block,
 * links to OFF, which drops every drive pin and links to SILENCE, the only block linked to itself. So whatever becomes
 * of the feeder, the machine ends with its power off. A segment is built unseen, then linked by one aligned 32-bit
 * store; its slot is used again only when the DMA engine has left it by two.
 *
 * All stores into chain memory are aligned 32-bit volatile ones: on the real Pi the mapping is Device memory, where
 * anything else may fault (arm64: SIGBUS from memcpy; pi-blaster #114).
 *
 * A chain frame is one pair of FIFO words, counted from the first. Errors are sentences; NULL is success.
 */
#ifndef AUDIOLETTER_CHAIN_H
#define AUDIOLETTER_CHAIN_H

#include "motion.h"

#include <stddef.h>
#include <stdint.h>

#define CHAIN_SLOTS_MAX 1024

/* Where the DMA engine is. */
#define CHAIN_NOWHERE 0 /* no block at all: it has stopped */
#define CHAIN_SEGMENT 1
#define CHAIN_IDLE 2    /* OFF or SILENCE */
#define CHAIN_LOST 3    /* at an address that is no block of ours */

struct chain_settings {
    uint32_t segment_frames; /* most frames in a segment; a multiple of 4, at most 8188 */
    uint32_t slot_words;     /* memory of one segment; a multiple of 8 */
    uint32_t silence;        /* FIFO word of both legs in SILENCE */
    uint32_t off_set;        /* pins that OFF sets */
    uint32_t off_clear;      /* pins that OFF clears */
};

struct chain_slot {
    int64_t frame;   /* first chain frame */
    uint32_t frames;
    uint32_t blocks; /* 0: nothing here yet */
};

struct chain {
    struct chain_settings set;
    volatile uint32_t *memory;
    uint32_t bus;        /* address of memory[0] as the DMA engine sees it */
    uint32_t slots;
    int64_t frames;      /* linked so far */
    uint64_t built;      /* segments linked so far */
    uint64_t playing;    /* the last segment the DMA engine was seen in */
    int32_t pending;     /* a segment is built and not yet linked */
    uint32_t pending_bus;
    uint64_t tail;       /* word index of the last linked block; 0 before the first */
    uint64_t pending_tail;
    uint64_t blocks;     /* linked so far */
    struct chain_slot slot[CHAIN_SLOTS_MAX];
};

struct chain_place {
    int32_t at;        /* CHAIN_... */
    int64_t frame;     /* first chain frame of the block in work (CHAIN_SEGMENT) */
    uint64_t segment;
};

/* Lays out `words` words of memory and writes OFF and SILENCE. */
const char *chain_begin(struct chain *, volatile uint32_t *memory, size_t words, uint32_t bus,
                        const struct chain_settings *);

/* Whether a slot is free for another segment. */
int32_t chain_has_room(const struct chain *);

/* How many of `frames` frames (a multiple of 4) from the end of the chain fit into one slot with these edges. */
uint32_t chain_fit(const struct chain *, const struct pin_edge *edges, size_t count, uint32_t frames);

/* Builds the next segment, unseen by the DMA engine: `frames` pairs of words, and the edges whose chain frames lie in
 * it, ascending, at most one a frame, each written before the words of its frame. */
const char *chain_build(struct chain *, const uint32_t *words, uint32_t frames, const struct pin_edge *edges,
                        size_t count);

/* The word to read back before linking: by then everything before it has reached memory. */
uint32_t chain_read_back(const struct chain *);

/* Links the built segment behind the tail: one store. */
const char *chain_link(struct chain *);

/* Bus address of the last linked block, whose link the next one changes. */
uint32_t chain_tail(const struct chain *);

/* Bus address of the first block, where a DMA channel starts. */
uint32_t chain_entry(const struct chain *);

/* And of OFF. */
uint32_t chain_idle(const struct chain *);

/* What the channel's CONBLK_AD means; also frees the slots it has left. */
struct chain_place chain_find(struct chain *, uint32_t conblk_ad);

/* Takes pins out of the GPIO blocks that are queued (the one in work may escape: write the pin afterwards as well). */
void chain_withhold(struct chain *, uint32_t set, uint32_t clear);

#endif
