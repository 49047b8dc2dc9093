/* What the virtual Pi played: a ring of frames and a ring of pin edges, filled by one thread and drained by another. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "virtual_bcm_parts.h"

static const char *const SENTENCES[FAULT_KINDS] = {
    [FAULT_BLOCK_OUTSIDE] = "a control block lies outside chain memory or under another alias (its address)",
    [FAULT_BLOCK_UNALIGNED] = "a control block is not aligned to 32 bytes, the low bits are dropped (its address)",
    [FAULT_BLOCK_RESERVED] = "a control block has a stride without 2D mode, or a reserved word that is not 0 (its address)",
    [FAULT_DATA_OUTSIDE] = "a control block moves data outside chain memory and peripherals, or misaligned (the address)",
    [FAULT_LENGTH] = "a control block's length is nil, not in whole words, or too long for this channel (TXFR_LEN)",
    [FAULT_TWO_D_ON_LITE] = "a control block asks a lite channel for 2D mode (TI)",
    [FAULT_TI_REFUSED] = "a control block sets reserved bits, bursts, waits, wide words or SRC_DREQ, not modelled (TI)",
    [FAULT_TI_UNWISE] = "a control block lacks WAIT_RESP or NO_WIDE_BURSTS, or asks in vain for INTEN, IGNORE, INC, DREQ or PERMAP (TI)",
    [FAULT_REGISTER_UNKNOWN] = "an address where this Pi has no such register (the address)",
    [FAULT_CHANNEL_KIND] = "a classic control block was given to a DMA4 engine or to none (the channel)",
    [FAULT_CHANNEL_DISABLED] = "a DMA channel was started that ENABLE holds off, or with PAGE bits set (the channel)",
    [FAULT_SECOND_CHANNEL] = "a second DMA channel was started beside the running one, not modelled (the channel)",
    [FAULT_WRITE_WHILE_ACTIVE] = "CONBLK_AD or NEXTCONBK was written at a time when it may not be (the register)",
    [FAULT_FIFO_OVERFLOW] = "a word came to a full PWM FIFO and was lost, the legs have changed places (the word)",
    [FAULT_FIFO_EMPTY] = "the PWM FIFO had no words for a frame: underrun (words it held)",
    [FAULT_WORD_LOST] = "a word to the PWM FIFO was lost on the bus, the legs have changed places (the word)",
    [FAULT_CTL_TOO_SOON] = "PWM CTL was written less than 10 us after the last time, the write is lost (the value)",
    [FAULT_PWM_UNCLOCKED] = "a PWM register was written while the PWM clock stands, the write is lost (the register)",
    [FAULT_RANGES_DIFFER] = "RNG1 and RNG2 differ while both channels share the FIFO (RNG2)",
    [FAULT_RANGE] = "the PWM range is below 2, or too long for this model (the range)",
    [FAULT_NOT_MARK_SPACE] = "a PWM channel plays without mark/space mode (CTL)",
    [FAULT_SERIALISER] = "a PWM channel plays as serialiser (CTL)",
    [FAULT_REPEAT] = "RPTL is set while both channels share the FIFO (CTL)",
    [FAULT_FIFO_NOT_CLEARED] = "the PWM was started without CLRF before, channel 2 stays silent (CTL)",
    [FAULT_CM_PASSWORD] = "a clock register was written without its password, the write is lost (the value)",
    [FAULT_CM_BUSY] = "a clock's source, MASH or divider was changed while it was BUSY (the value)",
    [FAULT_CM_WITH_ENABLE] = "a clock's source or MASH was changed in the same write as ENAB (the value)",
    [FAULT_CM_DIVIDER] = "the clock divider is too small for its MASH (DIV)",
    [FAULT_CM_SOURCE] = "the clock source is not OSC or PLLD: it stands, or others scale it (CTL)",
    [FAULT_FRAME_LENGTH] = "the length of a PWM frame changed while the PWM ran (clock DIV)",
    [FAULT_LEG_NOT_PWM] = "the PWM plays, but a leg of the bridge is wired to a pin that does not emit it (the pin)",
    [FAULT_PIN_NOT_OUTPUT] = "a control block sets or clears a pin that is not an output (the pin)",
};

/* Frame to which something happening now belongs. */
static int64_t current_frame(const struct vpi *p)
{
    return p->pwm.in_frame ? p->out.frame - 1 : p->out.frame;
}

void vpi_note(struct vpi *p, enum fault_kind kind, uint32_t detail)
{
    if (p->fault[kind].count++ != 0) return;
    p->fault[kind].first_frame = current_frame(p);
    p->fault[kind].detail = detail;
    p->fault_order[p->faults++] = (uint8_t)kind;
}

size_t vpi_faults(void *vpi, struct vpi_fault *out, size_t capacity)
{
    struct vpi *p = vpi;
    pthread_mutex_lock(&p->lock);
    const size_t count = p->faults;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const struct fault *fault = &p->fault[p->fault_order[i]];
        out[i] = (struct vpi_fault){SENTENCES[p->fault_order[i]], fault->count, fault->first_frame, fault->detail};
    }
    pthread_mutex_unlock(&p->lock);
    return count;
}

/* Frames kept that have been played to their end (or cut short by a stop) and not been drained. */
static int64_t waiting_frames(const struct vpi *p)
{
    if (p->out.memory.frames == 0) return 0;
    return (p->out.closed ? p->out.closed_frame : current_frame(p)) - p->out.taken;
}

void vpi_published(struct vpi *p)
{
    if (p->out.wanted != 0 && waiting_frames(p) >= (int64_t)p->out.wanted) pthread_cond_broadcast(&p->changed);
}

/* Time stands still until somebody drains, or nobody wants any more. */
static void wait_for_drain(struct vpi *p)
{
    p->out.producer_waits = true;
    pthread_cond_broadcast(&p->changed);
    pthread_cond_wait(&p->changed, &p->lock);
    p->out.producer_waits = false;
}

bool vpi_room(struct vpi *p)
{
    if (p->out.discard || p->out.frame - p->out.taken < (int64_t)p->out.memory.frames) return true;
    wait_for_drain(p);
    return false;
}

bool vpi_edge_room(struct vpi *p)
{
    if (p->out.discard || p->out.edges + EDGES_AT_ONCE <= p->out.memory.edge_count) return true;
    wait_for_drain(p);
    return false;
}

void vpi_edge(struct vpi *p, uint32_t gpio, uint8_t level)
{
    struct output_part *out = &p->out;
    if (out->discard || out->frame == 0) return;
    const size_t at = (out->first_edge + out->edges) % out->memory.edge_count;
    out->memory.edges[at] = (struct vpi_edge){current_frame(p), (uint8_t)gpio, level};
    out->edges++;
}

/* Edges before `end_frame`, or all that fit. A frame whose edges do not all fit is left for the next time, with its
 * edges, unless it is the first. Returns the first frame not given. */
static int64_t give_edges(struct vpi *p, struct vpi_output *to, int64_t end_frame)
{
    struct output_part *out = &p->out;
    size_t count = 0;
    while (count < out->edges) {
        const struct vpi_edge edge = out->memory.edges[(out->first_edge + count) % out->memory.edge_count];
        if (edge.frame >= end_frame) break;
        if (count == to->edge_capacity) {
            end_frame = edge.frame;
            while (count > 0 && to->edge_frame[count - 1] == end_frame && end_frame > out->taken) count--;
            break;
        }
        to->edge_frame[count] = edge.frame;
        to->edge_gpio[count] = edge.gpio;
        to->edge_level[count++] = edge.level;
    }
    to->edges = count;
    out->first_edge = out->memory.edge_count ? (out->first_edge + count) % out->memory.edge_count : 0;
    out->edges -= count;
    return end_frame;
}

static void give(struct vpi *p, struct vpi_output *to)
{
    struct output_part *out = &p->out;
    const int64_t had = waiting_frames(p);
    const int64_t most = had < (int64_t)to->frame_capacity ? had : (int64_t)to->frame_capacity;
    int64_t end = out->taken + most;
    /* edges of the frame being played can fill their memory alone: then they go ahead of it */
    const bool crowded = most == 0 && out->producer_waits;
    const int64_t given = give_edges(p, to, crowded ? end + 1 : end);
    if (given < end) end = given;
    to->first_frame = out->taken;
    to->frames = (size_t)(end - out->taken);
    size_t slot = (size_t)(out->taken % (int64_t)(out->memory.frames ? out->memory.frames : 1));
    for (size_t done = 0; done < to->frames;) {
        const size_t straight = out->memory.frames - slot;
        const size_t some = to->frames - done < straight ? to->frames - done : straight;
        memcpy(to->pwm + 2 * done, out->memory.pwm + 2 * slot, some * 2 * sizeof *to->pwm);
        done += some;
        slot = 0;
    }
    out->taken = end;
}

static struct timespec deadline_in(int timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

const char *vpi_drain(void *vpi, struct vpi_output *out, int timeout_ms)
{
    struct vpi *p = vpi;
    if (out->frame_capacity == 0 || out->edge_capacity == 0) return "vpi_drain: no room for frames or edges";
    const struct timespec until = deadline_in(timeout_ms > 0 ? timeout_ms : 0);
    pthread_mutex_lock(&p->lock);
    const size_t half = p->out.memory.frames / 2 + 1;
    p->out.wanted = out->frame_capacity < half ? out->frame_capacity : half;
    int waited = timeout_ms > 0 ? 0 : ETIMEDOUT;
    while (waited != ETIMEDOUT && !p->out.closed && !p->out.producer_waits &&
           waiting_frames(p) < (int64_t)p->out.wanted)
        waited = pthread_cond_timedwait(&p->changed, &p->lock, &until);
    p->out.wanted = 0;
    give(p, out);
    p->out.producer_waits = false;
    out->closed = p->out.closed && out->frames == 0 && out->edges == 0;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void vpi_close(void *vpi)
{
    struct vpi *p = vpi;
    pthread_mutex_lock(&p->lock);
    if (!p->out.closed) {
        p->out.closed_frame = current_frame(p);
        p->out.closed = true;
        p->out.discard = true;
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}
