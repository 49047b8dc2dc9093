/* The modulator's way from sample to word: check, interpolate, correct, dither, shape. */
#include "pwm_stages.h"
#include "pwm_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define CHUNK_SAMPLES (PWM_CHUNK_FRAMES / PWM_FRAMES_PER_SAMPLE)
#define LEAST_RANGE 32   /* fewer clocks than this leave the shaper no room */
#define MOST_RANGE 65535 /* clocks stay exact in single precision, and fit the trace's 16 bits */

typedef uint32_t four_words __attribute__((vector_size(16)));
typedef int32_t four_counts __attribute__((vector_size(16)));

/* One round of a 32-bit mixing function (Murmur3's finaliser): seeds that differ by 1 give unlike streams. */
static uint32_t mixed(uint32_t value)
{
    value = (value ^ (value >> 16)) * 0x85EBCA6BU;
    value = (value ^ (value >> 13)) * 0xC2B2AE35U;
    return value ^ (value >> 16);
}

const char *pwm_begin(struct pwm_state *state, const struct pwm_settings *settings)
{
    if (settings->range < LEAST_RANGE || settings->range > MOST_RANGE)
        return "the PWM range must be 32 to 65535 clocks";
    if (settings->pulse_at < PULSE_AT_START || settings->pulse_at > PULSE_AT_UNKNOWN)
        return "the pulse alignment must be start, end or unknown";
    memset(state, 0, sizeof *state);
    state->settings = *settings;
    for (uint32_t lane = 0; lane < 4; lane++) {
        const uint32_t start = mixed(settings->seed + 0x9E3779B9U * (lane + 1));
        state->dither[lane] = start ? start : 1; /* a shift register of zeros stands still */
    }
    return NULL;
}

/* Triangular dither, one clock from end to end, mean exactly zero: the sum of both halves of a xorshift word. */
static void make_dither(struct pwm_state *state, size_t count, float *dither)
{
    four_words word;
    memcpy(&word, state->dither, sizeof word);
    for (size_t i = 0; i < count; i += 4) {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        const four_counts sum = (four_counts)((word >> 16) + (word & 0xFFFFU)) - 0xFFFF;
        store_four(dither + i, __builtin_convertvector(sum, four) * (1.0F / 131072.0F));
    }
    memcpy(state->dither, &word, sizeof word);
}

static const char *find_no_number(struct pwm_state *state, const float *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(samples[i])) {
            snprintf(state->sentence, sizeof state->sentence, "sample %" PRId64 " is not a number",
                     state->samples_taken + (int64_t)i);
            return state->sentence;
        }
    }
    return NULL;
}

/* Whether every sample is within +-1; one that is not a number is not. */
static int all_within_one(const float *samples, size_t count)
{
    int within = 1;
    for (size_t i = 0; i < count; i++)
        within &= fabsf(samples[i]) <= 1.0F;
    return within;
}

static void clamp(struct pwm_state *state, float *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fabsf(samples[i]) > 1.0F) {
            samples[i] = copysignf(1.0F, samples[i]);
            state->samples_clamped++;
        }
    }
}

/* The values after each of four samples; named, not indexed, so that they stay in registers. */
struct after {
    four first, second, third, fourth;
};

/* Adds one tap's share. */
STEP void add_tap(struct after *after, const float *samples, size_t tap)
{
    const four weights = load_four(INTERPOLATOR[tap]), values = load_four(samples + tap);
    after->first += weights * values[0];
    after->second += weights * values[1];
    after->third += weights * values[2];
    after->fourth += weights * values[3];
}

void pwm_interpolate(const float *samples, size_t count, float *frames)
{
    for (size_t done = 0; done < count; done += 4) {
        struct after after = {{0}, {0}, {0}, {0}};
        for (size_t tap = 0; tap <= PWM_OLD_SAMPLES; tap += 4) {
            add_tap(&after, samples + done, tap);
            add_tap(&after, samples + done, tap + 1);
            add_tap(&after, samples + done, tap + 2);
            add_tap(&after, samples + done, tap + 3);
        }
        store_four(frames + 4 * done, after.first);
        store_four(frames + 4 * done + 4, after.second);
        store_four(frames + 4 * done + 8, after.third);
        store_four(frames + 4 * done + 12, after.fourth);
    }
}

static void run_chunk(struct pwm_state *state, const float *samples, size_t count, uint32_t *words)
{
    float window[PWM_OLD_SAMPLES + CHUNK_SAMPLES] = {0}, frames[PWM_OLD_FRAMES + PWM_CHUNK_FRAMES];
    struct wanted wanted;
    const size_t made = count * PWM_FRAMES_PER_SAMPLE;
    memcpy(window, state->samples, sizeof state->samples);
    memcpy(window + PWM_OLD_SAMPLES, samples, count * sizeof *samples);
    if (!all_within_one(samples, count))
        clamp(state, window + PWM_OLD_SAMPLES, count);
    memcpy(frames, state->frames, sizeof state->frames);
    pwm_interpolate(window, count, frames + PWM_OLD_FRAMES);
    memcpy(state->samples, window + count, sizeof state->samples);
    memcpy(state->frames, frames + made, sizeof state->frames);
    if (state->settings.pulse_at == PULSE_AT_UNKNOWN) {
        make_dither(state, made, wanted.dither);
        pwm_centred(&state->settings, frames, made, wanted.first);
        pwm_shape_width(state, &wanted, made, words);
    } else {
        make_dither(state, 2 * made, wanted.dither);
        pwm_natural(&state->settings, frames, made, wanted.first, wanted.second);
        pwm_shape_legs(state, &wanted, made, words);
    }
    state->samples_taken += (int64_t)count;
}

const char *pwm_run(struct pwm_state *state, const float *samples, size_t count, uint32_t *words)
{
    const char *sentence = all_within_one(samples, count) ? NULL : find_no_number(state, samples, count);
    if (sentence)
        return sentence;
    for (size_t done = 0; done < count;) {
        const size_t part = count - done < CHUNK_SAMPLES ? count - done : CHUNK_SAMPLES;
        run_chunk(state, samples + done, part, words + done * 2 * PWM_FRAMES_PER_SAMPLE);
        done += part;
    }
    return NULL;
}
