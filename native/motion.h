/* Motion: cubic segments of position over frames -> step and direction edges, exact to the frame.
 *
 * A segment says where an axis is, in steps, as a polynomial of u, the frames since its start:
 *
 *     P(u) = position + velocity u + accel_half u^2 + jerk_sixth u^3        for 0 <= u <= frames
 *
 * in fixed point, every segment from its own absolute position, so nothing accumulates from one to the next. A step
 * happens when P crosses k + 1/2; its pulse rises at the frame nearest to that moment (at most half a frame, 2.5 us,
 * away): after frame f the axis has made round(P(f + 1/2 - start_frame)) steps, halves up. Decisions are integer
 * arithmetic, or doubles with a certified margin, so x86 and aarch64 give the same edges bit for bit.
 *
 * Between segments (gaps are allowed where the axis is at rest) and after the last one the axis stays where it is.
 * A pulse is high for high_frames and low for at least low_frames; the direction pin changes setup_frames before the
 * pulse that needs it and not before hold_frames after the last rise. Where a reversal leaves less time than that (the
 * position only grazed k + 1/2) the second pulse comes as soon as it may, at the latest MOTION_LATE_FRAMES late.
 */
#ifndef AUDIOLETTER_MOTION_H
#define AUDIOLETTER_MOTION_H

#include <stddef.h>
#include <stdint.h>

/* Fixed point: position 2^-32 steps, velocity 2^-56 steps a frame (an hour is off by 2^-27 steps at most), accel_half
 * 2^-72 steps a frame^2, jerk_sixth 2^-84 steps a frame^3. */
#define MOTION_POSITION_BITS 32
#define MOTION_VELOCITY_BITS 56
#define MOTION_ACCEL_BITS 72
#define MOTION_JERK_BITS 84

#define MOTION_LATE_FRAMES 64
#define MOTION_NEVER 0x7fffffffffffffff
/* What motion_stop needs at most. */
#define MOTION_STOP_SEGMENTS 4

struct pin_edge {
    int64_t frame;
    uint32_t set;   /* GPIO bits 0-31 that go high at this frame */
    uint32_t clear; /* and those that go low */
};

struct motion_segment {
    int64_t start_frame;
    int64_t frames; /* > 0 */
    int64_t position;
    int64_t velocity;
    int64_t accel_half;
    int64_t jerk_sixth;
};

/* What the driver needs and the mechanics allow. Steps and frames are the only units here. */
struct motion_settings {
    uint32_t step_mask;
    uint32_t dir_mask;
    int32_t forward_high; /* 1: the direction pin is high while position grows */
    int32_t high_frames;  /* all four >= 1 */
    int32_t low_frames;
    int32_t setup_frames;
    int32_t hold_frames;
    int32_t reserved;
    double max_speed; /* steps a frame; more than 1 / (high_frames + low_frames) is refused */
    double max_accel; /* steps a frame^2 */
    double min_position; /* travel, in steps from where the axis stands at frame 0 */
    double max_position;
    double stop_accel; /* of motion_stop: steps a frame^2, steps a frame^3 */
    double stop_jerk;
};

/* Settings first; everything after them belongs to motion.c (read steps and pulses freely). */
struct motion_axis {
    struct motion_settings settings;
    const struct motion_segment *segments; /* the caller's: must live as long as the axis moves */
    size_t segment_count;
    size_t segment;      /* in work */
    int64_t steps;       /* net steps given out: where the axis is */
    int64_t pulses;      /* rising edges given out, whatever their direction */
    int64_t given_until; /* every edge before this frame has been given out */
    int64_t next_frame;  /* first frame not yet searched for a step */
    int64_t pend_rise;   /* frame of the step found but not yet given out; MOTION_NEVER: none found yet */
    int64_t pend_dir_frame; /* of the direction change before it; MOTION_NEVER: none or already given */
    int64_t fall_frame;  /* of the pulse that is high; MOTION_NEVER: none */
    int64_t last_rise;
    int64_t floor_frame; /* nothing may happen before it: 0, or where a stop began */
    int32_t pend_way;    /* +1 or -1 */
    int32_t way;         /* level of the direction pin as +1 or -1; 0: not yet driven */
    int32_t finished;    /* no step is left */
    int32_t window_valid;
    int64_t window_start; /* the local cubic of the segment in work, in doubles (motion.c) */
    int64_t window_frames;
    int64_t window_steps;
    int32_t window_way; /* +1 or -1 where the position only grows or falls in the window, else 0 */
    int32_t reserved;
    double window_c[4];
    double window_slow; /* frames that a step takes at most, in such a window */
    double window_inverse[3]; /* frames as a cubic of the steps from c[0]: a good guess, no more */
    double window_up;   /* frames that surely pass for each step of distance to the crossing above */
    double window_down; /* and below */
};

/* NULL, or a sentence: the segments are in order, start within half a step of 0, and the arithmetic can hold them
 * (2^32 frames, 2^31 steps, 4 steps a frame in every term). */
const char *motion_sound(const struct motion_segment *segments, size_t count);

/* NULL, or a sentence that names segment, value and limit; `text` is where it is written. Moves nothing.
 * Checks order, continuity of position and velocity, speed, acceleration, travel (extrema in closed form). */
const char *motion_check(const struct motion_settings *settings, const struct motion_segment *segments, size_t count,
                         char *text, size_t capacity);

/* Ready at frame 0, position 0, direction pin unknown. The segments should have passed motion_check. */
const char *motion_begin(struct motion_axis *axis, const struct motion_segment *segments, size_t count);

/* All edges with frame < until_frame not given out yet, in time order (frames may repeat). If `*count` comes back
 * equal to `capacity` there may be more: call again. Any sequence of until_frame gives the same edges. */
const char *motion_edges(struct motion_axis *axis, int64_t until_frame, struct pin_edge *out, size_t capacity,
                         size_t *count);

/* Forget what comes after at_frame, which must be where motion_edges has arrived, and come to rest from the speed and
 * acceleration there within stop_accel and stop_jerk. `out` (at least MOTION_STOP_SEGMENTS) is what the axis follows
 * from then on, so it must live as long; rest_frame is the first frame at rest. Bounded time, no allocation. */
const char *motion_stop(struct motion_axis *axis, int64_t at_frame, struct motion_segment *out, size_t capacity,
                        size_t *count, int64_t *rest_frame);

#endif
