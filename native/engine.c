/* The feeder: its loop, stop and faults. What runs where, and what it promises: engine.h. What goes into a segment:
 * engine_build.c. Registers: engine_setup.c. */
#include "engine_parts.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

enum {
    STEP_AT_LEAST_US = 500,
    RETRY_US = 1000,     /* when samples are missing in real time */
    CLOCK_SLACK_FRAMES = 4000, /* 20 ms: how far the frames played may be off the time passed */
    OFF_FRAMES = 200,    /* 1 ms between bridge off, enable off and the end */
};

static void set_state(struct engine *e, int32_t state)
{
    __atomic_store_n(&e->state, state, __ATOMIC_RELEASE);
}

static int64_t up_to_sample(int64_t frames)
{
    return frames + 3 - (frames + 3) % 4;
}

/* --- begin ------------------------------------------------------------------------------------------------------ */

static const char *wrong_settings(const struct engine_settings *s, const struct engine_score *score)
{
    if (s->segment_frames > ENGINE_SEGMENT_FRAMES)
        return "a segment of the engine has at most 4000 frames";
    if (s->lookahead_frames < 2 * (int64_t)s->segment_frames || s->refuse_below_frames < 0 ||
        s->lookahead_frames <= s->refuse_below_frames + (int64_t)s->segment_frames)
        return "the look-ahead must be longer than two segments, and than refuse_below and one segment";
    if (s->heartbeat_frames < 1 || s->lift_up_frames < 0)
        return "the heartbeat needs at least one frame, the lift at least none";
    if (s->frames < 4)
        return "the score has no frames";
    if (score->ring_samples == 0 || score->ring_samples & (score->ring_samples - 1))
        return "the ring of samples must hold a power of two of them";
    if (score->pwm.range < 2)
        return "the PWM range must be at least 2 clocks";
    return NULL;
}

static const char *begin_parts(struct engine *e)
{
    const uint32_t silence = (uint32_t)e->score.pwm.range / 2;
    const struct chain_settings chain = {e->set.segment_frames, e->set.slot_words, silence, e->set.off.set,
                                         e->set.off.clear};
    const char *wrong =
        chain_begin(&e->chain, e->door->memory, e->door->memory_words, e->door->memory_bus, &chain);

    if (!wrong)
        wrong = pwm_begin(&e->pwm, &e->score.pwm);
    for (size_t i = 0; !wrong && i < ENGINE_AXES; i++) {
        e->axis[i].settings = e->score.motion[i];
        wrong = motion_begin(&e->axis[i], e->score.segments[i], e->score.segment_count[i]);
    }
    return wrong;
}

const char *engine_begin(struct engine *e, const struct engine_settings *settings, const struct engine_score *score,
                         const struct door *door)
{
    const char *wrong = wrong_settings(settings, score);

    if (wrong)
        return wrong;
    memset(e, 0, sizeof *e);
    e->set = *settings;
    e->score = *score;
    e->door = door;
    e->lead_frames = bcm_gpio_lead_frames(DMAC_OUR_DREQ);
    e->end_frame = settings->frames;
    e->total_frames = up_to_sample(settings->frames + e->lead_frames);
    e->next_heartbeat = settings->heartbeat_frames;
    return begin_parts(e);
}

/* --- append ----------------------------------------------------------------------------------------------------- */

static int64_t frames_passed(const struct engine *e)
{
    return (e->door->now_us(e->door->self) - e->start_us) / ENGINE_FRAME_US;
}

/* Where the DMA engine is: position and queue; a sentence if it is where it must not be. */
static const char *look_where(struct engine *e)
{
    const int64_t before = frames_passed(e);
    const struct chain_place place = chain_find(&e->chain, dma_read(e, DMA_CONBLK_AD));

    if (place.at == CHAIN_NOWHERE)
        return "the DMA channel has stopped by itself";
    if (place.at == CHAIN_LOST)
        return "the DMA channel runs outside our control blocks: other software uses it";
    if (place.at == CHAIN_IDLE) {
        __atomic_store_n(&e->position, e->chain.frames, __ATOMIC_RELAXED);
        __atomic_store_n(&e->queued, 0, __ATOMIC_RELAXED);
        return NULL;
    }
    __atomic_store_n(&e->position, place.frame, __ATOMIC_RELAXED);
    __atomic_store_n(&e->queued, e->chain.frames - place.frame, __ATOMIC_RELAXED);
    /* Between two looks at the time: a feeder that was kept from running there has seen nothing wrong. */
    if (place.frame - frames_passed(e) > CLOCK_SLACK_FRAMES || before - place.frame > CLOCK_SLACK_FRAMES)
        return "the frames do not keep up with the clock: the DMA engine is stalled or the PWM clock is wrong";
    return NULL;
}

/* Whether the old tail was latched before its new link was stored: the DMA engine is in IDLE, or on its way there
 * whatever memory says by now. NEXTCONBK is read first: if it is in the tail after that, what was read is the tail's. */
static int32_t came_too_late(struct engine *e, uint32_t tail)
{
    const uint32_t next = dma_read(e, DMA_NEXTCONBK), block = dma_read(e, DMA_CONBLK_AD);

    if (block == tail)
        return next == chain_idle(&e->chain);
    return chain_find(&e->chain, block).at != CHAIN_SEGMENT;
}

/* The append protocol: all of the segment in memory, a look at what is left, one store, and a look whether it came in
 * time. */
static const char *link_segment(struct engine *e)
{
    const uint32_t tail = chain_tail(&e->chain);
    const char *wrong;

    e->door->barrier(e->door->self);
    (void)chain_read_back(&e->chain);
    if (e->state == ENGINE_FILLING)
        return chain_link(&e->chain);
    wrong = look_where(e);
    if (wrong)
        return wrong;
    if (e->queued < e->set.refuse_below_frames) {
        e->underruns = 1;
        return "the feeder came too late: less is queued than it may append to";
    }
    wrong = chain_link(&e->chain);
    e->door->barrier(e->door->self);
    if (!wrong && came_too_late(e, tail)) {
        e->underruns = 1;
        wrong = "the feeder came too late: the chain had already ended";
    }
    __atomic_store_n(&e->queued, e->chain.frames - e->position, __ATOMIC_RELAXED);
    return wrong;
}

/* Appends until the look-ahead is queued, nothing is left to append, or no slot is free. */
static int32_t append(struct engine *e, const char **wrong)
{
    while (e->chain.frames < e->total_frames && chain_has_room(&e->chain) &&
           e->queued + (int64_t)e->set.segment_frames <= e->set.lookahead_frames) {
        int32_t result;

        if ((int64_t)e->chain.built == e->set.kill_at_segment) {
            set_state(e, ENGINE_DEAD);
            return ENGINE_OVER;
        }
        result = build_segment(e, wrong);
        if (result != ENGINE_SLEEP)
            return result;
        *wrong = link_segment(e);
        if (*wrong)
            return ENGINE_OVER;
        if (e->state == ENGINE_FILLING)
            __atomic_store_n(&e->queued, e->chain.frames, __ATOMIC_RELAXED);
    }
    return ENGINE_SLEEP;
}

/* --- stop and fault --------------------------------------------------------------------------------------------- */

static int32_t over(struct engine *e, int32_t state)
{
    if (e->running)
        hardware_stop(e);
    set_state(e, state);
    return ENGINE_OVER;
}

static int32_t fault(struct engine *e, const char *wrong)
{
    e->cause = wrong;
    return over(e, ENGINE_FAULT);
}

/* Head up by register, now, and whatever is queued shall not lower it again. */
static void lift_now(struct engine *e)
{
    const struct pin_levels up = e->set.lift_up;

    write_pins(e, up);
    chain_withhold(&e->chain, up.clear, up.set);
    withhold_edges(e, up.clear, up.set);
    write_pins(e, up); /* a block may have been at work while its data was changed */
}

/* From the end of what is merged: both axes come to rest, then bridge, then drivers off. */
static const char *begin_stop(struct engine *e)
{
    const int64_t at = e->merged_frame;
    int64_t end = at + e->set.lift_up_frames;

    lift_now(e);
    set_state(e, ENGINE_STOPPING);
    if (e->chain.frames >= e->total_frames)
        return NULL; /* the end is queued already */
    for (size_t i = 0; i < ENGINE_AXES; i++) {
        size_t count = 0;
        int64_t rest = at;
        const char *wrong =
            motion_stop(&e->axis[i], at, e->stop_segments[i], MOTION_STOP_SEGMENTS, &count, &rest);
        if (wrong)
            return wrong;
        if (rest > end)
            end = rest;
    }
    e->stop_events[0] = (struct pin_edge){at, e->set.lift_up.set, e->set.lift_up.clear};
    e->stop_events[1] = (struct pin_edge){end, e->set.bridge_off.set, e->set.bridge_off.clear};
    e->stop_events[2] = (struct pin_edge){end + OFF_FRAMES, e->set.enable_off.set, e->set.enable_off.clear};
    e->score.events = e->stop_events;
    e->score.event_count = ENGINE_STOP_EVENTS;
    e->next_event = 0;
    e->end_frame = end + 2 * OFF_FRAMES;
    e->total_frames = up_to_sample(e->end_frame + e->lead_frames);
    return NULL;
}

void engine_request_stop(struct engine *e, int32_t at_once)
{
    if (at_once || !__atomic_load_n(&e->stop_requested, __ATOMIC_ACQUIRE))
        __atomic_store_n(&e->stop_requested, at_once ? 2 : 1, __ATOMIC_RELEASE);
}

void engine_off(struct engine *e)
{
    if (e->running)
        hardware_stop(e);
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

static int32_t fill(struct engine *e)
{
    const char *wrong = NULL;
    int32_t result;

    if (__atomic_load_n(&e->stop_requested, __ATOMIC_ACQUIRE))
        return over(e, ENGINE_STOPPED);
    result = append(e, &wrong);
    if (wrong)
        return fault(e, wrong);
    if (result != ENGINE_SLEEP)
        return result;
    wrong = hardware_start(e);
    if (wrong)
        return fault(e, wrong);
    set_state(e, ENGINE_CUTTING);
    e->sleep_us = STEP_AT_LEAST_US;
    return ENGINE_SLEEP;
}

/* Until the queue has fallen by a segment below the look-ahead, or the chain has ended; never longer than a segment,
 * so that a stop is served soon. */
static int64_t pause_for(const struct engine *e)
{
    const int64_t segment = e->set.segment_frames, spare = e->queued + segment - e->set.lookahead_frames;
    int64_t frames = e->chain.frames < e->total_frames ? spare : e->queued + 1;

    if (frames > segment || frames < 0)
        frames = segment;
    frames *= ENGINE_FRAME_US;
    return frames < STEP_AT_LEAST_US ? STEP_AT_LEAST_US : frames;
}

/* IDLE: the end, if all was appended; an underrun if not. */
static int32_t at_idle(struct engine *e)
{
    if (e->chain.frames >= e->total_frames)
        return over(e, e->state == ENGINE_STOPPING ? ENGINE_STOPPED : ENGINE_DONE);
    e->underruns = 1;
    return fault(e, "the chain ran out: samples or the feeder came too late");
}

int32_t engine_step(struct engine *e)
{
    const char *wrong;
    int32_t stop, result;

    if (e->state >= ENGINE_DONE)
        return ENGINE_OVER;
    if (e->state == ENGINE_FILLING)
        return fill(e);
    stop = __atomic_load_n(&e->stop_requested, __ATOMIC_ACQUIRE);
    if (stop == 2)
        return over(e, ENGINE_STOPPED);
    wrong = look_where(e);
    if (!wrong)
        wrong = hardware_health(e);
    if (wrong)
        return fault(e, wrong);
    if (e->queued == 0)
        return at_idle(e);
    if (stop && e->state == ENGINE_CUTTING)
        wrong = begin_stop(e);
    result = wrong ? ENGINE_OVER : append(e, &wrong);
    if (wrong)
        return fault(e, wrong);
    e->sleep_us = pause_for(e);
    if (result == ENGINE_INPUT && !e->set.wait_for_input) {
        e->sleep_us = RETRY_US;
        result = ENGINE_SLEEP;
    }
    return result;
}

int32_t engine_run(struct engine *e, size_t steps)
{
    for (size_t i = 0; steps == 0 || i < steps; i++) {
        const int32_t result = engine_step(e);
        if (result != ENGINE_SLEEP)
            return result;
        e->door->sleep_us(e->door->self, e->sleep_us);
    }
    return ENGINE_SLEEP;
}

void engine_look(const struct engine *e, struct engine_look *out)
{
    const int64_t frame = __atomic_load_n(&e->position, __ATOMIC_RELAXED) - e->lead_frames;

    *out = (struct engine_look){.state = __atomic_load_n(&e->state, __ATOMIC_ACQUIRE)};
    out->underruns = e->underruns;
    out->end_frame = e->end_frame;
    out->frame = frame < 0 ? 0 : frame < e->end_frame ? frame : e->end_frame;
    out->queued_frames = __atomic_load_n(&e->queued, __ATOMIC_RELAXED);
    out->cause = out->state == ENGINE_FAULT ? e->cause : NULL;
    out->segments = e->chain.built;
    out->blocks = e->chain.blocks;
    for (size_t i = 0; i < ENGINE_AXES; i++) {
        out->steps[i] = e->axis[i].steps;
        out->pulses[i] = e->axis[i].pulses;
    }
}

/* What is there now is brought in; what comes later is locked as it is touched, for whole stacks of threads would be too
 * much for a small board. One refusal is no reason not to ask for the other. */
const char *engine_go_realtime(void)
{
    const struct sched_param priority = {.sched_priority = 50};
    const int locked = mlockall(MCL_CURRENT) == 0 && mlockall(MCL_FUTURE | MCL_ONFAULT) == 0;
    const int first = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;

    if (!locked && !first)
        return "memory cannot be locked (CAP_IPC_LOCK), and the feeder gets no real-time priority (CAP_SYS_NICE)";
    if (!locked)
        return "memory cannot be locked (CAP_IPC_LOCK)";
    return first ? NULL : "the feeder gets no real-time priority (CAP_SYS_NICE)";
}
