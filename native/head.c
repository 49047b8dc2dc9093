/* The head: exact response to the pulse edges, then one displacement in HEAD_FRAMES frames.
 *
 * The circuit is linear and the bridge gives +V, 0 or -V, so the state after a frame is the state's own motion plus
 * what each leg's pulse leaves, looked up by its width. That is exact to rounding: no step of integration is made.
 */
#include "physics.h"

#include <math.h>
#include <string.h>

#define CHUNK 1024 /* frames between decimations */
#define HISTORY (HEAD_TAPS - 1)
#define HALF (HEAD_TAPS / 2)
/* After long silence a state would decay into subnormal numbers, which are slow: below FAINT it is nothing. */
#define FAINT 1e-30
#define INAUDIBLE_UM 1e-20 /* what comes out is the same whenever that was noticed */

struct samples {
    float *out;
    size_t capacity;
    size_t count;
};

const char *head_begin(struct head_state *state, const struct head_settings *settings, const uint8_t *levels)
{
    if (settings->range < 1 || settings->bridge.gpio >= GPIO_COUNT || settings->lift.gpio >= GPIO_COUNT)
        return "head: the range or a pin is out of bounds";
    memset(state, 0, sizeof *state);
    state->bridge = levels[settings->bridge.gpio] == settings->bridge.level;
    state->down = levels[settings->lift.gpio] == settings->lift.level;
    return NULL;
}

/* Two doubles at a time, in the vectors of GNU C that gcc and clang know on every machine: twice as fast as plain C.
 * Loops over them are written out, since gcc -O2 keeps the state in memory otherwise. */
typedef double pair __attribute__((vector_size(16)));

static inline pair load(const double *from)
{
    pair v;

    memcpy(&v, from, sizeof v);
    return v;
}

static inline pair both(double value)
{
    return (pair){value, value};
}

/* Every state of the frame before, each twice. */
struct before {
    pair x0, x1, x2, x3, x4;
};

/* Two states after a frame: their rows of the own motion, and what the pulses of the two legs leave. */
static inline pair after(const struct before *x, const double *own, const double *left, const double *right)
{
    const pair even = load(own) * x->x0 + load(own + HEAD_ROW) * x->x1;
    const pair odd = load(own + 2 * HEAD_ROW) * x->x2 + load(own + 3 * HEAD_ROW) * x->x3;

    return (even + odd) + (load(own + 4 * HEAD_ROW) * x->x4 + (load(left) - load(right)));
}

/* Displacement at the start of each frame into `line`, state carried on to the end of the last one. */
static void move(double *restrict x, const double *restrict own, int32_t range, const uint16_t *restrict words,
                 size_t frames, double *restrict line)
{
    const double *pulse = own + HEAD_STATES * HEAD_ROW;
    const uint16_t most = (uint16_t)range;
    pair low = load(x), mid = load(x + 2), top = load(x + 4);

    for (size_t f = 0; f < frames; f++) {
        const uint16_t a = words[2 * f] < most ? words[2 * f] : most;
        const uint16_t b = words[2 * f + 1] < most ? words[2 * f + 1] : most;
        const double *left = pulse + (size_t)a * HEAD_ROW;
        const double *right = pulse + (size_t)b * HEAD_ROW;
        const struct before was = {both(low[0]), both(low[1]), both(mid[0]), both(mid[1]), both(top[0])};

        line[f] = low[0];
        low = after(&was, own, left, right);
        mid = after(&was, own + 2, left + 2, right + 2);
        top = after(&was, own + 4, left + 4, right + 4);
    }
    memcpy(x, &low, sizeof low);
    memcpy(x + 2, &mid, sizeof mid);
    memcpy(x + 4, &top, sizeof top);
}

/* The same with the bridge off: no voltage drives the filter. */
static void coast(double *restrict x, const double *restrict own, size_t frames, double *restrict line)
{
    for (size_t f = 0; f < frames; f++) {
        double next[HEAD_ROW] = {0};

        line[f] = x[0];
        for (int j = 0; j < HEAD_STATES; j++)
            for (int k = 0; k < HEAD_ROW; k++)
                next[k] += own[j * HEAD_ROW + k] * x[j];
        memcpy(x, next, sizeof next);
    }
}

static double filtered(const double *restrict from, const double *restrict taps)
{
    pair even = both(0.0), odd = both(0.0);
    int k = 0;

    for (; k + 4 <= HEAD_TAPS; k += 4) {
        even += load(taps + k) * load(from + k);
        odd += load(taps + k + 2) * load(from + k + 2);
    }
    for (; k < HEAD_TAPS; k++)
        even[0] += taps[k] * from[k];
    even += odd;
    return even[0] + even[1];
}

/* Samples that `line` completes; line[HISTORY] is the displacement at `first_frame`. */
static const char *thin(struct head_state *state, const struct head_settings *settings, const double *line,
                        size_t frames, struct samples *to)
{
    const int64_t end = state->frame + (int64_t)frames;
    int64_t due = state->frame - HALF; /* the first frame whose window was not complete before */

    due = due <= 0 ? 0 : (due + HEAD_FRAMES - 1) / HEAD_FRAMES * HEAD_FRAMES;
    for (; due + HALF < end; due += HEAD_FRAMES) {
        const double y = filtered(line + HISTORY - HALF + (due - state->frame), settings->taps);
        if (to->count >= to->capacity)
            return "head: no room for the samples";
        if (fabs(y) > state->peak_um)
            state->peak_um = fabs(y);
        to->out[to->count++] = fabs(y) < INAUDIBLE_UM ? 0.0f : (float)y;
    }
    return NULL;
}

static void forget_faint(double *x)
{
    double most = 0.0;

    for (int k = 0; k < HEAD_STATES; k++)
        most = fabs(x[k]) > most ? fabs(x[k]) : most;
    if (most < FAINT)
        memset(x, 0, HEAD_ROW * sizeof *x);
}

static const char *advance(struct head_state *state, const struct head_settings *settings, const uint16_t *words,
                           size_t frames, struct samples *to)
{
    const double *own = state->down ? settings->cutting : settings->air;
    double line[HISTORY + CHUNK];

    while (frames > 0) {
        const size_t n = frames < CHUNK ? frames : CHUNK;
        memcpy(line, state->recent, sizeof state->recent);
        forget_faint(state->x);
        if (state->bridge)
            move(state->x, own, settings->range, words, n, line + HISTORY);
        else
            coast(state->x, own, n, line + HISTORY);
        const char *wrong = thin(state, settings, line, n, to);
        if (wrong)
            return wrong;
        memcpy(state->recent, line + n, sizeof state->recent);
        state->frame += (int64_t)n;
        words += 2 * n;
        frames -= n;
    }
    return NULL;
}

const char *head_run(struct head_state *state, const struct head_settings *settings, const uint16_t *words,
                     size_t frames, const struct edge_list *edges, float *displacement_um, size_t capacity,
                     size_t *count)
{
    const int64_t first = state->frame;
    struct samples to = {displacement_um, capacity, 0};

    for (size_t e = 0; e < edges->count; e++) {
        const uint8_t gpio = edges->gpio[e];
        if (gpio != settings->bridge.gpio && gpio != settings->lift.gpio)
            continue;
        if (edges->frame[e] < state->frame || edges->frame[e] >= first + (int64_t)frames)
            return "head: the edges are not in time order, or not of these frames";
        const char *wrong = advance(state, settings, words + 2 * (state->frame - first),
                                    (size_t)(edges->frame[e] - state->frame), &to);
        if (wrong)
            return wrong;
        if (gpio == settings->bridge.gpio)
            state->bridge = edges->level[e] == settings->bridge.level;
        if (gpio == settings->lift.gpio)
            state->down = edges->level[e] == settings->lift.level;
    }
    const size_t done = (size_t)(state->frame - first);
    const char *wrong = advance(state, settings, words + 2 * done, frames - done, &to);
    *count = to.count;
    return wrong;
}
