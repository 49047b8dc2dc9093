/* Noise shaping: ideal edges become whole clocks, and what is lost is moved above the band that a disc holds.
 *
 * Error feedback of the fourth order, zeros where speech is (tools/design_modulator): with w the error that a word
 * makes against its target, the error against the ideal is w + sum h_i w(-i). All loops take four frames a round,
 * so that the past moves through registers and not by copying.
 */
#include "pwm_stages.h"
#include "pwm_table.h"

#define LARGEST_ERROR 1.0F /* clocks that a clamped word may hand on; more would wind up */

typedef float pair __attribute__((vector_size(8))); /* leg A, leg B */
typedef int32_t pair_counts __attribute__((vector_size(8)));
typedef uint32_t pair_words __attribute__((vector_size(8)));

STEP int32_t within(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

STEP float bounded(float error)
{
    return error < -LARGEST_ERROR ? -LARGEST_ERROR : error > LARGEST_ERROR ? LARGEST_ERROR : error;
}

struct legs_shaper {
    pair w[4];      /* errors of the last four words, in clocks, newest first */
    pair square[2]; /* (made - ideal)^2 of the last two */
    float middle, dither_bias, lean0, lean1, lean2;
    int32_t range;
    int64_t words_clamped;
};

_Static_assert(sizeof(pair[6]) == sizeof(float[PWM_ERRORS]), "the shaper's past fills the state's");

/* An edge that comes e clocks late is, to the ear, an impulse e at the edge's place, plus e^2/2 of first moment: the
 * derivative of white noise, which would fill the band at -116 dB of full scale (100 Hz-7 kHz). So the derivative of
 * that moment is fed back with the error itself: -134 dB. Three points, (3/2, -2, 1/2), the newest not yet known
 * when the target is set and so part of w. For pulses at the end a late edge is an early one: the sign turns. */
static void set_lean(struct legs_shaper *s, const struct pwm_settings *settings)
{
    const float lean = (settings->pulse_at == PULSE_AT_END ? -0.5F : 0.5F) / (float)settings->range;
    s->lean0 = 1.5F * lean;
    s->lean1 = -2.0F * lean;
    s->lean2 = 0.5F * lean;
}

STEP pair_counts clamp_words(struct legs_shaper *s, pair_counts clocks, pair target)
{
    for (int leg = 0; leg < 2; leg++) {
        clocks[leg] = within(clocks[leg], 1, s->range - 1);
        s->w[0][leg] = bounded((float)clocks[leg] - s->middle - target[leg]);
    }
    s->square[0] = (pair){0, 0};
    s->words_clamped++;
    return clocks;
}

STEP void shape_frame(struct legs_shaper *s, pair ideal, const float *dither, uint32_t *words)
{
    const pair target = ideal + SHAPE[0] * (s->w[0] + s->w[2]) + SHAPE[1] * s->w[1] + s->w[3] +
                        (s->lean1 * s->square[0] + s->lean2 * s->square[1]);
    pair wish;
    memcpy(&wish, dither, sizeof wish);
    wish += s->dither_bias;
    wish += target;
    pair_counts clocks = __builtin_convertvector(wish, pair_counts);
    const pair made = __builtin_convertvector(clocks, pair) - s->middle, late = made - ideal, square = late * late;
    s->w[3] = s->w[2];
    s->w[2] = s->w[1];
    s->w[1] = s->w[0];
    s->w[0] = made - target - s->lean0 * square;
    s->square[1] = s->square[0];
    s->square[0] = square;
    const pair_words beyond = (pair_words)((pair_words)clocks - 1U > (uint32_t)s->range - 2U);
    uint64_t any;
    memcpy(&any, &beyond, sizeof any);
    if (__builtin_expect(any != 0, 0))
        clocks = clamp_words(s, clocks, target);
    memcpy(words, &clocks, sizeof clocks);
}

void pwm_shape_legs(struct pwm_state *state, const struct wanted *wanted, size_t count, uint32_t *words)
{
    const float middle = 0.5F * (float)state->settings.range;
    struct legs_shaper s = {.middle = middle, .dither_bias = middle + 0.5F, .range = state->settings.range};
    set_lean(&s, &state->settings);
    memcpy(s.w, state->error, sizeof s.w);
    memcpy(s.square, state->error + 8, sizeof s.square);
    for (size_t i = 0; i < count; i += 4) {
        const float *const a = wanted->first + i, *const b = wanted->second + i, *const dither = wanted->dither + 2 * i;
        shape_frame(&s, (pair){a[0], b[0]}, dither, words + 2 * i);
        shape_frame(&s, (pair){a[1], b[1]}, dither + 2, words + 2 * i + 2);
        shape_frame(&s, (pair){a[2], b[2]}, dither + 4, words + 2 * i + 4);
        shape_frame(&s, (pair){a[3], b[3]}, dither + 6, words + 2 * i + 6);
    }
    memcpy(state->error, s.w, sizeof s.w);
    memcpy(state->error + 8, s.square, sizeof s.square);
    state->words_clamped += s.words_clamped;
}

struct width_shaper {
    float w[4];    /* errors of the width, newest first, in clocks */
    float lean[2]; /* errors of the sum of both legs */
    float dither_bias;
    int32_t range, widest;
    int64_t words_clamped;
};

/* The width's error is shaped by the fourth order. The sum of both legs should be `range`, or the pulse leans; it must
 * be as odd as width + range, so of all sums of that parity we take the one that keeps the lean, shaped by the second
 * order, out of the band ("parity balancing", field notes section 3.1, there of the first order). */
STEP void shape_sum(struct width_shaper *s, int32_t made, uint32_t *words)
{
    const float wish = s->lean[1] - 2 * s->lean[0];
    const int32_t odd = (made + s->range) & 1, room = s->widest - (made < 0 ? -made : made);
    int32_t spare = 2 * ((int32_t)((wish - (float)odd) * 0.5F + 8.5F) - 8) + odd;
    s->lean[1] = s->lean[0];
    s->lean[0] = (float)spare - wish;
    if (__builtin_expect(spare < -room || spare > room, 0)) {
        spare = within(spare, -room, room);
        s->lean[0] = bounded((float)spare - wish);
    }
    words[0] = (uint32_t)(s->range + spare + made) / 2;
    words[1] = (uint32_t)(s->range + spare - made) / 2;
}

STEP void shape_width(struct width_shaper *s, float ideal, float dither, uint32_t *words)
{
    const float target = ideal + SHAPE[0] * (s->w[0] + s->w[2]) + SHAPE[1] * s->w[1] + s->w[3];
    int32_t made = (int32_t)(target + (dither + s->dither_bias)) - s->range;
    s->w[3] = s->w[2];
    s->w[2] = s->w[1];
    s->w[1] = s->w[0];
    s->w[0] = (float)made - target;
    if (__builtin_expect(made < -s->widest || made > s->widest, 0)) {
        made = within(made, -s->widest, s->widest);
        s->w[0] = bounded((float)made - target);
        s->words_clamped++;
    }
    shape_sum(s, made, words);
}

void pwm_shape_width(struct pwm_state *state, const struct wanted *wanted, size_t count, uint32_t *words)
{
    const int32_t range = state->settings.range;
    struct width_shaper s = {.dither_bias = (float)range + 0.5F, .range = range, .widest = range - 2};
    memcpy(s.w, state->error, sizeof s.w);
    memcpy(s.lean, state->error + 4, sizeof s.lean);
    for (size_t i = 0; i < count; i += 4) {
        const float *const width = wanted->first + i, *const dither = wanted->dither + i;
        shape_width(&s, width[0], dither[0], words + 2 * i);
        shape_width(&s, width[1], dither[1], words + 2 * i + 2);
        shape_width(&s, width[2], dither[2], words + 2 * i + 4);
        shape_width(&s, width[3], dither[3], words + 2 * i + 6);
    }
    memcpy(state->error, s.w, sizeof s.w);
    memcpy(state->error + 4, s.lean, sizeof s.lean);
    state->words_clamped += s.words_clamped;
}
