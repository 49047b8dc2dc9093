/* Where the turns of a side may lie: the tightest spiral under what the sound demands and the carriage can do.
 *
 * Lengths are in um of inward travel. demand[i] is what must lie between node i and the same angle one turn earlier;
 * in the first turn (i < turn), which has only the lead-in outside it, it is the least travel itself.
 */
#ifndef SPIRAL_H
#define SPIRAL_H

#include <stddef.h>
#include <stdint.h>

/* The least travel, node by node, that keeps 0 <= travel[i+1] - travel[i] <= step and every demand, acceleration
 * unbounded. The rules are difference constraints, so every node is least at once (computed for this project and
 * checked against a linear programme). O(count) for demands met in practice. */
const char *spiral_least(const double *demand, size_t count, size_t turn, double step, double *travel);

/* The tightest smooth spiral: a uniform cubic B-spline with a knot every `per_knot` nodes, node 0 on the first knot and
 * the last node on the last. Its travel at node i = J per_knot + p is sum over k of basis[p][k] coefficient[J + k]. */
struct spiral_problem {
    const double *demand; /* [nodes] */
    const double *basis;  /* [per_knot + 1][4] */
    size_t nodes;         /* intervals * per_knot + 1 */
    size_t turn;          /* nodes to a turn, a multiple of per_knot */
    size_t per_knot;
    double step;    /* most travel from knot to knot */
    double bend;    /* most change of that */
    double penalty; /* on the squared third differences: keeps the feed below what is heard (per um) */
};

struct spiral_report {
    int32_t iterations;
    int32_t converged;
    double gap_um;  /* travel at the end above the optimum, at most */
    double miss_um; /* of the worst rule */
};

/* Doubles of work space that spiral_tighten needs; 0 if the problem has no shape it can solve (two turns at least). */
size_t spiral_work(const struct spiral_problem *problem);

/* Improve `coefficients` [nodes / per_knot + 3] from a good guess to the optimum, by a primal-dual interior point. */
const char *spiral_tighten(const struct spiral_problem *problem, double *coefficients, double *work, size_t capacity,
                           struct spiral_report *report);

#endif
