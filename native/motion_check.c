/* Everything that can be known to be wrong with a list of segments before anything moves (motion.h). */
#include "motion.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* Fixed point rounds every coefficient; no limit is kept closer than this. */
static const double ROUNDING = 1e-6;
static const double POSITION_JUMP = 1.0 / 64; /* steps: far more than rounding leaves, far less than a motor feels */

/* One segment in doubles: position, speed and half the acceleration are polynomials of u. */
struct cubic {
    double frames, c[4];
};

static struct cubic cubic_of(const struct motion_segment *s)
{
    return (struct cubic){(double)s->frames,
                          {ldexp((double)s->position, -MOTION_POSITION_BITS),
                           ldexp((double)s->velocity, -MOTION_VELOCITY_BITS),
                           ldexp((double)s->accel_half, -MOTION_ACCEL_BITS),
                           ldexp((double)s->jerk_sixth, -MOTION_JERK_BITS)}};
}

static double position(const struct cubic *p, double u)
{
    return p->c[0] + u * (p->c[1] + u * (p->c[2] + u * p->c[3]));
}

static double speed(const struct cubic *p, double u)
{
    return p->c[1] + u * (2 * p->c[2] + u * 3 * p->c[3]);
}

static double accel(const struct cubic *p, double u)
{
    return 2 * p->c[2] + 6 * u * p->c[3];
}

/* The value of greatest magnitude that the speed takes: at an end, or where the acceleration is zero. */
static double extreme_speed(const struct cubic *p)
{
    double best = speed(p, 0), end = speed(p, p->frames);
    if (fabs(end) > fabs(best)) best = end;
    double turn = p->c[3] != 0 ? -p->c[2] / (3 * p->c[3]) : -1;
    if (turn > 0 && turn < p->frames && fabs(speed(p, turn)) > fabs(best)) best = speed(p, turn);
    return best;
}

/* Lowest and highest position: at an end, or where the speed is zero. */
static void reach(const struct cubic *p, double *low, double *high)
{
    double at[4] = {0, p->frames, 0, 0};
    double a = 3 * p->c[3], b = p->c[2], d = b * b - a * p->c[1];
    if (d >= 0) { /* roots of a u^2 + 2 b u + c, without cancellation */
        double q = -(b + copysign(sqrt(d), b));
        at[2] = a != 0 ? q / a : 0;
        at[3] = q != 0 ? p->c[1] / q : 0;
    }
    *low = *high = position(p, 0);
    for (int i = 1; i < 4; i++) {
        if (!(at[i] > 0 && at[i] <= p->frames)) continue;
        *low = fmin(*low, position(p, at[i]));
        *high = fmax(*high, position(p, at[i]));
    }
}

const char *motion_sound(const struct motion_segment *segments, size_t count)
{
    int64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct motion_segment *s = &segments[i];
        if (s->frames < 1 || s->frames > (int64_t)1 << 32) {
            return "motion: a segment lasts less than 1 or over 2^32 frames";
        }
        if (s->start_frame < end || s->start_frame > (int64_t)1 << 52) return "motion: segments overlap or start late";
        end = s->start_frame + s->frames;
        struct cubic p = cubic_of(s);
        double n = p.frames, v = fabs(p.c[1]), a = fabs(p.c[2]), j = fabs(p.c[3]);
        bool fast = v > 4 || 2 * a * n > 4 || 3 * j * n * n > 4;
        if (fast || v * n > 0x1p31 || a * n * n > 0x1p31 || j * n * n * n > 0x1p31) {
            return "motion: a segment's terms are too large";
        }
        if (i == 0 && !(p.c[0] >= -0.5 && p.c[0] < 0.5)) {
            return "motion: the first segment does not start at position 0";
        }
    }
    return NULL;
}

/* What one segment breaks by itself; the result of snprintf, or 0. */
static int check_one(const struct motion_settings *set, const struct cubic *p, char *text, size_t capacity)
{
    double low, high, top = extreme_speed(p), a0 = accel(p, 0), a1 = accel(p, p->frames);
    double most = fabs(a1) > fabs(a0) ? a1 : a0, fastest = 1.0 / (set->high_frames + set->low_frames);
    if (fabs(top) > fastest * (1 + ROUNDING)) {
        return snprintf(text, capacity, "speed %.9g steps a frame, the pulses allow %.9g", top, fastest);
    }
    if (fabs(top) > set->max_speed * (1 + ROUNDING)) {
        return snprintf(text, capacity, "speed %.9g steps a frame, limit %.9g", top, set->max_speed);
    }
    if (fabs(most) > set->max_accel * (1 + ROUNDING)) {
        return snprintf(text, capacity, "acceleration %.9g steps a frame^2, limit %.9g", most, set->max_accel);
    }
    reach(p, &low, &high);
    if (low < set->min_position - 0.5) {
        return snprintf(text, capacity, "position %.9g steps, limit %.9g", low, set->min_position);
    }
    if (high > set->max_position + 0.5) {
        return snprintf(text, capacity, "position %.9g steps, limit %.9g", high, set->max_position);
    }
    return 0;
}

/* What breaks between `before` (NULL at the start) and the segment p after a gap of `gap` frames. */
static int check_joint(const struct motion_settings *set, const struct cubic *before, const struct cubic *p,
                       int64_t gap, char *text, size_t capacity)
{
    double left = before ? position(before, before->frames) : 0, right = position(p, 0);
    double v_left = before ? speed(before, before->frames) : 0, v_right = speed(p, 0), jump = set->max_accel;
    if (fabs(right - left) > POSITION_JUMP) {
        return snprintf(text, capacity, "starts at position %.9g steps, %.9g from where the axis is, limit %.9g", right,
                        right - left, POSITION_JUMP);
    }
    if (gap > 0 && (fabs(v_left) > jump || fabs(v_right) > jump)) {
        return snprintf(text, capacity, "speed %.9g steps a frame beside a gap, where the axis must be at rest",
                        fabs(v_left) > jump ? v_left : v_right);
    }
    if (fabs(v_right - v_left) > jump) {
        return snprintf(text, capacity, "speed jumps by %.9g steps a frame, limit %.9g", v_right - v_left, jump);
    }
    return 0;
}

const char *motion_check(const struct motion_settings *settings, const struct motion_segment *segments, size_t count,
                         char *text, size_t capacity)
{
    const char *error = motion_sound(segments, count);
    if (error) return error;
    struct cubic before = {0};
    int64_t end = -1; /* the axis is at rest before the first segment */
    for (size_t i = 0; i < count; i++) {
        struct cubic p = cubic_of(&segments[i]);
        int64_t start = segments[i].start_frame, gap = start - end;
        int used = snprintf(text, capacity, "motion: segment %zu at frame %lld: ", i, (long long)start);
        if (used < 0 || (size_t)used >= capacity) return "motion: no room for the sentence";
        char *rest = text + used;
        if (check_joint(settings, i ? &before : NULL, &p, gap, rest, capacity - (size_t)used) ||
            check_one(settings, &p, rest, capacity - (size_t)used)) {
            return text;
        }
        before = p;
        end = start + segments[i].frames;
    }
    if (count && fabs(speed(&before, before.frames)) > settings->max_accel) {
        return "motion: the last segment does not end at rest";
    }
    return NULL;
}
