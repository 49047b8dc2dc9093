/* What the modulator's stages share; nothing outside pwm*.c needs it.
 *
 * Vectors are the compiler's own (GCC and Clang, any processor): four frames or two legs go through one operation,
 * and since no operation is fused or reordered, every machine makes the same words bit by bit.
 */
#ifndef AUDIOLETTER_PWM_STAGES_H
#define AUDIOLETTER_PWM_STAGES_H

#include "pwm.h"

#include <string.h>

/* The inner loops' steps: a call would send their state through memory, and cost more than the step. */
#define STEP static inline __attribute__((always_inline))

typedef float four __attribute__((vector_size(16)));

/* Four floats at any address. */
static inline four load_four(const float *from)
{
    four lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

static inline void store_four(float *to, four lanes)
{
    memcpy(to, &lanes, sizeof lanes);
}

/* What the noise shapers take: ideals and dither in clocks, for as many frames as a chunk may have. */
struct wanted {
    float first[PWM_CHUNK_FRAMES];      /* leg A's edge from the middle of the frame; or the differential width */
    float second[PWM_CHUNK_FRAMES];     /* leg B's */
    float dither[2 * PWM_CHUNK_FRAMES]; /* legs in turn; of a width, one for each frame */
};

/* Ideals to words, for both legs apart or for one width; `count` frames, a multiple of four. */
void pwm_shape_legs(struct pwm_state *state, const struct wanted *wanted, size_t count, uint32_t *words);
void pwm_shape_width(struct pwm_state *state, const struct wanted *wanted, size_t count, uint32_t *words);

#endif
