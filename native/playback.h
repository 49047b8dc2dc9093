/* A stylus in a groove: wear, tracing by a sphere, and the turntable's time base.
 *
 * All lengths in um, all signals double precision, stateless: the caller gives the neighbours that an output needs
 * (`margin` samples before the first and after the last). Groove speed changes so slowly that PLAYBACK_RUN samples
 * share one value; `step_um` is the groove length of one sample, speed / rate.
 */
#ifndef AUDIOLETTER_PLAYBACK_H
#define AUDIOLETTER_PLAYBACK_H

#include <stddef.h>

/* Samples that share one groove speed (2.6 ms at 50 kHz); neighbours each side that the slope of a sample needs; most
 * neighbours each side that a tip or a worn wall may reach. */
#define PLAYBACK_RUN 128
#define PLAYBACK_REACH 12
#define PLAYBACK_WINDOW 512
/* Taps of the interpolation kernel; its rows between two samples (one more row closes the last); output samples between
 * two knots of the time base. */
#define RESAMPLE_TAPS 32
#define RESAMPLE_PHASES 1024
#define RESAMPLE_HOLD 24

struct stylus {
    double radius_um;                 /* of the spherical tip */
    double slope[PLAYBACK_REACH + 1]; /* maximally flat derivative filters, filled by stylus_begin */
    double bend[PLAYBACK_REACH + 1];
};

const char *stylus_begin(struct stylus *stylus, double radius_um);

/* A stretch of groove: y_um[margin + i] lies under output i; `run` holds one value for PLAYBACK_RUN outputs. */
struct stretch {
    const double *y_um;
    size_t margin;
    size_t count;
    const double *run;
};

/* Where the platter and the carriage are at knots RESAMPLE_HOLD outputs apart, cubic in between: `position` in samples
 * from the first one given, `lateral_um` of the carriage. Output 0 lies at knot 1; (knots - 3) * RESAMPLE_HOLD outputs. */
struct time_base {
    const double *position;
    const double *lateral_um;
    size_t knots;
};

/* Lateral position of a sphere in a 90-degree V groove: the midpoint of its contacts with both walls,
 * Y = (max(e(u) + y) - max(e(u) - y)) / 2 over u, e = sqrt(2 (radius^2 - u^2)); `run` is the groove length of one sample
 * in um. The margin is PLAYBACK_REACH and at least 4, or 2 + radius / step, more; the latter no more than
 * PLAYBACK_WINDOW. A straight groove is followed exactly, silence gives silence. */
const char *playback_trace(const struct stylus *stylus, const struct stretch *groove, double *out_um);

/* A wall worn smooth: convolution with a Gaussian of variance `run` (in samples squared), in its discrete form
 * exp(-t) I_n(t), which keeps a constant exactly and adds up over plays. The margin is at least 6 sigma + 4 samples, no
 * more than PLAYBACK_WINDOW. */
const char *playback_wear(const struct stretch *groove, double *out_um);

/* Reads the `count` samples at `y_um` where the time base says, and adds the carriage. `kernel` has
 * RESAMPLE_PHASES + 1 rows of RESAMPLE_TAPS. */
const char *playback_resample(const double *kernel, const double *y_um, size_t count, const struct time_base *base,
                              double *out_um);

#endif
