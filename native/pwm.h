/* The modulator: samples of the drive at 50 kHz become the high times of both bridge legs at 200 kHz.
 *
 * Leg A is driven by (1+m)/2, leg B by (1-m)/2; the voltage between them, averaged, is m. Sample k given to pwm_run
 * is heard at output frame 4 (k + PWM_DELAY_SAMPLES): the naturally sampled pulses carry m(t) at exactly that time.
 * Give it |m| <= 0.96 (of 625 clocks): beyond, the noise shaper's own swing of some 10 clocks meets the frame's ends,
 * and at 0.98 the floor of 100 Hz-7 kHz rises from -134 to -94 dB of full scale.
 */
#ifndef AUDIOLETTER_PWM_H
#define AUDIOLETTER_PWM_H

#include <stddef.h>
#include <stdint.h>

#define PULSE_AT_START 0   /* the high time begins with the frame */
#define PULSE_AT_END 1     /* it ends with the frame */
#define PULSE_AT_UNKNOWN 2 /* either: corrected for both, at some cost in noise */

#define PWM_FRAMES_PER_SAMPLE 4
#define PWM_DELAY_SAMPLES 11
#define PWM_OLD_SAMPLES 19 /* the interpolator's 20 taps need these before the newest */
#define PWM_OLD_FRAMES 8   /* interpolated values before the newest four */
#define PWM_ERRORS 12
#define PWM_SENTENCE 64

struct pwm_settings {
    int32_t range;    /* PWM clocks in a frame */
    int32_t pulse_at; /* PULSE_AT_... */
    uint32_t seed;    /* of the dither: the same seed, the same words */
};

struct pwm_state {
    struct pwm_settings settings;
    float samples[PWM_OLD_SAMPLES];
    float frames[PWM_OLD_FRAMES];
    float error[PWM_ERRORS]; /* what the noise shaper still owes (pwm_shape.c) */
    uint32_t dither[4];
    int64_t samples_taken;
    int64_t samples_clamped; /* beyond +-1 */
    int64_t words_clamped;   /* frames that would have left 1 .. range-1 */
    char sentence[PWM_SENTENCE];
};

const char *pwm_begin(struct pwm_state *state, const struct pwm_settings *settings);

/* Four frames for each sample: 8 x count words A, B, A, B ... of high time in clocks, always 1 .. range-1. Any
 * division of the signal into calls gives the same words. A sample that is not a number is an error that changes
 * nothing; one beyond +-1 is clamped and counted. Silence gives equal legs on average. */
const char *pwm_run(struct pwm_state *state, const float *samples, size_t count, uint32_t *words);

/* The stages that can be judged apart; pwm_run adds dither and noise shaping, PWM_CHUNK_FRAMES frames at a time.
 *
 * pwm_interpolate: `samples` begins PWM_OLD_SAMPLES before the newest; four values for each of `count` samples, in
 * the middle of their frames. It works by fours of samples: both arrays have room up to the next multiple.
 * pwm_natural, pwm_centred: `frames` begins PWM_OLD_FRAMES before the newest; the result, `count` frames (a multiple
 * of four), lies one sample before the newest. pwm_natural gives each leg's edge in clocks from the middle of the
 * frame, for a known alignment; pwm_centred the differential width in clocks of one pulse about the middle. */
#define PWM_CHUNK_FRAMES 256
void pwm_interpolate(const float *samples, size_t count, float *frames);
void pwm_natural(const struct pwm_settings *settings, const float *frames, size_t count, float *leg_a, float *leg_b);
void pwm_centred(const struct pwm_settings *settings, const float *frames, size_t count, float *width);

#endif
