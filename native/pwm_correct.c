/* Correction of the pulse-width nonlinearity: from values in the middle of each frame to ideal edges.
 *
 * A pulse that starts with frame k and lasts d carries x exactly when d = (1 + x(k + d)) / 2 (natural sampling); one
 * that ends with the frame when d = (1 + x(k + 1 - d)) / 2. Measured from the middle, s = d - 1/2, both are fixed
 * points of g(s) = x(k + 1/2 + s) / 2: start s = g(s), end s = g(-s), and for leg B, driven by -x, s = -g(s) and
 * s = -g(-s). So two roots serve both alignments: with P = g(P) and N = -g(N), pulses at the start are (P, N) and
 * pulses at the end (-N, -P).
 */
#include "pwm_stages.h"
#include "pwm_table.h"

struct polynomial {
    four a0, a1, a2, a3, a4;
};

STEP struct polynomial half_of_x(const float *middle)
{
    const four x = load_four(middle);
    const four after1 = load_four(middle + 1), before1 = load_four(middle - 1);
    const four after2 = load_four(middle + 2), before2 = load_four(middle - 2);
    const four after3 = load_four(middle + 3), before3 = load_four(middle - 3);
    const four odd1 = after1 - before1, odd2 = after2 - before2, odd3 = after3 - before3;
    const four even1 = after1 + before1, even2 = after2 + before2, even3 = after3 + before3;
    return (struct polynomial){
        .a0 = 0.5F * x,
        .a1 = SLOPE[0][0] * odd1 + SLOPE[0][1] * odd2 + SLOPE[0][2] * odd3,
        .a2 = BEND[0][0] * x + BEND[0][1] * even1 + BEND[0][2] * even2 + BEND[0][3] * even3,
        .a3 = SLOPE[1][0] * odd1 + SLOPE[1][1] * odd2 + SLOPE[1][2] * odd3,
        .a4 = BEND[1][0] * x + BEND[1][1] * even1 + BEND[1][2] * even2 + BEND[1][3] * even3,
    };
}

STEP four nearer(const struct polynomial *p, four gain, four s)
{
    return gain * (p->a0 + s * s * (p->a2 + s * (p->a3 + s * p->a4)));
}

/* The root of s = gain (a0 + a2 s^2 + a3 s^3 + a4 s^4), where gain is what a1 s has become. Three rounds, each of
 * which leaves |x''| s / 2 of the error: -150 dB for 5 kHz at full scale, -108 dB for 16 kHz. */
STEP four fixed_point(const struct polynomial *p, four gain)
{
    return nearer(p, gain, nearer(p, gain, nearer(p, gain, gain * p->a0)));
}

void pwm_natural(const struct pwm_settings *settings, const float *frames, size_t count, float *leg_a, float *leg_b)
{
    const float range = (float)settings->range;
    const int at_end = settings->pulse_at == PULSE_AT_END;
    float *const positive = at_end ? leg_b : leg_a;
    float *const negative = at_end ? leg_a : leg_b;
    const float clocks = at_end ? -range : range;
    for (size_t i = 0; i < count; i += 4) {
        const struct polynomial p = half_of_x(frames + 4 + i);
        store_four(positive + i, clocks * fixed_point(&p, 1.0F / (1.0F - p.a1)));
        store_four(negative + i, clocks * fixed_point(&p, -1.0F / (1.0F + p.a1)));
    }
}

/* Second difference accurate to the fourth order, per frame squared. */
STEP four bend_of(const float *middle)
{
    return (4.0F / 3.0F) * (load_four(middle + 1) + load_four(middle - 1)) -
           (1.0F / 12.0F) * (load_four(middle + 2) + load_four(middle - 2)) - 2.5F * load_four(middle);
}

/* A pulse of width y about the middle of its frame carries y + (y^3)''/24 + (y^5)''''/1920 + ...; this inverts it.
 * Which leg's edge is where in the frame does not matter: the pair's pulse is symmetrical for both alignments. */
void pwm_centred(const struct pwm_settings *settings, const float *frames, size_t count, float *width)
{
    float cube[PWM_CHUNK_FRAMES + PWM_OLD_FRAMES], fifth[PWM_CHUNK_FRAMES + PWM_OLD_FRAMES];
    float excess[PWM_CHUNK_FRAMES + PWM_OLD_FRAMES];
    const size_t all = count + PWM_OLD_FRAMES;
    for (size_t i = 0; i < all; i += 4) {
        const four x = load_four(frames + i);
        store_four(cube + i, x * x * x);
        store_four(fifth + i, x * x * x * (x * x));
    }
    for (size_t i = 2; i < all - 2; i += 4) {
        const four y = load_four(frames + i) - (1.0F / 24.0F) * bend_of(cube + i);
        store_four(excess + i, (1.0F / 24.0F) * (y * y * y) + (1.0F / 1920.0F) * bend_of(fifth + i));
    }
    for (size_t i = 0; i < count; i += 4)
        store_four(width + i, (float)settings->range * (load_four(frames + 4 + i) - bend_of(excess + 4 + i)));
}
