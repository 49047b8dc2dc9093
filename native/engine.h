/* The engine: sound, motion and pin edges -> segments of the chain, appended ahead of the DMA engine.
 *
 * One thread (the feeder) calls engine_run, which does nothing else until the cut is over; it sleeps through the
 * door. Other threads offer samples (engine_offer), look (engine_look) and ask it to stop (engine_request_stop).
 * Whatever goes wrong is a state, never a return code: FAULT, with the head up, the power off, the channel stopped.
 *
 * Frames are output frames unless called chain frames. Pin edges run ahead of the sound by what waits in the PWM FIFO
 * (bcm_gpio_lead_frames), so the edge of output frame f stands in the chain before the words of frame f + lead; and the
 * first PWM_DELAY_SAMPLES of the modulator's output are dropped, so sample k is heard at output frame 4 k.
 */
#ifndef AUDIOLETTER_ENGINE_H
#define AUDIOLETTER_ENGINE_H

#include "bcm.h"
#include "chain.h"
#include "door.h"
#include "motion.h"
#include "pwm.h"

#include <stddef.h>
#include <stdint.h>

#define ENGINE_AXES 2
#define ENGINE_SEGMENT_FRAMES 4000 /* largest segment_frames */
#define ENGINE_SEGMENT_SAMPLES 1000
#define ENGINE_SEGMENT_WORDS 8000
#define ENGINE_EDGES 8192          /* of one source in one segment: at most one rise or fall and one turn a frame */
#define ENGINE_STOP_EVENTS 3
#define ENGINE_FRAME_US 5

/* States. */
#define ENGINE_FILLING 0 /* begun; nothing moves, the hardware is untouched */
#define ENGINE_CUTTING 1
#define ENGINE_STOPPING 2
#define ENGINE_DONE 3
#define ENGINE_STOPPED 4
#define ENGINE_FAULT 5
#define ENGINE_DEAD 6    /* the feeder was killed by kill_at_segment: nobody watches, the chain ends by itself */

/* What engine_step and engine_run come back with. */
#define ENGINE_SLEEP 0 /* sleep sleep_us, then step again */
#define ENGINE_INPUT 1 /* no samples: offer some (only while filling, or with wait_for_input) */
#define ENGINE_OVER 2  /* DONE, STOPPED, FAULT or DEAD */

/* Pins to drive high and low at once. */
struct pin_levels {
    uint32_t set;
    uint32_t clear;
};

struct engine_settings {
    const struct bcm_chip *chip;
    uint32_t leg_gpio[2];          /* 12 and 13, or 18 and 19: PWM0 channels 1 and 2 */
    uint32_t outputs;              /* every other pin that the lathe drives */
    struct pin_levels off;         /* power off, head up, step pins low: all of `outputs` but direction pins */
    struct pin_levels lift_up;
    struct pin_levels bridge_off;
    struct pin_levels enable_off;
    uint32_t heartbeat;
    int32_t wait_for_input;        /* 1: time may stand still until samples come (virtual Pi); 0: never */
    int64_t heartbeat_frames;      /* between two toggles */
    int64_t lookahead_frames;      /* how much is kept queued */
    int64_t refuse_below_frames;   /* append only while at least this much is queued */
    int64_t lift_up_frames;        /* how long the head takes to rise */
    uint32_t segment_frames;
    uint32_t slot_words;
    int64_t frames;                /* of the whole score */
    int64_t kill_at_segment;       /* the feeder ends before it links this segment; negative: never */
};

/* What is played. All arrays are the caller's and must live as long as the engine. */
struct engine_score {
    struct pwm_settings pwm;
    struct motion_settings motion[ENGINE_AXES]; /* platter, carriage */
    const struct motion_segment *segments[ENGINE_AXES];
    size_t segment_count[ENGINE_AXES];
    const struct pin_edge *events; /* ascending */
    size_t event_count;
    float *ring;                   /* samples on their way in; a power of two of them */
    size_t ring_samples;
};

struct engine {
    struct engine_settings set;
    struct engine_score score;
    const struct door *door;
    struct pwm_state pwm;
    struct motion_axis axis[ENGINE_AXES];
    struct chain chain;
    int64_t total_frames;   /* chain frames of the whole run, or of what a stop left of it */
    int64_t end_frame;      /* output frame: no edge at or after it */
    int64_t merged_frame;   /* every edge before it has been merged into `edges` */
    int64_t next_heartbeat;
    int32_t heartbeat_high;
    uint32_t lead_frames;
    size_t next_event;
    struct pin_edge stop_events[ENGINE_STOP_EVENTS];
    struct motion_segment stop_segments[ENGINE_AXES][MOTION_STOP_SEGMENTS];
    struct pin_edge axis_edges[ENGINE_AXES][ENGINE_EDGES];
    size_t edge_count;
    struct pin_edge edges[ENGINE_EDGES];              /* not yet built, one a frame, in chain frames */
    float samples[ENGINE_SEGMENT_SAMPLES];
    uint32_t words[ENGINE_SEGMENT_WORDS];
    int64_t start_us;       /* when frame 0 began */
    int64_t clock_check_us; /* when the clock registers are to be looked at again */
    int64_t sleep_us;
    int64_t position;       /* chain frame in work; this and the next six are read by other threads */
    int64_t queued;         /* frames behind it */
    int32_t state;
    int32_t underruns;
    const char *cause;      /* of FAULT */
    uint64_t ring_in;       /* samples offered so far */
    uint64_t ring_out;      /* samples taken so far */
    int32_t input_ended;    /* what is missing from now on is silence */
    int32_t stop_requested;
    int32_t primed;
    int32_t running;        /* the hardware has been started and not yet stopped */
};

struct engine_look {
    int32_t state;
    int32_t underruns;
    int64_t frame;         /* output frame being played */
    int64_t end_frame;
    int64_t queued_frames;
    const char *cause;
    uint64_t segments;     /* linked so far */
    uint64_t blocks;       /* control blocks linked so far */
    int64_t steps[ENGINE_AXES];  /* net */
    int64_t pulses[ENGINE_AXES]; /* rising edges given out */
};

/* Checks everything that can be checked and lays out the chain. Touches no register. */
const char *engine_begin(struct engine *, const struct engine_settings *, const struct engine_score *,
                         const struct door *);

/* Samples in, as many as there is room for. Any thread, one at a time. */
void engine_offer(struct engine *, const float *samples, size_t count, size_t *taken);
void engine_end_input(struct engine *);

/* One turn of the feeder's loop, without the sleep. */
int32_t engine_step(struct engine *);

/* The loop: `steps` turns, or until there is nothing more to do (0). */
int32_t engine_run(struct engine *, size_t steps);

/* Head up at the next step, then the axes come to rest, then power off; or all of it `at_once`. Any thread. */
void engine_request_stop(struct engine *, int32_t at_once);

void engine_look(const struct engine *, struct engine_look *);

/* Everything off now, in any state: pins by register, DMA and PWM stopped. Only when no thread is in engine_run. */
void engine_off(struct engine *);

/* Real-time priority and locked memory for the calling thread, as far as the system permits; NULL or why not. */
const char *engine_go_realtime(void);

#endif
