/* Coming to rest from any motion, within limits of acceleration and jerk (motion.h). */
#include "motion.h"
#include "wide.h"

#include <math.h>

/* A jerk-limited stop: the acceleration goes straight from `accel` to -peak, stays, and goes straight to zero. */
struct halt {
    double accel;
    double peak;
    int64_t frames[3];
};

/* `halt` with its frames as given and the peak that ends at speed zero; how far it passes its limits (1: to them). */
static double fit_peak(struct halt *halt, double speed, double most, double jerk)
{
    double first = (double)halt->frames[0], last = (double)halt->frames[2];
    halt->peak = (speed + halt->accel * first / 2) / (first / 2 + (double)halt->frames[1] + last / 2);
    double bend = fabs(halt->accel + halt->peak) / (jerk * first);
    return fmax(fmax(bend, fabs(halt->peak) / (jerk * last)), fabs(halt->peak) / most);
}

/* For a motion that, once its acceleration is let go, moves forward (speed + accel|accel| / 2 jerk >= 0). The exact
 * times are tried in whole frames nearby: the first that keep every limit, or those that pass them least (a motion too
 * small to notice). */
static struct halt plan_halt(double speed, double accel, double most, double jerk)
{
    double left = accel * accel / (2 * jerk);
    double peak = sqrt(fmax(jerk * speed + accel * accel / 2, 0));
    most = fmax(most, fabs(accel));
    if (peak > most) peak = most;
    double first = floor((accel + peak) / jerk), last = floor(peak / jerk) - 1;
    double straight = peak > 0 ? ceil(fmax(speed + left - peak * peak / jerk, 0) / peak) : 0;
    struct halt best = {0};
    double least = INFINITY;
    for (int n = 0; n < 50 && least > 1 + 1e-9; n++) {
        const int i = n / 10, k = n / 2 % 5; /* frames more at either end, for which the middle may be shorter */
        struct halt halt = {.accel = accel};
        halt.frames[0] = (int64_t)fmax(first + i, 1);
        halt.frames[1] = (int64_t)fmax(straight - (n % 2 ? i : 0), 0);
        halt.frames[2] = (int64_t)fmax(last + k, 1);
        double over = fit_peak(&halt, speed, most, jerk);
        if (over < least) {
            least = over;
            best = halt;
        }
    }
    return best;
}

static wide position_at(const struct motion_segment *s, int64_t u)
{
    const wide accel = wide_left(wide_of(s->accel_half), MOTION_JERK_BITS - MOTION_ACCEL_BITS);
    const wide velocity = wide_left(wide_of(s->velocity), MOTION_JERK_BITS - MOTION_VELOCITY_BITS);
    const wide position = wide_left(wide_of(s->position), MOTION_JERK_BITS - MOTION_POSITION_BITS);
    wide p = wide_plus(wide_times(wide_of(s->jerk_sixth), u), accel);
    p = wide_plus(wide_times(p, u), velocity);
    return wide_plus(wide_times(p, u), position);
}

/* Where segment s is at its frame u, in units of a segment's position. */
static int64_t end_position(const struct motion_segment *s, int64_t u)
{
    return wide_right(position_at(s, u), MOTION_JERK_BITS - MOTION_POSITION_BITS);
}

static int64_t fixed(double value, int bits)
{
    return (int64_t)llround(ldexp(value, bits));
}

/* The segments of `halt`, mirrored by `sign`, from `position` at `frame` with `speed`; returns how many. */
static size_t write_halt(const struct halt *halt, double sign, double speed, struct motion_segment *out)
{
    const double start[3] = {halt->accel, -halt->peak, -halt->peak}, end[3] = {-halt->peak, -halt->peak, 0};
    int64_t frame = out[0].start_frame, position = out[0].position;
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        if (halt->frames[i] == 0) continue;
        double frames = (double)halt->frames[i];
        out[n] = (struct motion_segment){frame,
                                         halt->frames[i],
                                         position,
                                         fixed(sign * speed, MOTION_VELOCITY_BITS),
                                         fixed(sign * start[i] / 2, MOTION_ACCEL_BITS),
                                         fixed(sign * (end[i] - start[i]) / (6 * frames), MOTION_JERK_BITS)};
        frame += halt->frames[i];
        position = end_position(&out[n], halt->frames[i]);
        speed += (start[i] + end[i]) / 2 * frames;
        n++;
    }
    return n;
}

/* The axis follows `count` segments at `out` from `frame` on; what was pending is forgotten. */
static void follow(struct motion_axis *axis, int64_t frame, const struct motion_segment *out, size_t count)
{
    axis->segments = out;
    axis->segment_count = count;
    axis->segment = 0;
    axis->next_frame = axis->floor_frame = frame;
    axis->pend_rise = axis->pend_dir_frame = MOTION_NEVER;
    axis->finished = 0;
    axis->window_valid = 0;
}

/* The segment that holds `frame`, or NULL: near the one in work, for the search is never far ahead of the edges. */
static const struct motion_segment *segment_at(const struct motion_axis *axis, int64_t frame)
{
    const struct motion_segment *s = axis->segments;
    size_t i = axis->segment;
    if (axis->segment_count == 0) return NULL;
    if (i >= axis->segment_count) i = axis->segment_count - 1;
    while (i > 0 && s[i].start_frame > frame) i--;
    while (i + 1 < axis->segment_count && s[i + 1].start_frame <= frame) i++;
    return frame >= s[i].start_frame && frame < s[i].start_frame + s[i].frames ? &s[i] : NULL;
}

const char *motion_stop(struct motion_axis *axis, int64_t at_frame, struct motion_segment *out, size_t capacity,
                        size_t *count, int64_t *rest_frame)
{
    const double most = axis->settings.stop_accel, jerk = axis->settings.stop_jerk;
    *count = 0;
    if (capacity < MOTION_STOP_SEGMENTS) return "motion: no room for the segments of a stop";
    if (at_frame != axis->given_until) return "motion: a stop must begin where the edges have been given out";
    if (!(most > 0) || !(jerk > 0)) return "motion: stop_accel and stop_jerk must be positive";
    const struct motion_segment *s = segment_at(axis, at_frame);
    *rest_frame = at_frame;
    if (s) {
        int64_t u = at_frame - s->start_frame;
        double x = (double)u, j = ldexp((double)s->jerk_sixth, -MOTION_JERK_BITS);
        double v = ldexp((double)s->velocity, -MOTION_VELOCITY_BITS);
        double a = ldexp((double)s->accel_half, -MOTION_ACCEL_BITS);
        double speed = v + x * (2 * a + 3 * j * x), accel = 2 * a + 6 * j * x;
        double sign = speed + accel * fabs(accel) / (2 * jerk) < 0 ? -1 : 1;
        struct halt halt = plan_halt(sign * speed, sign * accel, most, jerk);
        out[0].position = end_position(s, u);
        out[0].start_frame = at_frame;
        *count = write_halt(&halt, sign, sign * speed, out);
        *rest_frame = out[*count - 1].start_frame + out[*count - 1].frames;
    }
    follow(axis, at_frame, out, *count);
    return NULL;
}
