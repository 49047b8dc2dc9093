/* Finds and stops what an earlier process has left running in its chain memory. Through the door, as all else. */
#ifndef AUDIOLETTER_LEFTOVER_H
#define AUDIOLETTER_LEFTOVER_H

#include "bcm.h"
#include "door.h"
#include "engine.h"

#include <stdint.h>

/* Whether our DMA channel is at work in these `bytes` of memory. */
int32_t leftover_runs(const struct door *, const struct bcm_chip *, uint32_t bus, uint32_t bytes);

/* NULL, or a sentence if our DMA channel is at work; asked when nothing of ours is left. */
const char *leftover_rival(const struct door *, const struct bcm_chip *);

/* Pins off, channel paused and reset, PWM off. Touches no memory. */
const char *leftover_stop(const struct door *, const struct bcm_chip *, struct pin_levels off);

#endif
