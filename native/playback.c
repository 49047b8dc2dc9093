#include "playback.h"

#include <math.h>
#include <stddef.h>

#define ROOT2 1.41421356237309504880
#define VERTICAL 1e12 /* slope of the tip's profile at and beyond its equator */
#define PATCH (PLAYBACK_RUN + 2 * PLAYBACK_WINDOW + 2)
#define CHUNK 8         /* a fixed number at a time, so that the compiler may use vectors */
#define LEAST_SPAN 4.0  /* a patch is never smaller than a chunk */
#define CLOSE 1e-3      /* of a cell: the top of a parabola there is the top */
#define MOST_TURNS 40   /* of Newton's method, kept between brackets; two do for any sound */

/* Slope and second difference of every sample, per sample and per sample squared. */
struct patch {
    const double *y;
    double slope[PATCH + CHUNK];
    double bend[PATCH + CHUNK];
};

/* The tip over one run: profile slopes at the sample points, and how far it can touch. */
struct tip {
    double radius2;
    double step;
    double sharp; /* sqrt(2) radius^2 / step: the profile's bend is -sharp (step / root)^3 */
    ptrdiff_t reach;
    double slope[2 * PLAYBACK_WINDOW + 1];
    double bend[2 * PLAYBACK_WINDOW + 1];
};

/* One wall over one sample: side +1 or -1, `at` the index in the patch of the sample under the tip. */
struct wall {
    const struct patch *patch;
    const struct tip *tip;
    size_t at;
    double side;
};

const char *stylus_begin(struct stylus *stylus, double radius_um)
{
    if (!(radius_um > 0.0 && radius_um <= 1000.0))
        return "the stylus radius must be above 0 and at most 1000 um";
    stylus->radius_um = radius_um;
    /* Central differences of the highest order that 2 m + 1 points allow (Fornberg 1988, closed form of the central
     * weights): a_k = (-1)^(k+1) m!^2 / ((m-k)! (m+k)!), slope a_k / k, second difference 2 a_k / k^2. */
    double a = -1.0;
    stylus->slope[0] = 0.0;
    stylus->bend[0] = 0.0;
    for (int k = 1; k <= PLAYBACK_REACH; k++) {
        a *= -(double)(PLAYBACK_REACH - k + 1) / (double)(PLAYBACK_REACH + k);
        stylus->slope[k] = a / k;
        stylus->bend[k] = 2.0 * a / ((double)k * k);
        stylus->bend[0] -= 2.0 * stylus->bend[k];
    }
    return NULL;
}

/* Fills the patch for points y[-before .. count - before - 1]. */
static void measure(const struct stylus *stylus, const double *y, size_t before, size_t count, struct patch *patch)
{
    const double *from = y - before;
    patch->y = from;
    for (size_t i = 0; i < count; i += CHUNK) {
        /* The last chunk ends where the points end, so that nothing past the margin is read. */
        const size_t at = i + CHUNK <= count ? i : count - CHUNK;
        double slope[CHUNK] = {0}, bend[CHUNK];
        for (size_t j = 0; j < CHUNK; j++)
            bend[j] = stylus->bend[0] * from[at + j];
        for (size_t k = 1; k <= PLAYBACK_REACH; k++) {
            const double *left = from + at - k, *right = from + at + k;
            const double c1 = stylus->slope[k], c2 = stylus->bend[k];
            for (size_t j = 0; j < CHUNK; j++) {
                slope[j] += c1 * (right[j] - left[j]);
                bend[j] += c2 * (right[j] + left[j]);
            }
        }
        for (size_t j = 0; j < CHUNK; j++) {
            patch->slope[at + j] = slope[j];
            patch->bend[at + j] = bend[j];
        }
    }
}

/* The tip touches where its profile's slope is the wall's, so no farther out than where it is the steepest wall's. */
static void shape_tip(struct tip *tip, double radius, double step, double steepest, ptrdiff_t most)
{
    const double s = steepest / step;
    const double touch = radius * s / sqrt(2.0 + s * s) / step;
    tip->radius2 = radius * radius;
    tip->step = step;
    tip->sharp = ROOT2 * tip->radius2 / step;
    tip->reach = (ptrdiff_t)touch + 1 < most ? (ptrdiff_t)touch + 1 : most;
    for (ptrdiff_t k = -tip->reach; k <= tip->reach; k++) {
        const double u = (double)k * step, q2 = tip->radius2 - u * u;
        const size_t j = (size_t)(k + tip->reach);
        if (q2 > 0.0) {
            const double inverse = step / sqrt(q2);
            tip->slope[j] = -ROOT2 * u * inverse;
            tip->bend[j] = -tip->sharp * inverse * inverse * inverse;
        } else {
            tip->slope[j] = k > 0 ? -VERTICAL : VERTICAL;
            tip->bend[j] = -VERTICAL;
        }
    }
}

/* First guess of where in 0..1 the slope falls through zero: one Newton step, from the chord, on the cubic that has the
 * slopes `left`, `right` and the bends of both ends. */
static double guess(const struct wall *w, ptrdiff_t k, double left, double right)
{
    const size_t l = (size_t)((ptrdiff_t)w->at + k), j = (size_t)(k + w->tip->reach);
    const double b0 = w->tip->bend[j] + w->side * w->patch->bend[l];
    const double b1 = w->tip->bend[j + 1] + w->side * w->patch->bend[l + 1];
    const double fall = left - right, chord = left / fall;
    const double c2 = -3.0 * fall - 2.0 * b0 - b1, c3 = 2.0 * fall + b0 + b1;
    const double slope = left + chord * (b0 + chord * (c2 + chord * c3));
    const double bend = b0 + chord * (2.0 * c2 + chord * 3.0 * c3);
    const double better = chord - slope / bend;
    return better > 0.0 && better < 1.0 ? better : chord;
}

/* Greatest height of tip plus wall between points k and k + 1, between which its slope falls from `left` to `right`
 * through zero. The wall is the quintic that has the points' values, slopes and second differences: twice continuously
 * differentiable from cell to cell, so a contact that changes cells makes no step. */
static double contact(const struct wall *w, ptrdiff_t k, double left, double right)
{
    const struct patch *p = w->patch;
    const struct tip *tip = w->tip;
    const size_t l = (size_t)((ptrdiff_t)w->at + k), r = l + 1;
    const double y0 = w->side * p->y[l], s0 = w->side * p->slope[l], c0 = 0.5 * w->side * p->bend[l];
    const double rise = w->side * p->y[r] - (y0 + s0 + c0);
    const double tilt = w->side * p->slope[r] - (s0 + 2.0 * c0);
    const double turn = w->side * p->bend[r] - 2.0 * c0;
    const double a3 = 10.0 * rise - 4.0 * tilt + 0.5 * turn;
    const double a4 = -15.0 * rise + 7.0 * tilt - turn;
    const double a5 = 6.0 * rise - 3.0 * tilt + 0.5 * turn;
    double lo = 0.0, hi = 1.0, d = guess(w, k, left, right), height = -HUGE_VAL;
    for (int turns = 0; turns < MOST_TURNS; turns++) {
        const double u = ((double)k + d) * tip->step, q2 = tip->radius2 - u * u;
        if (!(q2 > 0.0)) { /* beyond the equator: back towards the middle of the tip */
            *(u > 0.0 ? &hi : &lo) = d;
            d = 0.5 * (lo + hi);
            continue;
        }
        const double root = sqrt(q2), inverse = tip->step / root;
        const double slope =
            s0 + d * (2.0 * c0 + d * (3.0 * a3 + d * (4.0 * a4 + d * 5.0 * a5))) - ROOT2 * u * inverse;
        const double bend = 2.0 * c0 + d * (6.0 * a3 + d * (12.0 * a4 + d * 20.0 * a5)) -
                            tip->sharp * inverse * inverse * inverse;
        const double move = bend < 0.0 ? -slope / bend : 2.0;
        height = ROOT2 * root + y0 + d * (s0 + d * (c0 + d * (a3 + d * (a4 + d * a5))));
        /* At `move` from its top a parabola lacks slope * move / 2; what is left is of third order. */
        if (fabs(move) < CLOSE)
            return height + 0.5 * slope * move;
        *(slope > 0.0 ? &lo : &hi) = d;
        d = d + move > lo && d + move < hi ? d + move : 0.5 * (lo + hi);
    }
    return height;
}

/* Height of the tip over one wall: the highest of the contacts in reach. */
static double highest(const struct wall *w)
{
    const struct tip *tip = w->tip;
    const double *slope = w->patch->slope + w->at - (size_t)tip->reach;
    double best = -HUGE_VAL;
    double left = tip->slope[0] + w->side * slope[0];
    for (ptrdiff_t k = -tip->reach; k < tip->reach; k++) {
        const size_t j = (size_t)(k + tip->reach + 1);
        const double right = tip->slope[j] + w->side * slope[j];
        if (left > 0.0 && right <= 0.0) {
            const double height = contact(w, k, left, right);
            best = height > best ? height : best;
        }
        left = right;
    }
    return best;
}

/* One run of at most PLAYBACK_RUN samples at y, with `side` neighbours to be touched each side. */
static const char *trace_run(const struct stylus *stylus, const double *y, size_t side, double step, double *out,
                             size_t count)
{
    struct patch patch;
    struct tip tip;
    double steepest = 0.0, sum = 0.0;
    measure(stylus, y, side, count + 2 * side, &patch);
    for (size_t i = 0; i < count + 2 * side; i++) {
        const double slope = fabs(patch.slope[i]);
        steepest = slope > steepest ? slope : steepest;
        sum += slope;
    }
    if (!isfinite(sum))
        return "the groove's displacement is not a number somewhere";
    shape_tip(&tip, stylus->radius_um, step, steepest, (ptrdiff_t)side);
    for (size_t i = 0; i < count; i++) {
        const struct wall outer = {&patch, &tip, side + i, 1.0}, inner = {&patch, &tip, side + i, -1.0};
        out[i] = 0.5 * (highest(&outer) - highest(&inner));
    }
    return NULL;
}

const char *playback_trace(const struct stylus *stylus, const struct stretch *groove, double *out_um)
{
    for (size_t start = 0; start < groove->count; start += PLAYBACK_RUN) {
        const size_t left = groove->count - start, here = left < PLAYBACK_RUN ? left : PLAYBACK_RUN;
        const double step = groove->run[start / PLAYBACK_RUN];
        const double span = fmax(ceil(stylus->radius_um / step) + 1.0, LEAST_SPAN);
        if (!(step > 0.0 && span <= PLAYBACK_WINDOW))
            return "the groove is too slow for so large a stylus";
        if (groove->margin < (size_t)span + PLAYBACK_REACH)
            return "too few neighbours were given for so large a stylus";
        const char *fault =
            trace_run(stylus, groove->y_um + groove->margin + start, (size_t)span, step, out_um + start, here);
        if (fault)
            return fault;
    }
    return NULL;
}

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
