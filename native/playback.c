#include "playback.h"

#include <math.h>
#include <stddef.h>

#define CHUNK 8 /* a fixed number at a time, so that the compiler may use vectors */

/* exp(-t) I_n(t) for n = 0..most by Miller's backward recurrence; its sum over all n is 1 (DLMF 10.35.1). */
static void gaussian(double t, size_t most, double *weight)
{
    double above = 0.0, here = 1e-280, sum = 0.0;
    for (size_t n = most; n > 0; n--) {
        weight[n] = here;
        sum += 2.0 * here;
        const double below = above + 2.0 * (double)n / t * here;
        above = here;
        here = below;
        if (here > 1e250) { /* keep the start, which is negligible by now, from ending in an overflow */
            for (size_t k = n; k <= most; k++)
                weight[k] *= 1e-250;
            above *= 1e-250;
            here *= 1e-250;
            sum *= 1e-250;
        }
    }
    weight[0] = here;
    sum += here;
    for (size_t n = 0; n <= most; n++)
        weight[n] /= sum;
}

const char *playback_wear(const struct stretch *groove, double *out_um)
{
    double weight[PLAYBACK_WINDOW + 1];
    for (size_t start = 0; start < groove->count; start += PLAYBACK_RUN) {
        const size_t left = groove->count - start, here = left < PLAYBACK_RUN ? left : PLAYBACK_RUN;
        const double t = groove->run[start / PLAYBACK_RUN];
        const double span = ceil(6.0 * sqrt(t)) + 4.0;
        const double *y = groove->y_um + groove->margin + start;
        if (!(t > 0.0 && span <= PLAYBACK_WINDOW))
            return "the groove is worn over more samples than the window holds";
        if (groove->margin < (size_t)span)
            return "too few neighbours were given for so worn a groove";
        gaussian(t, (size_t)span, weight);
        for (size_t i = 0; i < here; i++) {
            double sum = weight[0] * y[i];
            for (size_t k = 1; k <= (size_t)span; k++)
                sum += weight[k] * (y[i + k] + *(y + i - k));
            out_um[start + i] = sum;
        }
    }
    return NULL;
}

/* Cubic through the middle two of four knots (Catmull-Rom), as a polynomial in 0..1. */
static void cubic(const double *knot, double *c)
{
    c[0] = knot[1];
    c[1] = 0.5 * (knot[2] - knot[0]);
    c[2] = knot[0] - 2.5 * knot[1] + 2.0 * knot[2] - 0.5 * knot[3];
    c[3] = 0.5 * (knot[3] - knot[0]) + 1.5 * (knot[1] - knot[2]);
}

/* The kernel's two nearest rows, blended, on the RESAMPLE_TAPS samples around the position. */
static double interpolate(const double *kernel, const double *y, double fraction)
{
    const double phase = fraction * RESAMPLE_PHASES;
    const size_t row = (size_t)phase;
    const double blend = phase - (double)row;
    const double *a = kernel + row * RESAMPLE_TAPS, *b = a + RESAMPLE_TAPS;
    double low[CHUNK] = {0}, high[CHUNK] = {0};
    for (size_t k = 0; k < RESAMPLE_TAPS; k += CHUNK) {
        for (size_t j = 0; j < CHUNK; j++) {
            low[j] += a[k + j] * y[k + j];
            high[j] += b[k + j] * y[k + j];
        }
    }
    double sum_low = 0.0, sum_high = 0.0;
    for (size_t j = 0; j < CHUNK; j++) {
        sum_low += low[j];
        sum_high += high[j];
    }
    return sum_low + blend * (sum_high - sum_low);
}

const char *playback_resample(const double *kernel, const double *y_um, size_t count, const struct time_base *base,
                              double *out_um)
{
    const double most = (double)count - RESAMPLE_TAPS / 2;
    for (size_t s = 0; s + 3 < base->knots; s++) {
        double where[4], aside[4];
        cubic(base->position + s, where);
        cubic(base->lateral_um + s, aside);
        for (size_t i = 0; i < RESAMPLE_HOLD; i++) {
            const double d = (double)i / RESAMPLE_HOLD;
            const double at = where[0] + d * (where[1] + d * (where[2] + d * where[3]));
            if (!(at >= RESAMPLE_TAPS / 2 - 1 && at < most))
                return "the time base reads outside the samples given";
            const double whole = floor(at);
            const double *from = y_um + (size_t)whole - (RESAMPLE_TAPS / 2 - 1);
            out_um[s * RESAMPLE_HOLD + i] = interpolate(kernel, from, at - whole) +
                                           (aside[0] + d * (aside[1] + d * (aside[2] + d * aside[3])));
        }
    }
    return NULL;
}
