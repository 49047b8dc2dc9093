/* The tightest spiral as a quadratic programme with a banded normal matrix, by Mehrotra's predictor and corrector.
 *
 * Rules, one row each, all of the form value >= bound:
 *   demand    travel here - travel one turn before >= demand        (first turn: travel >= demand)
 *   speed     0 <= difference of neighbouring coefficients <= step  (two rows; sufficient for the spline's slope)
 *   bend      |second difference| <= bend                           (two rows; exact, the curvature is linear between)
 * A row of demand touches four coefficients here and four a turn before: the matrix has a band of one turn of knots.
 */
#include "spiral.h"

#include <math.h>
#include <string.h>

#define MOST_ITERATIONS 60
#define ENOUGH 5e-4   /* of the travel: the gap at which to stop */
#define EXACT_UM 1e-3 /* residuals at which to stop */
#define ROWS_HELD 6

struct tight {
    const struct spiral_problem *is;
    size_t intervals, unknowns, rows, turn, band; /* turn in knots; band: columns left of the diagonal */
    double *c, *step, *gradient, *matrix;
    double *slack, *force, *slack_step, *force_step, *miss, *spare; /* by row */
};

static size_t knot_of(const struct tight *t, size_t node)
{
    size_t knot = node / t->is->per_knot;
    return knot < t->intervals ? knot : t->intervals - 1;
}

static double along(const double *basis, const double *c)
{
    return basis[0] * c[0] + basis[1] * c[1] + basis[2] * c[2] + basis[3] * c[3];
}

/* The left sides of all rows for coefficients c. */
static void row_values(const struct tight *t, const double *c, double *out)
{
    const size_t n = t->unknowns;

    for (size_t i = 0; i < t->is->nodes; i++) {
        const size_t knot = knot_of(t, i);
        const double *basis = t->is->basis + 4 * (i - knot * t->is->per_knot);
        *out++ = along(basis, c + knot) - (knot < t->turn ? 0.0 : along(basis, c + knot - t->turn));
    }
    for (size_t j = 0; j + 1 < n; j++) {
        *out++ = c[j + 1] - c[j];
        *out++ = c[j] - c[j + 1];
    }
    for (size_t j = 0; j + 2 < n; j++) {
        const double bend = c[j + 2] - 2.0 * c[j + 1] + c[j];
        *out++ = bend;
        *out++ = -bend;
    }
}

static void spread(const double *basis, double weight, double *to)
{
    for (size_t k = 0; k < 4; k++)
        to[k] += weight * basis[k];
}

/* Adds to `out` what row values `v` pull at each coefficient: the transpose of row_values. */
static void row_pulls(const struct tight *t, const double *v, double *out)
{
    const size_t n = t->unknowns;

    for (size_t i = 0; i < t->is->nodes; i++, v++) {
        const size_t knot = knot_of(t, i);
        const double *basis = t->is->basis + 4 * (i - knot * t->is->per_knot);
        spread(basis, *v, out + knot);
        if (knot >= t->turn)
            spread(basis, -*v, out + knot - t->turn);
    }
    for (size_t j = 0; j + 1 < n; j++, v += 2) {
        out[j + 1] += v[0] - v[1];
        out[j] -= v[0] - v[1];
    }
    for (size_t j = 0; j + 2 < n; j++, v += 2) {
        const double pull = v[0] - v[1];
        out[j] += pull;
        out[j + 1] -= 2.0 * pull;
        out[j + 2] += pull;
    }
}

static double row_bound(const struct tight *t, size_t row)
{
    if (row < t->is->nodes)
        return t->is->demand[row];
    row -= t->is->nodes;
    if (row < 2 * (t->unknowns - 1))
        return row % 2 == 0 ? 0.0 : -t->is->step;
    return -t->is->bend;
}

/* Gradient of: travel at the last node + penalty / 2 * squared third differences. */
static void cost_gradient(const struct tight *t, double *out)
{
    const double *c = t->c;

    memset(out, 0, t->unknowns * sizeof *out);
    spread(t->is->basis + 4 * t->is->per_knot, 1.0, out + t->intervals - 1);
    for (size_t j = 0; j + 3 < t->unknowns; j++) {
        const double third = t->is->penalty * (c[j + 3] - 3.0 * c[j + 2] + 3.0 * c[j + 1] - c[j]);
        out[j] -= third;
        out[j + 1] += 3.0 * third;
        out[j + 2] -= 3.0 * third;
        out[j + 3] += third;
    }
}

/* Row i of the lower band holds columns i - band .. i. */
static double *entry(const struct tight *t, size_t row, size_t column)
{
    return t->matrix + row * (t->band + 1) + (column + t->band - row);
}

static void add_outer(const struct tight *t, size_t first, const double *stencil, size_t length, double weight)
{
    for (size_t a = 0; a < length; a++)
        for (size_t b = 0; b <= a; b++)
            *entry(t, first + a, first + b) += weight * stencil[a] * stencil[b];
}

/* The demand rows of one interval: a block at (knot, knot), one a turn before, and their product. */
static void add_interval(const struct tight *t, size_t knot, const double *weights, size_t count)
{
    double block[4][4] = {{0.0}};

    for (size_t p = 0; p < count; p++) {
        const double *basis = t->is->basis + 4 * p;
        for (size_t a = 0; a < 4; a++)
            for (size_t b = 0; b < 4; b++)
                block[a][b] += weights[p] * basis[a] * basis[b];
    }
    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b <= a; b++)
            *entry(t, knot + a, knot + b) += block[a][b];
        if (knot < t->turn)
            continue;
        for (size_t b = 0; b <= a; b++)
            *entry(t, knot - t->turn + a, knot - t->turn + b) += block[a][b];
        for (size_t b = 0; b < 4; b++)
            *entry(t, knot + a, knot - t->turn + b) -= block[a][b];
    }
}

/* Second derivatives of cost and barrier; `weights` is force / slack by row. */
static void fill_matrix(const struct tight *t, const double *weights)
{
    static const double first[2] = {-1.0, 1.0}, second[3] = {1.0, -2.0, 1.0}, third[4] = {-1.0, 3.0, -3.0, 1.0};
    const size_t q = t->is->per_knot, n = t->unknowns;

    memset(t->matrix, 0, n * (t->band + 1) * sizeof *t->matrix);
    for (size_t knot = 0; knot < t->intervals; knot++)
        add_interval(t, knot, weights + knot * q, q + (knot + 1 == t->intervals));
    weights += t->is->nodes;
    for (size_t j = 0; j + 1 < n; j++, weights += 2)
        add_outer(t, j, first, 2, weights[0] + weights[1]);
    for (size_t j = 0; j + 2 < n; j++, weights += 2)
        add_outer(t, j, second, 3, weights[0] + weights[1]);
    for (size_t j = 0; j + 3 < n; j++)
        add_outer(t, j, third, 4, t->is->penalty);
    for (size_t j = 0; j < n; j++)
        *entry(t, j, j) += 1e-11;
}

/* Four sums side by side: one alone would wait for each addition. */
static double dot(const double *a, const double *b, size_t n)
{
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    size_t k = 0;

    for (; k + 4 <= n; k += 4) {
        s0 += a[k] * b[k];
        s1 += a[k + 1] * b[k + 1];
        s2 += a[k + 2] * b[k + 2];
        s3 += a[k + 3] * b[k + 3];
    }
    for (; k < n; k++)
        s0 += a[k] * b[k];
    return (s0 + s1) + (s2 + s3);
}

/* Cholesky in place; the diagonal is kept as its reciprocal. */
static int factor(const struct tight *t)
{
    for (size_t i = 0; i < t->unknowns; i++) {
        const size_t left = i > t->band ? i - t->band : 0;
        for (size_t j = left; j < i; j++)
            *entry(t, i, j) = (*entry(t, i, j) - dot(entry(t, i, left), entry(t, j, left), j - left)) * *entry(t, j, j);
        const double rest = *entry(t, i, i) - dot(entry(t, i, left), entry(t, i, left), i - left);
        if (!(rest > 0.0))
            return 0;
        *entry(t, i, i) = 1.0 / sqrt(rest);
    }
    return 1;
}

static void solve(const struct tight *t, double *x)
{
    for (size_t i = 0; i < t->unknowns; i++) {
        const size_t left = i > t->band ? i - t->band : 0;
        x[i] = (x[i] - dot(entry(t, i, left), x + left, i - left)) * *entry(t, i, i);
    }
    for (size_t i = t->unknowns; i-- > 0;) {
        const size_t left = i > t->band ? i - t->band : 0;
        const double *row = entry(t, i, left);
        x[i] *= *entry(t, i, i);
        for (size_t j = left; j < i; j++)
            x[j] -= x[i] * row[j - left];
    }
}

/* One Newton step towards slack * force = target, `target` by row in t->spare; overwrites it. */
static void newton(const struct tight *t)
{
    double *pull = t->slack_step; /* not yet needed */

    for (size_t r = 0; r < t->rows; r++)
        pull[r] = (t->spare[r] - t->force[r] * t->miss[r]) / t->slack[r];
    for (size_t j = 0; j < t->unknowns; j++)
        t->step[j] = -t->gradient[j];
    row_pulls(t, pull, t->step);
    solve(t, t->step);
    row_values(t, t->step, t->slack_step);
    for (size_t r = 0; r < t->rows; r++) {
        t->slack_step[r] += t->miss[r];
        t->force_step[r] = (t->spare[r] - t->force[r] * t->slack_step[r]) / t->slack[r];
    }
}

/* The longest step, at most 1, that leaves every value positive. */
static double longest(const double *value, const double *step, size_t n)
{
    double most = 1.0;

    for (size_t i = 0; i < n; i++)
        if (step[i] < 0.0 && -value[i] > most * step[i])
            most = -value[i] / step[i];
    return most;
}

/* Residuals of the present point; true if it is good enough. */
static int residuals(const struct tight *t, struct spiral_report *report)
{
    double worst = 0.0, lean = 0.0;

    report->gap_um = 0.0;
    row_values(t, t->c, t->miss);
    for (size_t r = 0; r < t->rows; r++) {
        t->miss[r] -= row_bound(t, r) + t->slack[r];
        worst = fmax(worst, fabs(t->miss[r]));
        report->gap_um += t->slack[r] * t->force[r];
        t->spare[r] = -t->force[r];
    }
    cost_gradient(t, t->gradient);
    row_pulls(t, t->spare, t->gradient);
    for (size_t j = 0; j < t->unknowns; j++)
        lean = fmax(lean, fabs(t->gradient[j]));
    report->miss_um = worst;
    const double end = along(t->is->basis + 4 * t->is->per_knot, t->c + t->intervals - 1);
    return report->gap_um < ENOUGH * end && worst < EXACT_UM && lean < EXACT_UM;
}

/* Predictor, corrector and the step itself. */
static void advance(const struct tight *t, double gap_um)
{
    const double mean = gap_um / (double)t->rows;
    double after = 0.0;

    for (size_t r = 0; r < t->rows; r++)
        t->spare[r] = -t->slack[r] * t->force[r];
    newton(t);
    const double ahead = longest(t->slack, t->slack_step, t->rows), up = longest(t->force, t->force_step, t->rows);
    for (size_t r = 0; r < t->rows; r++)
        after += (t->slack[r] + ahead * t->slack_step[r]) * (t->force[r] + up * t->force_step[r]);
    const double hope = after / gap_um, aim = hope * hope * hope * mean;
    for (size_t r = 0; r < t->rows; r++)
        t->spare[r] = aim - t->slack[r] * t->force[r] - t->slack_step[r] * t->force_step[r];
    newton(t);
    const double length = 0.99 * fmin(longest(t->slack, t->slack_step, t->rows),
                                      longest(t->force, t->force_step, t->rows));
    for (size_t j = 0; j < t->unknowns; j++)
        t->c[j] += length * t->step[j];
    for (size_t r = 0; r < t->rows; r++) {
        t->slack[r] += length * t->slack_step[r];
        t->force[r] += length * t->force_step[r];
    }
}

static struct tight shape(const struct spiral_problem *problem)
{
    struct tight t = {.is = problem};

    if (problem->per_knot == 0 || problem->turn == 0 || problem->turn % problem->per_knot != 0 || problem->nodes == 0 ||
        (problem->nodes - 1) % problem->per_knot != 0)
        return t;
    t.intervals = (problem->nodes - 1) / problem->per_knot;
    t.turn = problem->turn / problem->per_knot;
    if (t.turn < 4 || t.intervals < 2 * t.turn)
        return t;
    t.unknowns = t.intervals + 3;
    t.band = t.turn + 3;
    t.rows = problem->nodes + 2 * (t.unknowns - 1) + 2 * (t.unknowns - 2);
    return t;
}

size_t spiral_work(const struct spiral_problem *problem)
{
    const struct tight t = shape(problem);

    return t.unknowns * (t.band + 3) + ROWS_HELD * t.rows;
}

static void lay_in(struct tight *t, double *coefficients, double *work)
{
    double **by_row[ROWS_HELD] = {&t->slack, &t->force, &t->slack_step, &t->force_step, &t->miss, &t->spare};

    t->c = coefficients;
    t->step = work;
    t->gradient = t->step + t->unknowns;
    t->matrix = t->gradient + t->unknowns;
    work = t->matrix + t->unknowns * (t->band + 1);
    for (size_t k = 0; k < ROWS_HELD; k++, work += t->rows)
        *by_row[k] = work;
}

/* A first point well inside every rule: what the guess leaves, but never less than a little room. */
static void begin(const struct tight *t)
{
    const size_t speed_from = t->is->nodes, bend_from = speed_from + 2 * (t->unknowns - 1);

    row_values(t, t->c, t->slack);
    for (size_t r = 0; r < t->rows; r++) {
        const double room = r < speed_from ? 2.0 : 0.02 * (r < bend_from ? t->is->step : t->is->bend);
        t->slack[r] = fmax(t->slack[r] - row_bound(t, r), room);
        t->force[r] = 0.3 / t->slack[r];
    }
}

const char *spiral_tighten(const struct spiral_problem *problem, double *coefficients, double *work, size_t capacity,
                           struct spiral_report *report)
{
    struct tight t = shape(problem);

    if (t.unknowns == 0)
        return "a spiral of this shape cannot be tightened";
    if (capacity < spiral_work(problem))
        return "too little work space to tighten the spiral";
    lay_in(&t, coefficients, work);
    begin(&t);
    for (report->iterations = 0; report->iterations < MOST_ITERATIONS; report->iterations++) {
        report->converged = residuals(&t, report);
        if (report->converged)
            break;
        for (size_t r = 0; r < t.rows; r++)
            t.spare[r] = t.force[r] / t.slack[r];
        fill_matrix(&t, t.spare);
        if (!factor(&t))
            break;
        advance(&t, report->gap_um);
    }
    return NULL;
}
