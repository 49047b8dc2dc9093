/* The platter: what turns the disc when the driver steps its currents through a table.
 *
 *   J w' = Kt [ib cos(p th) - ia sin(p th)] - Kd sin(4 p th + phi) - c w - drag + cd (wd - w),   Jd wd' = cd (w - wd)
 *   di/dt = (table - i) / rise
 *
 * The currents are followed exactly from edge to edge; the mechanics, in steps of 100 us, see their exact mean over
 * the step. (Snapping edges to such a grid would fake flutter.) Position is drifted half a step, the torque taken there,
 * the two speeds carried over by their exact exponential, and position drifted the other half: second order, and with
 * no error of its own in the mean speed.
 */
#include "physics.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

struct angles {
    double *out;
    size_t capacity;
    size_t count;
};

const char *platter_begin(struct platter_state *state, const struct platter_settings *settings, const uint8_t *levels)
{
    if (settings->steps_per_cycle < 4)
        return "platter: fewer than four steps in an electrical turn";
    if (settings->step.gpio >= GPIO_COUNT || settings->dir.gpio >= GPIO_COUNT || settings->enable.gpio >= GPIO_COUNT)
        return "platter: a pin is out of bounds";
    memset(state, 0, sizeof *state);
    state->random = settings->seed;
    state->stall_frame = -1;
    state->step = levels[settings->step.gpio] == settings->step.level;
    state->dir = levels[settings->dir.gpio] == settings->dir.level;
    state->enabled = levels[settings->enable.gpio] == settings->enable.level;
    state->awake_frame = settings->wake_frames;
    return NULL;
}

/* One draw of near-Gaussian noise of unit variance: four 16-bit uniforms of a SplitMix64 generator. */
static double draw(uint64_t *random)
{
    uint64_t z = *random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    const uint64_t sum = (z & 0xffff) + (z >> 16 & 0xffff) + (z >> 32 & 0xffff) + (z >> 48);
    return ((double)sum - 2.0 * 65535.0) * (1.7320508075688772 / 65536.0);
}

/* How far the rotor is behind its command, in electrical radians; pi is the crest from which it slips a pole. */
static void watch_lag(struct platter_state *state, const struct platter_settings *settings)
{
    const double cycles = (double)state->position / settings->steps_per_cycle;
    const double lag = fabs(2.0 * PI * cycles - settings->electrical * state->angle_rad - state->lead_rad);

    if (lag > state->max_lag_rad)
        state->max_lag_rad = lag;
    if (lag > PI && state->stall_frame < 0)
        state->stall_frame = state->frame;
}

/* Current comes on: the rotor is drawn to the nearest pole, and lag counts from there. */
static void wake(struct platter_state *state, const struct platter_settings *settings)
{
    const double cycles = (double)state->position / settings->steps_per_cycle;
    const double turns = cycles - settings->electrical * state->angle_rad / (2.0 * PI);

    state->lead_rad = 2.0 * PI * round(turns);
    state->awake = 1;
}

static void integrate(struct platter_state *state, const struct platter_settings *settings)
{
    const double h = settings->step_s;
    const double middle = state->angle_rad + 0.5 * h * state->speed_rad_s;
    const double s1 = sin(settings->electrical * middle), c1 = cos(settings->electrical * middle);
    const double s2 = 2.0 * s1 * c1, c2 = 1.0 - 2.0 * s1 * s1;
    const double s4 = 2.0 * s2 * c2, c4 = 1.0 - 2.0 * s2 * s2;
    const double ia = state->charge[0] / PLATTER_STEP_FRAMES, ib = state->charge[1] / PLATTER_STEP_FRAMES;
    const double w = state->speed_rad_s, damper = state->damper_rad_s;
    const double keep = settings->noise_keep;

    state->noise = keep * state->noise + sqrt(1.0 - keep * keep) * draw(&state->random);
    const double drag =
        settings->friction_nm + settings->drag_nm * cos(middle) + settings->noise_nm * state->noise + state->load_nm;
    const double sense = w / sqrt(w * w + settings->creep_rad_s * settings->creep_rad_s);
    const double torque = settings->torque_nm * (ib * c1 - ia * s1) -
                          settings->detent_nm * (s4 * settings->detent_cos + c4 * settings->detent_sin) - drag * sense;

    state->speed_rad_s = settings->own[0][0] * w + settings->own[0][1] * damper + settings->own[0][2] * torque;
    state->damper_rad_s = settings->own[1][0] * w + settings->own[1][1] * damper + settings->own[1][2] * torque;
    state->angle_rad = middle + 0.5 * h * state->speed_rad_s;
    state->charge[0] = state->charge[1] = 0.0;
    if (state->awake)
        watch_lag(state, settings);
}

/* Currents over `n` frames in which nothing switches, none beyond the next step of integration. */
static void flow(struct platter_state *state, const struct platter_settings *settings, int64_t n)
{
    const int64_t index = state->position % settings->steps_per_cycle;
    const double *table = settings->currents + 2 * (index < 0 ? index + settings->steps_per_cycle : index);
    const double left = settings->decay[n];

    for (int phase = 0; phase < 2; phase++) {
        const double target = state->awake ? table[phase] : 0.0;
        const double error = state->current[phase] - target;
        state->charge[phase] += target * (double)n + error * settings->rise_frames * (1.0 - left);
        state->current[phase] = target + error * left;
    }
}

static const char *advance(struct platter_state *state, const struct platter_settings *settings, int64_t until,
                           struct angles *to)
{
    while (state->frame < until) {
        if (state->frame % MOTION_FRAMES == 0) {
            if (to->count >= to->capacity)
                return "platter: no room for the angles";
            to->out[to->count++] = state->angle_rad;
        }
        if (state->enabled && !state->awake && state->frame >= state->awake_frame)
            wake(state, settings);
        int64_t end = state->frame - state->frame % PLATTER_STEP_FRAMES + PLATTER_STEP_FRAMES;
        end = end < until ? end : until;
        if (state->enabled && !state->awake && state->awake_frame < end)
            end = state->awake_frame;
        flow(state, settings, end - state->frame);
        state->frame = end;
        if (end % PLATTER_STEP_FRAMES == 0)
            integrate(state, settings);
    }
    return NULL;
}

static void switch_pin(struct platter_state *state, const struct platter_settings *settings, uint8_t gpio,
                       uint8_t level)
{
    if (gpio == settings->step.gpio) {
        const uint8_t high = level == settings->step.level;
        if (high && !state->step) {
            state->position += state->dir ? 1 : -1;
            state->steps++;
        }
        state->step = high;
    } else if (gpio == settings->dir.gpio) {
        state->dir = level == settings->dir.level;
    } else if (state->enabled != (level == settings->enable.level)) {
        state->enabled = !state->enabled;
        state->awake = 0;
        state->awake_frame = state->frame + settings->wake_frames;
    }
}

const char *platter_run(struct platter_state *state, const struct platter_settings *settings, int64_t until_frame,
                        const struct edge_list *edges, double *angle_rad, size_t capacity, size_t *count)
{
    struct angles to = {angle_rad, capacity, 0};

    for (size_t e = 0; e < edges->count; e++) {
        const uint8_t gpio = edges->gpio[e];
        if (gpio != settings->step.gpio && gpio != settings->dir.gpio && gpio != settings->enable.gpio)
            continue;
        if (edges->frame[e] < state->frame || edges->frame[e] >= until_frame)
            return "platter: the edges are not in time order, or not of these frames";
        const char *wrong = advance(state, settings, edges->frame[e], &to);
        if (wrong)
            return wrong;
        switch_pin(state, settings, gpio, edges->level[e]);
    }
    const char *wrong = advance(state, settings, until_frame, &to);
    *count = to.count;
    return wrong;
}
