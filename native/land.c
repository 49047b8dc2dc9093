#include "land.h"

#include <math.h>

/* Catmull and Rom's cubic through y[0], its slopes from the neighbours, at 0 <= u < 1. */
static double cubic(const float *y, double u)
{
    const double a = y[-1], b = y[0], c = y[1], d = y[2];

    return b + u * (0.5 * (c - a) + u * (a - 2.5 * b + 2.0 * c - 0.5 * d + u * (0.5 * (d - a) + 1.5 * (b - c))));
}

const char *land_least(const struct neighbours *turns, double *least_um)
{
    const double most = (double)turns->outer_count - 2.0;
    double least = INFINITY;

    for (size_t k = 0; k < turns->knots; k++) {
        const double from = turns->position[k], to = turns->position[k + 1];
        const double move = (to - from) / (double)turns->each;
        const double widen = (turns->land_um[k + 1] - turns->land_um[k]) / (double)turns->each;
        const float *inner = turns->inner_um + k * turns->each;

        if (!(from >= 1.0 && from < most && to >= 1.0 && to < most))
            return "land: a turn has no neighbour at this angle";
        for (size_t i = 0; i < turns->each; i++) {
            const double at = from + move * (double)i;
            const size_t whole = (size_t)at;
            const double outer = cubic(turns->outer_um + whole, at - (double)whole);
            const double land = turns->land_um[k] + widen * (double)i + outer - inner[i];
            least = land < least ? land : least;
        }
    }
    *least_um = least;
    return NULL;
}
