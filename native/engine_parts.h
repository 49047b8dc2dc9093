/* What the three files of the engine share, and nobody else uses. */
#ifndef AUDIOLETTER_ENGINE_PARTS_H
#define AUDIOLETTER_ENGINE_PARTS_H

#include "engine.h"

/* --- engine_setup.c: the hardware, register by register, through the door --- */

/* Pins safe, clock, PWM and DMA channel up and playing the chain; or a sentence about what did not come up. */
const char *hardware_start(struct engine *);

/* NULL, or a sentence about the error flag that is raised, or the clock that is not ours any more. */
const char *hardware_health(struct engine *);

/* Stops PWM and DMA, with every drive pin off before and after. */
void hardware_stop(struct engine *);

void write_pins(const struct engine *, struct pin_levels);

uint32_t dma_read(const struct engine *, uint32_t offset);

/* --- engine_build.c: what goes into a segment --- */

/* Builds the next segment. ENGINE_SLEEP: built; ENGINE_INPUT: the samples are not there; ENGINE_OVER: `*wrong` says. */
int32_t build_segment(struct engine *, const char **wrong);

/* Takes pins out of the edges that are merged and not yet built. */
void withhold_edges(struct engine *, uint32_t set, uint32_t clear);

#endif
