/* The feeder alone, to be counted: modulation, motion, chain building and appending for some seconds of cut.
 *
 *   feeder SECONDS       prints frames, control blocks and a hash of what was made; counted from outside (callgrind, qemu)
 *   feeder SECONDS whole hashes every word, edge and register write of a cut that reverses, is stopped and left behind
 *
 * Behind the door is the least Pi that lets the engine run: a few registers, and a DMA engine that is where the time says
 * it is, found by walking the chain (a few instructions a block). The hash shows that another processor makes the same.
 */
#include "engine.h"
#include "leftover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_WORDS (1u << 20)
#define RING_SAMPLES (1u << 14)
#define SPEED_STEPS 8347.7333 / 200000 /* 78.26 rpm in 6400 steps */
#define FEED_STEPS 1984.0 / 200000     /* 0.31 mm/s in 0.15625 um */
#define HASH_PRIME 1099511628211u      /* FNV-1a */

struct pi {
    uint32_t memory[MEMORY_WORDS];
    uint32_t registers[0x4000];
    uint32_t bus;
    uint32_t block; /* in work */
    int64_t block_end_us;
    int64_t now_us;
    uint64_t hash;
    uint32_t stride; /* of the words that are hashed: a sample is enough to tell two processors apart, most of the time */
};

static void hash(struct pi *pi, uint64_t value)
{
    pi->hash = (pi->hash ^ value) * HASH_PRIME;
}

static uint32_t *slot(struct pi *pi, uint32_t address)
{
    return &pi->registers[(address >> 12 & 0xF) << 10 | (address >> 2 & 0x3FF)]; /* a page of each peripheral */
}

/* Enter a block: how long it keeps the engine busy is how many words it feeds to the FIFO. */
static void enter(struct pi *pi, uint32_t address)
{
    const uint32_t *cb = &pi->memory[(address - pi->bus) / 4];
    pi->block = address;
    const uint32_t *words = &pi->memory[(cb[1] - pi->bus) / 4];
    for (uint32_t i = 0; i < cb[3] / 4; i += cb[0] == TI_FIFO ? pi->stride : 1)
        hash(pi, words[i]);
    if (cb[0] != TI_FIFO)
        return;
    pi->block_end_us += (int64_t)(cb[3] / 8) * ENGINE_FRAME_US;
}

static uint32_t read_register(void *self, uint32_t address)
{
    struct pi *pi = self;
    if (address == CM_PWMCTL)
        return (*slot(pi, address) & 0x7FF) | (*slot(pi, address) & 0x10 ? CM_BUSY : 0);
    if (address == PWM_STA)
        return 0;
    if ((address & 0xFF) == DMA_DEBUG && address >= DMA_BASE && address < DMA_INT_STATUS)
        return DEBUG_LITE;
    if ((address & 0xFF) == DMA_CONBLK_AD && address >= DMA_BASE && address < DMA_INT_STATUS)
        return pi->block;
    if ((address & 0xFF) == DMA_CS && address >= DMA_BASE && address < DMA_INT_STATUS)
        return *slot(pi, address) & CS_ACTIVE;
    if (address == CM_PWMDIV)
        return *slot(pi, address) & 0xFFFFFF;
    return *slot(pi, address);
}

static void write_register(void *self, uint32_t address, uint32_t value)
{
    struct pi *pi = self;
    hash(pi, (uint64_t)address << 32 | value);
    *slot(pi, address) = address == PWM_CTL ? value & ~(uint32_t)CTL_CLRF : value;
    if ((address & 0xFF) != DMA_CONBLK_AD || address < DMA_BASE || address >= DMA_INT_STATUS)
        return;
    pi->block = value;
    pi->block_end_us = pi->now_us;
    if (value)
        enter(pi, value);
}

static void barrier(void *self)
{
    (void)self;
}

static int64_t now_us(void *self)
{
    return ((struct pi *)self)->now_us;
}

static void sleep_us(void *self, int64_t us)
{
    struct pi *pi = self;
    pi->now_us += us;
    while (pi->block && pi->block_end_us <= pi->now_us) {
        const uint32_t *cb = &pi->memory[(pi->block - pi->bus) / 4];
        if (cb[5] == pi->block) { /* silence, for ever */
            pi->block_end_us = pi->now_us + 1;
            break;
        }
        enter(pi, cb[5]);
    }
}

static void settings_of(struct engine_settings *set, int64_t frames)
{
    memset(set, 0, sizeof *set);
    set->chip = bcm_chip_named("bcm2837");
    set->leg_gpio[0] = 12;
    set->leg_gpio[1] = 13;
    set->outputs = 1u << 17 | 1u << 5 | 1u << 16 | 1u << 22 | 1u << 23 | 1u << 26 | 1u << 27 | 1u << 6;
    set->off.set = 1u << 5;
    set->off.clear = 1u << 17 | 1u << 16 | 1u << 22 | 1u << 26 | 1u << 6;
    set->lift_up.clear = 1u << 16;
    set->bridge_off.clear = 1u << 17;
    set->enable_off.set = 1u << 5;
    set->heartbeat = 1u << 6;
    set->wait_for_input = 1;
    set->heartbeat_frames = 500;
    set->lookahead_frames = 30000;
    set->refuse_below_frames = 4000;
    set->lift_up_frames = 10000;
    set->segment_frames = 2000;
    set->slot_words = 16384;
    set->frames = frames;
    set->kill_at_segment = -1;
}

static void axis(struct motion_settings *set, struct motion_segment *segment, double speed, int32_t pin, int64_t frames)
{
    memset(set, 0, sizeof *set);
    set->step_mask = 1u << pin;
    set->dir_mask = 1u << (pin + 1);
    set->forward_high = set->high_frames = set->low_frames = set->setup_frames = set->hold_frames = 1;
    set->max_speed = 0.5;
    set->max_accel = 1.0;
    set->min_position = -1e12;
    set->max_position = 1e12;
    set->stop_accel = set->stop_jerk = 1e-6;
    memset(segment, 0, sizeof *segment);
    segment->frames = frames;
    segment->velocity = (int64_t)(speed * (double)((int64_t)1 << MOTION_VELOCITY_BITS));
}

/* There and back again, with a jerk. */
static void bend(struct motion_segment *segment)
{
    segment->accel_half = -(segment->velocity / segment->frames) * ((int64_t)1 << (MOTION_ACCEL_BITS - MOTION_VELOCITY_BITS));
    segment->jerk_sixth = 3;
}

static void stop_at(struct engine *engine, int64_t frame)
{
    struct engine_look look;
    engine_look(engine, &look);
    if (look.frame >= frame)
        engine_request_stop(engine, 0);
}

/* As if the feeder had been killed: what a later start finds and ends. */
static const char *leave_behind(struct pi *pi, const struct engine *engine, const struct door *door)
{
    const struct bcm_chip *chip = engine->set.chip;
    write_register(pi, bcm_dma_register(chip->dma_channel, DMA_CONBLK_AD), chain_idle(&engine->chain));
    if (!leftover_runs(door, chip, pi->bus, sizeof pi->memory))
        return "what was left is not found";
    const char *wrong = leftover_stop(door, chip, engine->set.off);
    return wrong || !leftover_runs(door, chip, pi->bus, sizeof pi->memory) ? wrong : "what was left goes on";
}

static int run(struct engine *engine, int64_t frames, int64_t stop_frame)
{
    static float block[2048];
    uint32_t noise = 1;
    int64_t left = frames / 4;
    for (;;) {
        int32_t what = engine_run(engine, 64);
        stop_at(engine, stop_frame);
        if (what == ENGINE_OVER)
            return 0;
        if (what != ENGINE_INPUT)
            continue;
        size_t count = left < 2048 ? (size_t)left : 2048, taken = 0;
        for (size_t i = 0; i < count; i++) { /* loud noise: the worst case for the modulator */
            noise = noise * 1664525u + 1013904223u;
            block[i] = (float)((double)noise / 4294967296.0 - 0.5) * 0.5f;
        }
        if (count == 0)
            engine_end_input(engine);
        else
            engine_offer(engine, block, count, &taken);
        left -= (int64_t)taken;
    }
}

int main(int argc, char **argv)
{
    const int64_t frames = (argc > 1 ? atoll(argv[1]) : 1) * 200000;
    const int whole = argc > 2 && strcmp(argv[2], "whole") == 0;
    static struct pi pi;
    static struct engine engine;
    static float ring[RING_SAMPLES];
    struct engine_settings settings;
    struct engine_score score;
    struct motion_segment segments[2];
    settings_of(&settings, frames);
    memset(&score, 0, sizeof score);
    score.pwm.range = 625;
    axis(&score.motion[0], &segments[0], SPEED_STEPS, 22, frames);
    axis(&score.motion[1], &segments[1], FEED_STEPS, 26, frames);
    for (int i = 0; i < 2; i++) {
        score.segments[i] = &segments[i];
        score.segment_count[i] = 1;
    }
    if (whole)
        bend(&segments[1]);
    score.ring = ring;
    score.ring_samples = RING_SAMPLES;
    pi.bus = 0xC0000000;
    pi.stride = whole ? 1 : 64;
    struct door door = {&pi, read_register, write_register, barrier, now_us, sleep_us, pi.memory, MEMORY_WORDS, pi.bus};
    const char *wrong = engine_begin(&engine, &settings, &score, &door);
    if (!wrong)
        run(&engine, frames, whole ? frames * 3 / 4 : INT64_MAX);
    struct engine_look look;
    engine_look(&engine, &look);
    if (!wrong && look.state != (whole ? ENGINE_STOPPED : ENGINE_DONE))
        wrong = look.cause ? look.cause : "the engine did not finish";
    if (!wrong && whole)
        wrong = leave_behind(&pi, &engine, &door);
    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        return 1;
    }
    printf("{\"frames\": %" PRId64 ", \"blocks\": %" PRIu64 ", \"hash\": \"%016" PRIx64 "\"}\n", frames, look.blocks, pi.hash);
    return 0;
}
