/* What goes into a segment: samples, the edges of all sources merged by frame, words; see engine.h. */
#include "engine_parts.h"

#include <string.h>

/* --- samples ---------------------------------------------------------------------------------------------------- */

void engine_offer(struct engine *e, const float *samples, size_t count, size_t *taken)
{
    const size_t size = e->score.ring_samples;
    const uint64_t in = e->ring_in, out = __atomic_load_n(&e->ring_out, __ATOMIC_ACQUIRE);
    const size_t room = size - (size_t)(in - out), at = (size_t)in & (size - 1);
    const size_t n = count < room ? count : room, first = n < size - at ? n : size - at;

    memcpy(e->score.ring + at, samples, first * sizeof *samples);
    memcpy(e->score.ring, samples + first, (n - first) * sizeof *samples);
    __atomic_store_n(&e->ring_in, in + n, __ATOMIC_RELEASE);
    *taken = n;
}

void engine_end_input(struct engine *e)
{
    __atomic_store_n(&e->input_ended, 1, __ATOMIC_RELEASE);
}

/* `n` samples into e->samples: from the ring, silence once it is over or the head is up. 0: they are not there yet. */
static int32_t take_samples(struct engine *e, size_t n)
{
    const int32_t ended = __atomic_load_n(&e->input_ended, __ATOMIC_ACQUIRE);
    const size_t size = e->score.ring_samples, at = (size_t)e->ring_out & (size - 1);
    uint64_t have = __atomic_load_n(&e->ring_in, __ATOMIC_ACQUIRE) - e->ring_out;
    size_t first;

    if (e->state == ENGINE_STOPPING)
        have = 0;
    else if (have < n && !ended)
        return 0;
    if (have > n)
        have = n;
    first = have < size - at ? (size_t)have : size - at;
    memcpy(e->samples, e->score.ring + at, first * sizeof *e->samples);
    memcpy(e->samples + first, e->score.ring, ((size_t)have - first) * sizeof *e->samples);
    memset(e->samples + have, 0, (n - (size_t)have) * sizeof *e->samples);
    __atomic_store_n(&e->ring_out, e->ring_out + have, __ATOMIC_RELEASE);
    return 1;
}

/* --- edges ------------------------------------------------------------------------------------------------------ */

/* One source of edges, ascending. */
struct edge_source {
    const struct pin_edge *next;
    const struct pin_edge *end;
};

/* Takes the earliest edges of all sources, those that share a frame as one; 0 when none is left before `until`. */
static int32_t merge_next(struct edge_source *sources, size_t count, int64_t until, struct pin_edge *out)
{
    int64_t frame = until;

    for (size_t i = 0; i < count; i++)
        if (sources[i].next < sources[i].end && sources[i].next->frame < frame)
            frame = sources[i].next->frame;
    if (frame >= until)
        return 0;
    *out = (struct pin_edge){frame, 0, 0};
    for (size_t i = 0; i < count; i++)
        for (; sources[i].next < sources[i].end && sources[i].next->frame == frame; sources[i].next++) {
            out->set |= sources[i].next->set;
            out->clear |= sources[i].next->clear;
        }
    return 1;
}

/* The next toggle of the heartbeat, as a source of one edge. */
static struct pin_edge heartbeat_edge(const struct engine *e)
{
    const uint32_t set = e->heartbeat_high ? 0 : e->set.heartbeat;

    return (struct pin_edge){e->next_heartbeat, set, e->set.heartbeat & ~set};
}

/* Merges every edge before `until` behind those that did not fit into the last segment. */
static const char *merge_edges(struct engine *e, int64_t until)
{
    struct edge_source sources[ENGINE_AXES + 2];
    struct pin_edge beat = heartbeat_edge(e), *out = e->edges + e->edge_count;
    const int64_t last = until < e->end_frame ? until : e->end_frame;
    size_t count = 0;

    for (size_t i = 0; i < ENGINE_AXES; i++) {
        const char *wrong = motion_edges(&e->axis[i], until, e->axis_edges[i], ENGINE_EDGES, &count);
        if (wrong)
            return wrong;
        if (count == ENGINE_EDGES)
            return "an axis makes more edges in a segment than the engine has room for";
        sources[i] = (struct edge_source){e->axis_edges[i], e->axis_edges[i] + count};
    }
    sources[ENGINE_AXES].next = e->score.events + e->next_event;
    sources[ENGINE_AXES].end = e->score.events + e->score.event_count;
    sources[ENGINE_AXES + 1] = (struct edge_source){&beat, &beat + 1};
    for (; merge_next(sources, ENGINE_AXES + 2, last, out); out++) {
        if (out == e->edges + ENGINE_EDGES - 1)
            return "there are more edges in a segment than the engine has room for";
        if (sources[ENGINE_AXES + 1].next != &beat) {
            e->heartbeat_high = !e->heartbeat_high;
            e->next_heartbeat += e->set.heartbeat_frames;
            beat = heartbeat_edge(e);
            sources[ENGINE_AXES + 1].next = &beat;
        }
        out->frame += e->lead_frames;
    }
    e->next_event = (size_t)(sources[ENGINE_AXES].next - e->score.events);
    e->edge_count = (size_t)(out - e->edges);
    e->merged_frame = until;
    return NULL;
}

/* Forgets the first `count` edges: they are built. */
static void drop_edges(struct engine *e, size_t count)
{
    e->edge_count -= count;
    memmove(e->edges, e->edges + count, e->edge_count * sizeof *e->edges);
}

/* Takes pins out of the edges that are merged and not yet built; an edge that is left with nothing goes. */
void withhold_edges(struct engine *e, uint32_t set, uint32_t clear)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->edge_count; i++) {
        struct pin_edge edge = e->edges[i];
        edge.set &= ~set;
        edge.clear &= ~clear;
        if (edge.set | edge.clear)
            e->edges[kept++] = edge;
    }
    e->edge_count = kept;
}

/* --- segments --------------------------------------------------------------------------------------------------- */

/* The first PWM_DELAY_SAMPLES only fill the modulator; what it makes of them is dropped. */
static const char *prime(struct engine *e)
{
    const char *wrong = pwm_run(&e->pwm, e->samples, PWM_DELAY_SAMPLES, e->words);

    e->primed = 1;
    return wrong;
}

/* Builds the next segment. ENGINE_SLEEP: built; ENGINE_INPUT: the samples are not there; ENGINE_OVER: `*wrong` says. */
int32_t build_segment(struct engine *e, const char **wrong)
{
    const int64_t left = e->total_frames - e->chain.frames;
    const uint32_t want = left < e->set.segment_frames ? (uint32_t)left : e->set.segment_frames;
    const int64_t until = e->chain.frames + want - e->lead_frames;
    uint32_t frames;
    size_t count = 0;

    if (!e->primed) {
        if (!take_samples(e, PWM_DELAY_SAMPLES))
            return ENGINE_INPUT;
        *wrong = prime(e);
    }
    if (!*wrong && until > e->merged_frame)
        *wrong = merge_edges(e, until);
    if (*wrong)
        return ENGINE_OVER;
    frames = chain_fit(&e->chain, e->edges, e->edge_count, want);
    if (!take_samples(e, frames / 4))
        return ENGINE_INPUT;
    *wrong = pwm_run(&e->pwm, e->samples, frames / 4, e->words);
    while (count < e->edge_count && e->edges[count].frame < e->chain.frames + frames)
        count++;
    if (!*wrong)
        *wrong = chain_build(&e->chain, e->words, frames, e->edges, count);
    drop_edges(e, count);
    return *wrong ? ENGINE_OVER : ENGINE_SLEEP;
}
