/* The carriage and the lift: both in closed form from edge to edge.
 *
 * The screw's command is a staircase, with an error once per full step; the carriage follows it as a damped mass on a
 * spring. Between steps its offset from the command moves freely, so it is carried over n frames by powers of two of
 * one matrix. A step only shifts the command.
 */
#include "physics.h"

#include <string.h>

struct radii {
    double *out;
    size_t capacity;
    size_t count;
};

const char *carriage_begin(struct carriage_state *state, const struct carriage_settings *settings,
                           const uint8_t *levels)
{
    if (settings->microsteps < 1)
        return "carriage: fewer than one microstep";
    if (settings->step.gpio >= GPIO_COUNT || settings->dir.gpio >= GPIO_COUNT || settings->enable.gpio >= GPIO_COUNT)
        return "carriage: a pin is out of bounds";
    memset(state, 0, sizeof *state);
    state->command_mm = settings->start_mm - settings->error_mm[0];
    state->least_mm = state->most_mm = state->command_mm;
    state->step_frame = INT64_MIN / 2;
    state->step = levels[settings->step.gpio] == settings->step.level;
    state->dir = levels[settings->dir.gpio] == settings->dir.level;
    state->enabled = levels[settings->enable.gpio] == settings->enable.level;
    state->awake_frame = settings->wake_frames;
    return NULL;
}

/* Free motion over 1 to MOTION_FRAMES frames. */
static void swing(struct carriage_state *state, const struct carriage_settings *settings, int64_t frames)
{
    state->frame += frames;
    for (const double *own = settings->powers; frames > 0; own += 4, frames >>= 1) {
        if (frames & 1) {
            const double offset = state->offset_mm;
            state->offset_mm = own[0] * offset + own[1] * state->speed_mm;
            state->speed_mm = own[2] * offset + own[3] * state->speed_mm;
        }
    }
}

static const char *advance(struct carriage_state *state, const struct carriage_settings *settings, int64_t until,
                           struct radii *to)
{
    while (state->frame < until) {
        const int64_t past = state->frame % MOTION_FRAMES;
        const int64_t next = state->frame - past + MOTION_FRAMES;
        if (past == 0) {
            const double radius = state->command_mm + state->offset_mm;
            if (to->count >= to->capacity)
                return "carriage: no room for the radii";
            to->out[to->count++] = radius;
            state->least_mm = radius < state->least_mm ? radius : state->least_mm;
            state->most_mm = radius > state->most_mm ? radius : state->most_mm;
        }
        swing(state, settings, (next < until ? next : until) - state->frame);
    }
    return NULL;
}

static void take_step(struct carriage_state *state, const struct carriage_settings *settings)
{
    state->steps++;
    if (!state->enabled || state->frame < state->awake_frame) {
        state->lost++;
        return;
    }
    if (state->frame - state->step_frame < settings->min_frames)
        state->fast++;
    state->step_frame = state->frame;
    state->position += state->dir ? 1 : -1;

    const int64_t index = state->position % settings->microsteps;
    const double error = settings->error_mm[index < 0 ? index + settings->microsteps : index];
    const double before = state->command_mm;
    state->command_mm = settings->start_mm - ((double)state->position * settings->mm_per_step + error);
    state->offset_mm += before - state->command_mm;
}

static void switch_pin(struct carriage_state *state, const struct carriage_settings *settings, uint8_t gpio,
                       uint8_t level)
{
    if (gpio == settings->step.gpio) {
        const uint8_t high = level == settings->step.level;
        if (high && !state->step)
            take_step(state, settings);
        state->step = high;
    } else if (gpio == settings->dir.gpio) {
        state->dir = level == settings->dir.level;
    } else if (state->enabled != (level == settings->enable.level)) {
        state->enabled = !state->enabled;
        state->awake_frame = state->frame + settings->wake_frames;
    }
}

const char *carriage_run(struct carriage_state *state, const struct carriage_settings *settings, int64_t until_frame,
                         const struct edge_list *edges, double *radius_mm, size_t capacity, size_t *count)
{
    struct radii to = {radius_mm, capacity, 0};

    for (size_t e = 0; e < edges->count; e++) {
        const uint8_t gpio = edges->gpio[e];
        if (gpio != settings->step.gpio && gpio != settings->dir.gpio && gpio != settings->enable.gpio)
            continue;
        if (edges->frame[e] < state->frame || edges->frame[e] >= until_frame)
            return "carriage: the edges are not in time order, or not of these frames";
        const char *wrong = advance(state, settings, edges->frame[e], &to);
        if (wrong)
            return wrong;
        switch_pin(state, settings, gpio, edges->level[e]);
    }
    const char *wrong = advance(state, settings, until_frame, &to);
    *count = to.count;
    return wrong;
}

const char *lift_begin(struct lift_state *state, const struct lift_settings *settings, const uint8_t *levels)
{
    if (settings->lift.gpio >= GPIO_COUNT)
        return "lift: a pin is out of bounds";
    memset(state, 0, sizeof *state);
    state->down = levels[settings->lift.gpio] == settings->lift.level;
    state->depth = state->down ? 1.0 : 0.0;
    return NULL;
}

static void fall_or_rise(struct lift_state *state, const struct lift_settings *settings, int64_t frames)
{
    const double depth = state->depth + (double)frames * (state->down ? settings->fall : -settings->rise);

    state->depth = depth < 0.0 ? 0.0 : depth > 1.0 ? 1.0 : depth;
    state->frame += frames;
}

const char *lift_run(struct lift_state *state, const struct lift_settings *settings, int64_t until_frame,
                     const struct edge_list *edges, float *depth_um, size_t capacity, size_t *count)
{
    size_t e = 0;

    *count = 0;
    while (state->frame < until_frame) {
        if (state->frame % MOTION_FRAMES == 0) {
            if (*count >= capacity)
                return "lift: no room for the depths";
            depth_um[(*count)++] = (float)(state->depth * settings->depth_um);
        }
        int64_t end = state->frame - state->frame % MOTION_FRAMES + MOTION_FRAMES;
        while (e < edges->count && (edges->gpio[e] != settings->lift.gpio || edges->frame[e] <= state->frame)) {
            if (edges->gpio[e] == settings->lift.gpio)
                state->down = edges->level[e] == settings->lift.level;
            e++;
        }
        if (e < edges->count && edges->frame[e] < end)
            end = edges->frame[e];
        fall_or_rise(state, settings, (end < until_frame ? end : until_frame) - state->frame);
    }
    return NULL;
}
