/* The virtual lathe: head, platter, carriage and lift, driven by what the virtual Pi executed and by nothing else.
 *
 * Equations: field study of the groove, section 4 (i) and (ii). Time is the frame (5 us); frame f lasts from f to
 * f + 1, and an edge at frame f comes at its start. Every model keeps the whole of its state in a caller's struct, so
 * blocks of any size give the same bits; the matrices and tables are computed once, in Python, and only read here.
 */
#ifndef AUDIOLETTER_PHYSICS_H
#define AUDIOLETTER_PHYSICS_H

#include <stddef.h>
#include <stdint.h>

#define GPIO_COUNT 54
#define HEAD_STATES 5
#define HEAD_ROW 6
#define HEAD_TAPS 51
#define HEAD_FRAMES 4
#define MOTION_FRAMES 100
#define PLATTER_STEP_FRAMES 20
#define CARRIAGE_POWERS 7

/* Pin edges in time order. Each run function takes all edges of its frames and picks its own pins. */
struct edge_list {
    const int64_t *frame;
    const uint8_t *gpio;
    const uint8_t *level;
    size_t count;
};

/* A pin and the level at which it does what the field's name says. */
struct sense {
    uint8_t gpio;
    uint8_t level;
};

/* --- Head: bridge, LC filter, voice coil, mass on a spring ------------------------------------------------------ */

/* A response is HEAD_STATES columns of the state's own motion over one frame, then `range + 1` rows: the state that a
 * pulse of n clocks of one leg leaves at the end of its frame. Rows hold HEAD_ROW values, the last one zero; the first
 * state is the displacement in um, outward. */
struct head_settings {
    const double *air;     /* response with the stylus in the air */
    const double *cutting; /* response with the drag of the material */
    const double *taps;    /* [HEAD_TAPS], symmetric: from the frame rate to one sample in HEAD_FRAMES */
    int32_t range;
    struct sense bridge; /* on */
    struct sense lift;   /* down */
};

struct head_state {
    double x[HEAD_ROW];
    double recent[HEAD_TAPS - 1]; /* displacement at the frames before `frame` */
    double peak_um;
    int64_t frame;
    uint8_t bridge;
    uint8_t down;
};

const char *head_begin(struct head_state *state, const struct head_settings *settings, const uint8_t *levels);
/* Samples of displacement, sample k exactly at frame HEAD_FRAMES * k, come HEAD_TAPS / 2 frames after they are due. */
const char *head_run(struct head_state *state, const struct head_settings *settings, const uint16_t *words,
                     size_t frames, const struct edge_list *edges, float *displacement_um, size_t capacity,
                     size_t *count);

/* --- Platter: stepper, Lanchester damper, bearing, drag ----------------------------------------------------------- */

struct platter_settings {
    const double *currents;     /* [steps_per_cycle][2]: currents of both phases at each microstep, re nominal */
    const double *decay;        /* [PLATTER_STEP_FRAMES + 1]: what is left of a current's error after n frames */
    double rise_frames;         /* time constant of the currents */
    double electrical;          /* electrical turns in one of the platter, gear included */
    double torque_nm;           /* at the platter, of the nominal current */
    double detent_nm;           /* at the platter, four times per electrical turn */
    double detent_sin;          /* of its phase */
    double detent_cos;
    double own[2][3];           /* speed, damper speed after one step <- speed, damper speed, torque in N m */
    double step_s;              /* PLATTER_STEP_FRAMES in seconds */
    double friction_nm;
    double drag_nm;             /* once per turn */
    double noise_nm;            /* rms */
    double noise_keep;          /* of the noise, from one step to the next */
    double creep_rad_s;         /* below this speed friction fades, so that rest is a state */
    uint64_t seed;
    int64_t wake_frames;        /* from enable to current */
    int32_t steps_per_cycle;
    struct sense step;          /* rising */
    struct sense dir;           /* forward */
    struct sense enable;        /* on */
};

struct platter_state {
    double load_nm; /* something holds the platter: friction beyond its own, set from outside */
    double angle_rad;
    double speed_rad_s;
    double damper_rad_s;
    double current[2];
    double charge[2]; /* current times frames since the last step of integration */
    double noise;     /* of unit variance */
    double lead_rad;  /* electrical angle of the command that counts as no lag */
    double max_lag_rad;
    uint64_t random;
    int64_t frame;
    int64_t position; /* in microsteps, as commanded */
    int64_t steps;    /* pulses counted, either way */
    int64_t awake_frame;
    int64_t stall_frame; /* first pole slip, or -1 */
    uint8_t step;
    uint8_t dir;
    uint8_t enabled;
    uint8_t awake;
};

const char *platter_begin(struct platter_state *state, const struct platter_settings *settings, const uint8_t *levels);
/* Angle k, cumulative, is exactly at frame MOTION_FRAMES * k; all with frames before `until_frame` come out. */
const char *platter_run(struct platter_state *state, const struct platter_settings *settings, int64_t until_frame,
                        const struct edge_list *edges, double *angle_rad, size_t capacity, size_t *count);

/* --- Carriage: steps with an error once per full step, through a resonance ---------------------------------------- */

struct carriage_settings {
    const double *error_mm; /* [microsteps], inward */
    const double *powers;   /* [CARRIAGE_POWERS][4]: motion of (mm, mm per frame) over 1, 2, 4 ... frames */
    double start_mm;
    double mm_per_step;
    int64_t wake_frames;
    int32_t microsteps;
    int32_t min_frames;   /* between steps: the motor does not follow faster ones */
    struct sense step;    /* rising */
    struct sense dir;     /* inward */
    struct sense enable;  /* on */
};

struct carriage_state {
    double command_mm;
    double offset_mm; /* from the command */
    double speed_mm;  /* per frame */
    double least_mm;
    double most_mm;
    int64_t frame;
    int64_t position; /* in microsteps, inward */
    int64_t steps;    /* pulses counted, either way */
    int64_t lost;     /* of these, while the driver had no current */
    int64_t fast;     /* of these, closer than min_frames to the one before */
    int64_t step_frame;
    int64_t awake_frame;
    uint8_t step;
    uint8_t dir;
    uint8_t enabled;
};

const char *carriage_begin(struct carriage_state *state, const struct carriage_settings *settings,
                           const uint8_t *levels);
const char *carriage_run(struct carriage_state *state, const struct carriage_settings *settings, int64_t until_frame,
                         const struct edge_list *edges, double *radius_mm, size_t capacity, size_t *count);

/* --- Lift: straight down and straight up -------------------------------------------------------------------------- */

struct lift_settings {
    double depth_um; /* of the whole groove */
    double fall;     /* of that depth, per frame */
    double rise;
    struct sense lift; /* down */
};

struct lift_state {
    double depth; /* 0 in the air to 1 */
    int64_t frame;
    uint8_t down;
};

const char *lift_begin(struct lift_state *state, const struct lift_settings *settings, const uint8_t *levels);
const char *lift_run(struct lift_state *state, const struct lift_settings *settings, int64_t until_frame,
                     const struct edge_list *edges, float *depth_um, size_t capacity, size_t *count);

#endif
