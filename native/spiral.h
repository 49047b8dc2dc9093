/* Where the turns of a side may lie: the innermost-travelling least spiral under demand and speed.
 *
 * A spiral is sampled at equal steps, `turn` of them to a turn. Lengths are in um of inward travel. demand[i] is what
 * must lie between sample i and the same angle one turn earlier; for the first turn (i < turn), which has only the
 * lead-in outside it, it is the least travel itself.
 */
#ifndef SPIRAL_H
#define SPIRAL_H

#include <stddef.h>

/* The least travel, sample by sample, that keeps 0 <= travel[i+1] - travel[i] <= step and every demand.
 * The rules are difference constraints, so every sample is least at once (computed for this project and checked
 * against a linear programme). O(count) for demands met in practice. */
const char *spiral_least(const double *demand, size_t count, size_t turn, double step, double *travel);

#endif
