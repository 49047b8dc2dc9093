/* The land between two neighbouring turns of a finished groove, at the full rate of its sound. */
#ifndef AUDIOLETTER_LAND_H
#define AUDIOLETTER_LAND_H

#include <stddef.h>

/* A stretch of `knots` times `each` samples of the inner turn, and the part of the outer turn that passed the same
 * angles. Between knots, position and land are straight lines. */
struct neighbours {
    const float *inner_um;
    const float *outer_um;
    size_t outer_count;
    const double *position; /* [knots + 1]: where in outer_um the angle of the knot's sample was passed */
    const double *land_um;  /* [knots + 1]: land without the sound */
    size_t knots;
    size_t each;
};

/* Least land of the stretch, the outer turn interpolated by the cubic through four samples. An error if a position
 * has no sample before it or less than two after it. */
const char *land_least(const struct neighbours *turns, double *least_um);

#endif
