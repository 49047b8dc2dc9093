/* Control blocks (BCM2711 ARM Peripherals 4.2.1.1): eight words, 32-byte aligned. Layout and protocol: chain.h. */
#include "chain.h"

#include "bcm.h"

enum {
    BLOCK_WORDS = DMA_BLOCK_WORDS,
    NEXT = 5, /* word of a control block: NEXTCONBK */
    OFF_AT = 0,
    SILENCE_AT = 8,
    OFF_DATA_AT = 16,
    SILENCE_DATA_AT = 24,
    SILENCE_WORDS = 32,
    SLOTS_AT = 56,
    GPIO_DATA_WORDS = 4,
};

static uint32_t bus_of(const struct chain *c, size_t word)
{
    return c->bus + (uint32_t)(4 * word);
}

/* Word of a slot where its blocks begin, behind the FIFO words; aligned, since segment_frames is a multiple of 4. */
static uint32_t block_base(const struct chain *c)
{
    return 2 * c->set.segment_frames;
}

static size_t slot_at(const struct chain *c, uint64_t segment)
{
    return SLOTS_AT + (size_t)(segment % c->slots) * c->set.slot_words;
}

/* Writes one whole block; it links to whatever lies behind it unless told otherwise. */
static void put(const struct chain *c, size_t at, uint32_t ti, size_t source, uint32_t dest, uint32_t bytes)
{
    volatile uint32_t *w = c->memory + at;

    w[0] = ti;
    w[1] = bus_of(c, source);
    w[2] = dest;
    w[3] = bytes;
    w[4] = 0;
    w[NEXT] = bus_of(c, at + BLOCK_WORDS);
    w[6] = 0;
    w[7] = 0;
}

static void put_idle(const struct chain *c)
{
    volatile uint32_t *data = c->memory + OFF_DATA_AT;

    data[0] = c->set.off_set;
    data[1] = 0;
    data[2] = 0;
    data[3] = c->set.off_clear;
    for (size_t i = 0; i < SILENCE_WORDS; i++)
        c->memory[SILENCE_DATA_AT + i] = c->set.silence;
    put(c, SILENCE_AT, TI_FIFO, SILENCE_DATA_AT, PWM_FIF1, 4 * SILENCE_WORDS);
    c->memory[SILENCE_AT + NEXT] = bus_of(c, SILENCE_AT);
    put(c, OFF_AT, TI_GPIO4, OFF_DATA_AT, GPSET0, 16);
}

const char *chain_begin(struct chain *c, volatile uint32_t *memory, size_t words, uint32_t bus,
                        const struct chain_settings *set)
{
    size_t slots;

    if (set->segment_frames < 4 || set->segment_frames % 4 != 0 || 8 * set->segment_frames > DMA_LITE_MAX_BYTES)
        return "a segment must have 4 to 8188 frames, a multiple of 4";
    if (set->slot_words % BLOCK_WORDS != 0 || set->slot_words < 2 * set->segment_frames + 96)
        return "a slot must be a multiple of 8 words and leave 96 for control blocks";
    if (bus % 32 != 0)
        return "chain memory must be aligned to 32 bytes";
    if (set->off_set & set->off_clear)
        return "the idle block would set and clear the same pin";
    slots = words < SLOTS_AT ? 0 : (words - SLOTS_AT) / set->slot_words;
    if (slots < 4)
        return "chain memory is too small: it must hold four segments";
    *c = (struct chain){.set = *set, .memory = memory, .bus = bus};
    c->slots = (uint32_t)(slots < CHAIN_SLOTS_MAX ? slots : CHAIN_SLOTS_MAX);
    put_idle(c);
    return NULL;
}

int32_t chain_has_room(const struct chain *c)
{
    /* The slot of the next segment holds segment built - slots: it must be two behind the one that plays. */
    return c->built < c->slots || c->built - c->slots + 2 <= c->playing;
}

uint32_t chain_fit(const struct chain *c, const struct pin_edge *edges, size_t count, uint32_t frames)
{
    size_t free_words = c->set.slot_words - block_base(c) - BLOCK_WORDS;
    size_t fits = free_words / (2 * BLOCK_WORDS + GPIO_DATA_WORDS);
    int64_t last;

    if (frames > c->set.segment_frames)
        frames = c->set.segment_frames;
    if (count <= fits)
        return frames;
    last = edges[fits].frame - c->frames; /* the segment ends before the first edge that finds no place */
    if (last < (int64_t)frames)
        frames = last < 4 ? 4 : (uint32_t)last;
    return frames - frames % 4;
}

static void put_words(volatile uint32_t *to, const uint32_t *from, size_t count)
{
    for (size_t i = 0; i + 8 <= count; i += 8, to += 8, from += 8) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
        to[4] = from[4];
        to[5] = from[5];
        to[6] = from[6];
        to[7] = from[7];
    }
}

/* A set, a clear or both, with its data at the far end of the slot; returns the new end of free memory. */
static size_t put_edge(const struct chain *c, size_t at, size_t end, const struct pin_edge *edge)
{
    volatile uint32_t *data;

    if (edge->set && edge->clear) {
        end -= GPIO_DATA_WORDS;
        data = c->memory + end;
        data[0] = edge->set;
        data[1] = 0;
        data[2] = 0;
        data[3] = edge->clear;
        put(c, at, TI_GPIO4, end, GPSET0, 16);
        return end;
    }
    end -= 1;
    c->memory[end] = edge->set | edge->clear;
    put(c, at, TI_GPIO1, end, edge->set ? GPSET0 : GPCLR0, 4);
    return end;
}

static const char *wrong_edge(const struct chain *c, const struct pin_edge *edge, int64_t from, uint32_t frames)
{
    if (edge->frame < from || edge->frame >= c->frames + frames)
        return "edges must ascend, at most one a frame, within their segment";
    if ((edge->set & edge->clear) || !(edge->set | edge->clear))
        return "an edge must set or clear some pin, and not both the same";
    return NULL;
}

const char *chain_build(struct chain *c, const uint32_t *words, uint32_t frames, const struct pin_edge *edges,
                        size_t count)
{
    const size_t slot = slot_at(c, c->built);
    size_t at = slot + block_base(c), end = slot + c->set.slot_words, first = at;
    int64_t from = c->frames;
    struct chain_slot *record = &c->slot[c->built % c->slots];

    if (frames < 4 || frames % 4 != 0 || frames > c->set.segment_frames)
        return "a segment must be a multiple of 4 frames, and no longer than its slot";
    if (!chain_has_room(c))
        return "the DMA engine has not left the slot of the next segment";
    put_words(c->memory + slot, words, 2 * (size_t)frames);
    for (size_t i = 0; i < count; i++) {
        const char *wrong = wrong_edge(c, &edges[i], i ? edges[i - 1].frame + 1 : from, frames);
        if (wrong)
            return wrong;
        if (at + 3 * BLOCK_WORDS + GPIO_DATA_WORDS > end)
            return "too many edges for one segment";
        if (edges[i].frame > from) { /* the words before the edge, then the edge */
            put(c, at, TI_FIFO, slot + 2 * (size_t)(from - c->frames), PWM_FIF1,
                (uint32_t)(8 * (edges[i].frame - from)));
            at += BLOCK_WORDS;
            from = edges[i].frame;
        }
        end = put_edge(c, at, end, &edges[i]);
        at += BLOCK_WORDS;
    }
    put(c, at, TI_FIFO, slot + 2 * (size_t)(from - c->frames), PWM_FIF1, (uint32_t)(8 * (c->frames + frames - from)));
    c->memory[at + NEXT] = bus_of(c, OFF_AT);
    *record = (struct chain_slot){c->frames, frames, (uint32_t)((at - first) / BLOCK_WORDS + 1)};
    c->pending = 1;
    c->pending_bus = bus_of(c, first);
    c->pending_tail = at;
    return NULL;
}

uint32_t chain_read_back(const struct chain *c)
{
    return c->memory[c->pending_tail + NEXT];
}

const char *chain_link(struct chain *c)
{
    if (!c->pending)
        return "no segment was built to be linked";
    if (c->built)
        c->memory[c->tail + NEXT] = c->pending_bus;
    c->tail = c->pending_tail;
    c->frames += c->slot[c->built % c->slots].frames;
    c->blocks += c->slot[c->built % c->slots].blocks;
    c->built++;
    c->pending = 0;
    return NULL;
}

uint32_t chain_tail(const struct chain *c)
{
    return bus_of(c, (size_t)c->tail);
}

uint32_t chain_entry(const struct chain *c)
{
    return bus_of(c, SLOTS_AT + block_base(c));
}

uint32_t chain_idle(const struct chain *c)
{
    return bus_of(c, OFF_AT);
}

/* The segment whose blocks lie in slot `index` and are linked. */
static uint64_t segment_in(const struct chain *c, uint64_t index)
{
    uint64_t last = c->built - 1;

    return last - (last % c->slots + c->slots - index) % c->slots;
}

struct chain_place chain_find(struct chain *c, uint32_t conblk_ad)
{
    const uint32_t word = (conblk_ad - c->bus) / 4;
    const uint32_t index = (word - SLOTS_AT) / c->set.slot_words;
    struct chain_place place = {CHAIN_LOST, 0, 0};
    const struct chain_slot *slot;
    uint32_t block;
    size_t at;

    if (conblk_ad == 0)
        place.at = CHAIN_NOWHERE;
    if (conblk_ad == bus_of(c, OFF_AT) || conblk_ad == bus_of(c, SILENCE_AT))
        place.at = CHAIN_IDLE;
    if (place.at != CHAIN_LOST || conblk_ad < c->bus || conblk_ad % 32 != 0 || word < SLOTS_AT || index >= c->slots ||
        c->built == 0 || (index >= c->built))
        return place;
    place.segment = segment_in(c, index);
    slot = &c->slot[index];
    at = slot_at(c, place.segment);
    block = (uint32_t)(word - at - block_base(c)) / BLOCK_WORDS;
    if (word < at + block_base(c) || block >= slot->blocks)
        return place;
    /* A GPIO block stands before the words of its frame: ask the FIFO block behind it. */
    if (c->memory[word] != TI_FIFO)
        block = word + BLOCK_WORDS;
    else
        block = word;
    place.at = CHAIN_SEGMENT;
    place.frame = slot->frame + (c->memory[block + 1] - bus_of(c, at)) / 8;
    if (place.segment > c->playing)
        c->playing = place.segment;
    return place;
}

void chain_withhold(struct chain *c, uint32_t set, uint32_t clear)
{
    for (uint64_t segment = c->playing; segment < c->built; segment++) {
        size_t at = slot_at(c, segment) + block_base(c);
        for (uint32_t i = c->slot[segment % c->slots].blocks; i > 0; i--, at += BLOCK_WORDS) {
            const size_t data = (c->memory[at + 1] - c->bus) / 4;
            if (c->memory[at] == TI_GPIO4) {
                c->memory[data] = c->memory[data] & ~set;
                c->memory[data + 3] = c->memory[data + 3] & ~clear;
            } else if (c->memory[at] == TI_GPIO1) {
                const uint32_t held = c->memory[at + 2] == GPSET0 ? set : clear;
                c->memory[data] = c->memory[data] & ~held;
            }
        }
    }
}
