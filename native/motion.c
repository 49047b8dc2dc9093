/* Steps from cubic segments: see motion.h for what is promised.
 *
 * Constant speed, where a cut spends its time, is a division carried from step to step in whole numbers. Elsewhere the
 * cubic is taken, 4096 frames at a time, as a local polynomial in doubles, and walked: from each frame looked at, the
 * greatest speed in the window tells how many frames surely pass before the next crossing. Where the window moves one
 * way, the inverse of the polynomial guesses the moments instead. Where a double comes closer to k + 1/2 than MARGIN,
 * the 128-bit integers decide; so every decision is that of exact arithmetic.
 *
 * Measured (2-core EPYC guest under load, gcc 12 -O2): constant speed 260-380 M steps a core-second, cubics 55-100 M.
 * aarch64 instructions a step (qemu-user, counted): 21 to 30 at constant speed, 52 to 70 on a cubic.
 */
#include "motion.h"
#include "wide.h"

#include <math.h>
#include <stdbool.h>

enum { EXACT_BITS = MOTION_JERK_BITS + 3, WINDOW_FRAMES = 4096 };

/* Bound on the error of a window's polynomial, in steps: speeds stay below 4 steps a frame and windows below 2^12
 * frames, so rounding leaves less than 2^-34; this is sixteen times that. */
static const double MARGIN = 1e-9;
static const double SLOWEST = 1e-6; /* steps a frame; what moves less is walked as if it moved so */
static const int64_t LONG_AGO = -((int64_t)1 << 40);

static const char *const TOO_FAST = "motion: an axis moves more than one step in a frame";
static const char *const TOO_LATE = "motion: steps come faster than the pulse times allow";

static wide scaled(int64_t value, int bits)
{
    return wide_left(wide_of(value), bits);
}

/* P at u = half_frames / 2, in 2^-87 steps: exact. */
static wide position_at(const struct motion_segment *s, int64_t half_frames)
{
    const wide by_time = wide_times(wide_of(s->jerk_sixth), half_frames);
    wide p = wide_plus(by_time, scaled(s->accel_half, EXACT_BITS - 2 - MOTION_ACCEL_BITS));
    p = wide_plus(wide_times(p, half_frames), scaled(s->velocity, EXACT_BITS - 1 - MOTION_VELOCITY_BITS));
    return wide_plus(wide_times(p, half_frames), scaled(s->position, EXACT_BITS - MOTION_POSITION_BITS));
}

/* Steps made after `frame`: round(P(frame + 1/2)), halves up. */
static int64_t steps_after(const struct motion_segment *s, int64_t frame)
{
    wide p = position_at(s, 2 * (frame - s->start_frame) + 1);
    return wide_right(wide_plus(p, scaled(1, EXACT_BITS - 1)), EXACT_BITS);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The step `way` whose moment is `frame`: when its pulse may rise, and the direction change before it. */
static const char *schedule(struct motion_axis *axis, int64_t frame, int32_t way)
{
    const struct motion_settings *set = &axis->settings;
    int64_t rise = later(frame, axis->last_rise + set->high_frames + set->low_frames);
    axis->pend_dir_frame = MOTION_NEVER;
    if (way != axis->way) {
        int64_t hold = later(set->hold_frames, set->high_frames);
        rise = later(rise, later(axis->last_rise + hold, axis->floor_frame) + set->setup_frames);
        axis->pend_dir_frame = rise - set->setup_frames;
    }
    axis->pend_rise = rise;
    axis->pend_way = way;
    return rise - frame > MOTION_LATE_FRAMES ? TOO_LATE : NULL;
}

/* A division that carries its remainder: the crossings of a segment of constant speed. */
struct steady {
    int64_t frame;     /* of the next crossing */
    int64_t interval;  /* whole frames from one crossing to the next */
    int64_t remainder; /* how far the position is past the crossing at `frame`, in 2^-57 steps: below `per_frame` */
    int64_t lost;      /* of the remainder at every step */
    int64_t per_frame;
};

static bool is_steady(const struct motion_segment *s)
{
    return s->accel_half == 0 && s->jerk_sixth == 0;
}

/* With `way` the sign of the speed and `steps` made so far. The mirrored axis takes halves down, hence the one unit. */
static struct steady steady_from(const struct motion_segment *s, int64_t steps, int32_t way)
{
    struct steady run;
    int64_t speed = way > 0 ? s->velocity : -s->velocity, left;
    wide ahead = wide_plus(scaled(2 * steps + way, 56), wide_times(scaled(s->position, 57 - MOTION_POSITION_BITS), -1));
    /* to go from half a frame after the start, where the first frame is judged */
    ahead = wide_plus(wide_times(ahead, way), wide_of((way < 0) - speed));
    run.per_frame = 2 * speed;
    run.interval = wide_divided(scaled(1, 57), run.per_frame, &run.lost);
    run.frame = s->start_frame;
    if (wide_below(wide_of(0), ahead)) {
        run.frame += wide_divided(wide_plus(ahead, wide_of(run.per_frame - 1)), run.per_frame, &left);
        run.remainder = run.per_frame - 1 - left;
    } else {
        run.frame -= wide_divided(wide_times(ahead, -1), run.per_frame, &run.remainder);
    }
    return run;
}

static void steady_next(struct steady *run)
{
    run->frame += run->interval;
    run->remainder -= run->lost;
    if (run->remainder < 0) {
        run->remainder += run->per_frame;
        run->frame++;
    }
}

static const char *find_steady(struct motion_axis *axis, const struct motion_segment *s, bool *found)
{
    int64_t end = s->start_frame + s->frames;
    int64_t due = steps_after(s, axis->next_frame) - axis->steps;
    *found = true;
    if (due < -1 || due > 1) return TOO_FAST;
    if (due != 0) return schedule(axis, axis->next_frame++, (int32_t)due);
    *found = false;
    if (s->velocity == 0) return NULL;
    int32_t way = s->velocity > 0 ? 1 : -1;
    struct steady run = steady_from(s, axis->steps, way);
    if (run.frame >= end) return NULL;
    *found = true;
    axis->next_frame = run.frame + 1;
    return schedule(axis, run.frame, way);
}

/* How fast the window moves at most, either way, and how to guess where it is when. */
static void bound_window(struct motion_axis *axis)
{
    const double *c = axis->window_c;
    double *inverse = axis->window_inverse;
    double w = (double)axis->window_frames, end = c[1] + w * (2 * c[2] + 3 * w * c[3]);
    /* A parabola leaves the span of its ends by at most an eighth of its curvature times the length squared. */
    double slack = 0.75 * fabs(c[3]) * w * w + MARGIN / WINDOW_FRAMES;
    double fastest = larger(c[1], end) + slack, slowest = (c[1] < end ? c[1] : end) - slack;
    axis->window_up = 1 / larger(fastest, SLOWEST);
    axis->window_down = 1 / larger(-slowest, SLOWEST);
    axis->window_way = slowest > SLOWEST ? 1 : fastest < -SLOWEST ? -1 : 0;
    if (axis->window_way == 0) return;
    axis->window_slow = larger(axis->window_way > 0 ? 1 / slowest : -1 / fastest, 0);
    double r = 1 / c[1]; /* reversion of the series, three terms */
    inverse[0] = r;
    inverse[1] = -c[2] * r * r * r;
    inverse[2] = (2 * c[2] * c[2] * r - c[3]) * r * r * r * r;
}

/* The cubic of the segment in work around next_frame, relative to the steps made so far. */
static const char *open_window(struct motion_axis *axis, const struct motion_segment *s)
{
    int64_t from = axis->next_frame - s->start_frame;
    int64_t left = s->frames - from;
    wide exact = wide_plus(position_at(s, 2 * from + 1), scaled(-axis->steps, EXACT_BITS));
    if (wide_below(scaled(2, EXACT_BITS), exact) || wide_below(exact, scaled(-2, EXACT_BITS))) return TOO_FAST;
    double x = (double)from + 0.5;
    double v = (double)s->velocity * 0x1p-56, a = (double)s->accel_half * 0x1p-72, j = (double)s->jerk_sixth * 0x1p-84;
    double *c = axis->window_c;
    c[0] = (double)wide_right(exact, 36) * 0x1p-51;
    c[1] = v + x * (2 * a + 3 * j * x);
    c[2] = a + 3 * j * x;
    c[3] = j;
    axis->window_valid = 1;
    axis->window_start = axis->next_frame;
    axis->window_frames = left < WINDOW_FRAMES ? left : WINDOW_FRAMES;
    axis->window_steps = axis->steps;
    bound_window(axis);
    return NULL;
}

/* Frames that surely pass without a crossing, from distance x (-1/2 .. 1/2) of the window in work. */
static int64_t sure_frames(const struct motion_axis *axis, double x)
{
    double up = (0.5 - MARGIN - x) * axis->window_up, down = (0.5 - MARGIN + x) * axis->window_down;
    return (int64_t)larger(up < down ? up : down, 0);
}

static const char *walk_window(struct motion_axis *axis, const struct motion_segment *s, bool *found)
{
    const double *c = axis->window_c;
    double made = (double)(axis->steps - axis->window_steps);
    int64_t frame = axis->next_frame, end = axis->window_start + axis->window_frames;
    *found = false;
    while (frame < end) {
        double m = (double)(frame - axis->window_start);
        double x = c[0] - made + m * (c[1] + m * (c[2] + m * c[3]));
        int64_t way = x >= 0.5 ? 1 : x < -0.5 ? -1 : 0;
        double off = fabs(x) - 0.5;
        if (off < MARGIN && off > -MARGIN) way = steps_after(s, frame) - axis->steps;
        if (way != 0) {
            if (off > 1) return TOO_FAST;
            *found = true;
            axis->next_frame = sooner(frame + 1 + sure_frames(axis, x - (double)way), end);
            return schedule(axis, frame, (int32_t)way);
        }
        frame += 1 + sure_frames(axis, x);
    }
    axis->next_frame = end;
    axis->window_valid = 0;
    return NULL;
}

/* The next step, into pend_*; or finished. */
static const char *find_step(struct motion_axis *axis)
{
    while (axis->segment < axis->segment_count) {
        const struct motion_segment *s = &axis->segments[axis->segment];
        const char *error = NULL;
        bool found = false;
        axis->next_frame = later(axis->next_frame, s->start_frame);
        if (axis->next_frame >= s->start_frame + s->frames) {
            axis->segment++;
            axis->window_valid = 0;
            continue;
        }
        if (is_steady(s)) {
            error = find_steady(axis, s, &found);
            if (!found) axis->next_frame = s->start_frame + s->frames;
        } else {
            if (!axis->window_valid || axis->next_frame >= axis->window_start + axis->window_frames) {
                error = open_window(axis, s);
            }
            if (!error) error = walk_window(axis, s, &found);
        }
        if (error || found) return error;
    }
    axis->finished = 1;
    return NULL;
}

/* What a run of `count` pulses leaves behind, the last of them still high. */
static void ran(struct motion_axis *axis, size_t count, int64_t last_rise)
{
    if (count == 0) return;
    axis->steps += axis->way * (int64_t)count;
    axis->pulses += (int64_t)count;
    axis->last_rise = last_rise;
    axis->fall_frame = last_rise + axis->settings.high_frames;
    axis->next_frame = last_rise + 1;
}

/* The inner loop of constant speed: pairs of (fall of the last pulse, rise of the next) until something else is due. */
static size_t run_steady(struct motion_axis *axis, int64_t end, struct pin_edge *out, size_t room)
{
    const uint32_t mask = axis->settings.step_mask;
    const int64_t high = axis->settings.high_frames, gap = high + axis->settings.low_frames;
    int64_t rise = axis->last_rise;
    size_t n = 0;
    struct steady run = steady_from(&axis->segments[axis->segment], axis->steps, axis->way);
    if (run.frame < axis->next_frame) return 0; /* the segment starts past a crossing: find_steady judges it */
    while (n + 2 <= room && run.frame < end && run.frame >= rise + gap) {
        out[n++] = (struct pin_edge){rise + high, 0, mask};
        rise = run.frame;
        out[n++] = (struct pin_edge){rise, mask, 0};
        steady_next(&run);
    }
    ran(axis, n / 2, rise);
    return n;
}

/* The same in a window that moves one way. Where the position misses the crossing at the guessed moment t by less than
 * the slowest speed makes up until the frames around it, the crossing surely lies between them and the pulse belongs to
 * the later one; else walk_window judges it. */
static size_t run_window(struct motion_axis *axis, int64_t end, struct pin_edge *out, size_t room)
{
    const double *c = axis->window_c, *inverse = axis->window_inverse, way = axis->way, slow = axis->window_slow;
    const uint32_t mask = axis->settings.step_mask;
    const int64_t high = axis->settings.high_frames, gap = high + axis->settings.low_frames;
    const int64_t next = axis->window_start + 1;
    int64_t rise = axis->last_rise;
    size_t n = 0;
    double crossing = (double)(axis->steps - axis->window_steps) + way / 2;
    for (; n + 2 <= room; crossing += way) {
        double y = crossing - c[0], t = y * (inverse[0] + y * (inverse[1] + y * inverse[2]));
        if (!(t > 0 && t < WINDOW_FRAMES)) break;
        double miss = c[0] + t * (c[1] + t * (c[2] + t * c[3])) - crossing;
        double doubt = (fabs(miss) + MARGIN) * slow, part = t - (double)(int64_t)t;
        int64_t frame = next + (int64_t)t;
        if (!(part > doubt && part + doubt < 1) || frame >= end || frame < rise + gap) break;
        out[n++] = (struct pin_edge){rise + high, 0, mask};
        out[n++] = (struct pin_edge){frame, mask, 0};
        rise = frame;
    }
    ran(axis, n / 2, rise);
    return n;
}

/* As many edges as one of the inner loops can make: 0 where the next one is not simply another pulse. */
static size_t run(struct motion_axis *axis, int64_t until_frame, struct pin_edge *out, size_t room)
{
    if (axis->segment >= axis->segment_count || axis->fall_frame == MOTION_NEVER) return 0;
    const struct motion_segment *s = &axis->segments[axis->segment];
    int64_t end = sooner(s->start_frame + s->frames, until_frame), from = axis->next_frame;
    if (from <= s->start_frame || from >= end) return 0;
    if (is_steady(s)) {
        bool same_way = axis->way > 0 ? s->velocity > 0 : s->velocity < 0;
        return same_way ? run_steady(axis, end, out, room) : 0;
    }
    if (!axis->window_valid || axis->window_way != axis->way) return 0;
    return run_window(axis, sooner(end, axis->window_start + axis->window_frames), out, room);
}

/* The earliest edge that waits, given out if it lies before until_frame. */
static bool give_one(struct motion_axis *axis, int64_t until_frame, struct pin_edge *out)
{
    const struct motion_settings *set = &axis->settings;
    if (axis->fall_frame < until_frame && axis->fall_frame <= axis->pend_dir_frame &&
        axis->fall_frame <= axis->pend_rise) {
        *out = (struct pin_edge){axis->fall_frame, 0, set->step_mask};
        axis->fall_frame = MOTION_NEVER;
    } else if (axis->pend_dir_frame < until_frame && axis->pend_dir_frame != MOTION_NEVER) {
        bool high = (axis->pend_way > 0) == (set->forward_high != 0);
        *out = (struct pin_edge){axis->pend_dir_frame, high ? set->dir_mask : 0, high ? 0 : set->dir_mask};
        axis->pend_dir_frame = MOTION_NEVER;
        axis->way = axis->pend_way;
    } else if (axis->pend_rise < until_frame && axis->pend_rise != MOTION_NEVER) {
        *out = (struct pin_edge){axis->pend_rise, set->step_mask, 0};
        axis->steps += axis->pend_way;
        axis->pulses++;
        axis->last_rise = axis->pend_rise;
        axis->fall_frame = axis->pend_rise + set->high_frames;
        axis->pend_rise = MOTION_NEVER;
    } else {
        return false;
    }
    return true;
}

const char *motion_begin(struct motion_axis *axis, const struct motion_segment *segments, size_t count)
{
    const struct motion_settings settings = axis->settings;
    const struct motion_settings *set = &axis->settings;
    if (set->step_mask == 0 || set->dir_mask == 0) return "motion: an axis needs a step pin and a direction pin";
    if (set->high_frames < 1 || set->low_frames < 1 || set->setup_frames < 1 || set->hold_frames < 1) {
        return "motion: pulse, set-up and hold times must be at least one frame";
    }
    const char *error = motion_sound(segments, count);
    if (error) return error;
    *axis = (struct motion_axis){
        .settings = settings,
        .segments = segments,
        .segment_count = count,
        .pend_rise = MOTION_NEVER,
        .pend_dir_frame = MOTION_NEVER,
        .fall_frame = MOTION_NEVER,
        .last_rise = LONG_AGO,
    };
    return NULL;
}

const char *motion_edges(struct motion_axis *axis, int64_t until_frame, struct pin_edge *out, size_t capacity,
                         size_t *count)
{
    size_t n = 0;
    *count = 0;
    if (until_frame < axis->given_until) return "motion: edges were asked for frames that have passed";
    while (n < capacity) {
        if (axis->pend_rise == MOTION_NEVER && !axis->finished) {
            n += run(axis, until_frame, out + n, capacity - n);
            if (n == capacity) break;
            const char *error = find_step(axis);
            if (error) return error;
        }
        if (!give_one(axis, until_frame, &out[n])) {
            axis->given_until = until_frame;
            break;
        }
        n++;
    }
    *count = n;
    return NULL;
}
