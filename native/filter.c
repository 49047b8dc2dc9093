#include "filter.h"

#include <math.h>

const char *filter_biquads(const struct biquad *cascade, struct biquad_state *state, size_t sections, double *samples,
                           size_t count)
{
    for (size_t s = 0; s < sections; s++) {
        const struct biquad c = cascade[s];
        double z1 = state[s].z1, z2 = state[s].z2;
        for (size_t i = 0; i < count; i++) {
            const double x = samples[i];
            const double y = c.b0 * x + z1;
            z1 = c.b1 * x - c.a1 * y + z2;
            z2 = c.b2 * x - c.a2 * y;
            samples[i] = y;
        }
        /* One look at the end is enough: what is not a number stays in the state. */
        if (!isfinite(z1) || !isfinite(z2))
            return "the signal to be filtered is not a number somewhere, or the filter is unstable";
        state[s].z1 = z1;
        state[s].z2 = z2;
    }
    return NULL;
}

const char *filter_one_pole(double *state, const double *keep, size_t hold, double *samples, size_t count)
{
    double y = *state;
    if (hold == 0)
        return "a coefficient must hold for at least one sample";
    for (size_t i = 0; i < count; i++) {
        const double x = samples[i];
        y = x + keep[i / hold] * (y - x);
        samples[i] = y;
    }
    if (!isfinite(y))
        return "the signal to be filtered is not a number somewhere, or the filter is unstable";
    *state = y;
    return NULL;
}
