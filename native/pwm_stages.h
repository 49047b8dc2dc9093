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

/* Noise shapers: targets and dither in clocks to words, for legs apart and for one width; frames by fours. */
void pwm_shape_legs(struct pwm_state *state, const float *leg_a, const float *leg_b, const float *dither, size_t count,
                    uint32_t *words);
void pwm_shape_width(struct pwm_state *state, const float *width, const float *dither, size_t count, uint32_t *words);

#endif
