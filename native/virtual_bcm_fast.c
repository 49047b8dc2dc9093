/* Many frames in one go, with exactly the result of the word-by-word model.
 *
 * In the steady state the FIFO holds DREQ + 1 words when a frame begins; the frame takes two, the level falls below the
 * threshold, two words land (one word time apart), and the engine waits again. So while one FIFO block lasts and
 * nothing else happens, what is played is the FIFO's content followed by the block's words, and all times are known.
 */
#include "virtual_bcm_parts.h"

#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How many frames may be played in one go from here. */
static int64_t how_many(const struct vpi *p, const struct dma_channel *c, int64_t until_ps)
{
    const struct pwm_part *pwm = &p->pwm;
    const struct output_part *out = &p->out;
    const int64_t room_ps = until_ps - p->settings.word_ns * PS_PER_NS - pwm->next_ps;
    if (room_ps < 0 || pwm->frame_ps != pwm->played_ps) return 0;
    int64_t frames = least(room_ps / pwm->frame_ps + 1, c->left / 8);
    if (p->settings.stall_frame >= out->frame) frames = least(frames, p->settings.stall_frame - out->frame);
    const int64_t lost = p->settings.lost_word - (int64_t)pwm->written;
    if (lost >= 0) frames = least(frames, lost / 2);
    if (out->discard) return frames;
    const int64_t room = (int64_t)out->memory.frames - (out->frame - out->taken);
    return least(frames, least(room, (int64_t)(out->memory.frames - out->slot)));
}

static bool is_steady(const struct vpi *p, const struct dma_channel *c)
{
    const struct pwm_part *pwm = &p->pwm;
    return pwm->plain && c->active && c->loaded && c->unbroken && (pwm->dmac & DMAC_ENAB) && pwm->level >= 2 &&
           pwm->level <= PWM_FIFO_WORDS && pwm->level == vpi_threshold(p) + 1 && p->dma.at_ps <= pwm->next_ps &&
           2 * p->settings.word_ns * PS_PER_NS <= pwm->frame_ps;
}

static void limit(uint16_t *to, const uint32_t *words, size_t count, uint32_t most)
{
    for (size_t i = 0; i < count; i++) to[i] = (uint16_t)(words[i] < most ? words[i] : most);
}

/* What the FIFO holds now, then the block's words: all that the next frames play and what will stay behind. */
static void copy_words(struct vpi *p, const uint32_t *block, size_t played)
{
    struct pwm_part *pwm = &p->pwm;
    uint32_t queue[2 * PWM_FIFO_WORDS];
    const size_t held = pwm->level;
    for (size_t i = 0; i < held; i++) queue[i] = pwm->fifo[(pwm->head + i) % PWM_FIFO_WORDS];
    const size_t old = played < held ? played : held;
    if (!p->out.discard) {
        uint16_t *to = p->out.memory.pwm + 2 * p->out.slot;
        limit(to, queue, old, pwm->clocks);
        limit(to + old, block, played - old, pwm->clocks);
    }
    for (size_t i = 0; i < 2; i++) {
        const size_t at = played - 2 + i;
        pwm->last[i] = at < held ? queue[at] : block[at - held];
        pwm->high[i] = pwm->last[i] < pwm->clocks ? pwm->last[i] : pwm->clocks;
    }
    for (size_t i = 0; i < held; i++) pwm->fifo[i] = played + i < held ? queue[played + i] : block[played + i - held];
    pwm->head = 0;
}

size_t vpi_fast_run(struct vpi *p, int64_t until_ps)
{
    if (p->dma.run == NO_CHANNEL || !p->pwm.in_frame) return 0;
    struct dma_channel *c = &p->dma.channel[p->dma.run];
    if (!is_steady(p, c)) return 0;
    const int64_t frames = how_many(p, c, until_ps);
    if (frames < 1) return 0;
    struct pwm_part *pwm = &p->pwm;
    struct output_part *out = &p->out;
    copy_words(p, out->memory.chain + (c->source - p->memory_bus) / 4, 2 * (size_t)frames);
    const int64_t last_ps = pwm->next_ps + (frames - 1) * pwm->frame_ps;
    pwm->next_ps = last_ps + pwm->frame_ps;
    pwm->written += 2 * (uint64_t)frames;
    p->dma.at_ps = last_ps + 2 * p->settings.word_ns * PS_PER_NS;
    out->frame += frames;
    if (!out->discard) out->slot = (out->slot + (size_t)frames) % out->memory.frames;
    c->extra = 0;
    c->source += 8 * (uint32_t)frames;
    c->left -= 8 * (uint32_t)frames;
    if (c->left == 0) vpi_dma_finish_block(p, c);
    return (size_t)frames;
}
