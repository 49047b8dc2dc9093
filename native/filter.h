/* Small recursive filters, streaming: in place; the caller owns coefficients and state.
 *
 * Biquads are y[i] = b0 x[i] + b1 x[i-1] + b2 x[i-2] - a1 y[i-1] - a2 y[i-2], in transposed direct form II, double
 * precision. State starts as zeros. Silence into rest gives silence; what is not a number is an error.
 */
#ifndef AUDIOLETTER_FILTER_H
#define AUDIOLETTER_FILTER_H

#include <stddef.h>

struct biquad {
    double b0, b1, b2, a1, a2;
};

struct biquad_state {
    double z1, z2;
};

/* `sections` biquads one after the other. */
const char *filter_biquads(const struct biquad *cascade, struct biquad_state *state, size_t sections, double *samples,
                           size_t count);

/* One pole whose corner moves: y += (1 - keep) (x - y), keep = exp(-2 pi f / rate), one value for `hold` samples. */
const char *filter_one_pole(double *state, const double *keep, size_t hold, double *samples, size_t count);

#endif
