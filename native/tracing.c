#include "playback.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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
    double lo = 0.0, hi = 1.0, d = left / (left - right), height = -HUGE_VAL;
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

/* CHUNK contacts side by side, each between two points of its wall: heights, slopes and bends of the wall there, slopes
 * and bends of wall and tip together, the first point's place under the tip; and what `climb` finds. */
struct climbers {
    double y0[CHUNK], s0[CHUNK], c0[CHUNK], y1[CHUNK], s1[CHUNK], c1[CHUNK];
    double left[CHUNK], right[CHUNK], b0[CHUNK], b1[CHUNK], from[CHUNK];
    double d[CHUNK], inside[CHUNK], move[CHUNK], height[CHUNK];
};

/* The contact of one sample, if there is but one: fills place `j`. */
static bool place(const struct wall *w, struct climbers *c, size_t j)
{
    const struct tip *tip = w->tip;
    const double *slope = w->patch->slope + w->at - (size_t)tip->reach;
    const double *bend = w->patch->bend + w->at - (size_t)tip->reach;
    const double *y = w->patch->y + w->at - (size_t)tip->reach;
    const size_t cells = 2 * (size_t)tip->reach;
    size_t found = 0, cell = 0;
    for (size_t k = 0; k < cells; k++) {
        if (tip->slope[k] + w->side * slope[k] > 0.0 && tip->slope[k + 1] + w->side * slope[k + 1] <= 0.0) {
            cell = k;
            found++;
        }
    }
    c->y0[j] = w->side * y[cell];
    c->s0[j] = w->side * slope[cell];
    c->c0[j] = w->side * bend[cell];
    c->y1[j] = w->side * y[cell + 1];
    c->s1[j] = w->side * slope[cell + 1];
    c->c1[j] = w->side * bend[cell + 1];
    c->left[j] = tip->slope[cell] + c->s0[j];
    c->right[j] = tip->slope[cell + 1] + c->s1[j];
    c->b0[j] = tip->bend[cell] + c->c0[j];
    c->b1[j] = tip->bend[cell + 1] + c->c1[j];
    c->from[j] = (double)cell - (double)tip->reach;
    return found == 1;
}

/* `contact` without its search: from the chord one Newton step on the cubic that has both ends' slopes and bends, then
 * one look at the true height. Enough for any sound; whoever lands too far from the top is sent to `contact`. */
static void climb(struct climbers *c, const struct tip *tip)
{
    const double step = tip->step, radius2 = tip->radius2, sharp = tip->sharp;
    for (size_t j = 0; j < CHUNK; j++) {
        const double fall = c->left[j] - c->right[j], chord = c->left[j] / fall;
        const double g2 = -3.0 * fall - 2.0 * c->b0[j] - c->b1[j], g3 = 2.0 * fall + c->b0[j] + c->b1[j];
        const double rough = c->left[j] + chord * (c->b0[j] + chord * (g2 + chord * g3));
        const double d = chord - rough / (c->b0[j] + chord * (2.0 * g2 + chord * 3.0 * g3));
        const double y0 = c->y0[j], s0 = c->s0[j], c0 = 0.5 * c->c0[j];
        const double rise = c->y1[j] - (y0 + s0 + c0), tilt = c->s1[j] - (s0 + 2.0 * c0), turn = c->c1[j] - 2.0 * c0;
        const double a3 = 10.0 * rise - 4.0 * tilt + 0.5 * turn;
        const double a4 = -15.0 * rise + 7.0 * tilt - turn;
        const double a5 = 6.0 * rise - 3.0 * tilt + 0.5 * turn;
        const double u = (c->from[j] + d) * step, q2 = radius2 - u * u;
        const double root = sqrt(q2), inverse = step / root;
        const double slope =
            s0 + d * (2.0 * c0 + d * (3.0 * a3 + d * (4.0 * a4 + d * 5.0 * a5))) - ROOT2 * u * inverse;
        const double bend =
            2.0 * c0 + d * (6.0 * a3 + d * (12.0 * a4 + d * 20.0 * a5)) - sharp * inverse * inverse * inverse;
        const double move = -slope / bend;
        c->d[j] = d;
        c->inside[j] = q2;
        c->move[j] = move;
        c->height[j] = ROOT2 * root + y0 + d * (s0 + d * (c0 + d * (a3 + d * (a4 + d * a5)))) + 0.5 * slope * move;
    }
}

/* Adds `share` times the height over one wall (side as in `wall`) to CHUNK outputs, the first over sample `at`. */
static void add_heights(const struct wall *first, double share, double *out)
{
    struct climbers c;
    bool alone[CHUNK];
    struct wall w = *first;
    for (size_t j = 0; j < CHUNK; j++, w.at++)
        alone[j] = place(&w, &c, j);
    climb(&c, w.tip);
    w.at = first->at;
    for (size_t j = 0; j < CHUNK; j++, w.at++) {
        const bool there = alone[j] && c.d[j] >= 0.0 && c.d[j] <= 1.0 && c.inside[j] > 0.0 && fabs(c.move[j]) < CLOSE;
        out[j] += share * (there ? c.height[j] : highest(&w));
    }
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
    memset(out, 0, count * sizeof *out);
    for (int inner = 0; inner < 2; inner++) {
        struct wall wall = {&patch, &tip, side, inner ? -1.0 : 1.0};
        size_t i = 0;
        for (; i + CHUNK <= count; i += CHUNK, wall.at += CHUNK)
            add_heights(&wall, 0.5 * wall.side, out + i);
        for (; i < count; i++, wall.at++)
            out[i] += 0.5 * wall.side * highest(&wall);
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
