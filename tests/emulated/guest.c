/* The first and only program of an emulated Raspberry Pi 3: the engine of the lathe, over its real door.
 *
 * The kernel starts it as /init. It maps /dev/mem by rpi_open and rpi_map_chain, as the booth does, plays the score that
 * lies in /score, and says how it ended. What the emulated board (QEMU's raspi3b) has not, a thin door in front of the
 * real one answers, and nothing else:
 *
 *   IDLE     a block linked to itself hangs the whole emulator: SILENCE links to 0, and a channel that came to 0 is told
 *            as one that is in IDLE, where a real one would be for ever
 *   DMA      DEBUG takes what should clear its flags for their value: that is not written
 *   clock    BUSY is never set: it follows ENAB
 *   PWM      there is none, its page is plain memory: CLRF is not remembered, STA says that nothing is wrong
 */
#include "engine.h"
#include "real_pi.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHAIN_BUS 0xCA000000 /* what boot/image/trees sets apart: physical 0x0A000000 */
#define RING_SAMPLES (1u << 17)
#define NEXT 5 /* word of a control block */

/* What /score begins with; arrays follow in this order, as this processor and the writer's both lay them out. */
struct head {
    uint64_t sizes[4]; /* of the structures below: a score of another version is refused */
    uint64_t segments[ENGINE_AXES];
    uint64_t events;
    uint64_t samples;
    uint64_t chain_bytes;
    char chip[16];
    struct engine_settings settings; /* its pointer means nothing here */
    struct pwm_settings pwm;
    struct motion_settings motion[ENGINE_AXES];
};

/* The thin door. */
struct board {
    struct door door;
    struct real_pi pi;
    const struct bcm_chip *chip;
    uint32_t idle;
    int32_t started;
};

static uint32_t board_read(void *self, uint32_t address)
{
    struct board *b = self;
    const uint32_t value = b->pi.door.read(&b->pi, address);

    if (address == bcm_dma_register(b->chip->dma_channel, DMA_CONBLK_AD) && b->started && !value)
        return b->idle;
    if (address == CM_PWMCTL && value & CM_ENAB)
        return value | CM_BUSY;
    if (address == PWM_CTL)
        return value & ~(uint32_t)CTL_CLRF;
    return address == PWM_STA ? 0 : value;
}

static void board_write(void *self, uint32_t address, uint32_t value)
{
    struct board *b = self;

    if (address == bcm_dma_register(b->chip->dma_channel, DMA_CS))
        b->started = value == CS_GO;
    if (address != bcm_dma_register(b->chip->dma_channel, DMA_DEBUG))
        b->pi.door.write(&b->pi, address, value);
}

static void board_barrier(void *self)
{
    struct board *b = self;

    b->pi.door.barrier(&b->pi);
}

static int64_t board_now_us(void *self)
{
    struct board *b = self;

    return b->pi.door.now_us(&b->pi);
}

static void board_sleep_us(void *self, int64_t us)
{
    struct board *b = self;

    b->pi.door.sleep_us(&b->pi, us);
}

static const char *board_open(struct board *b, const struct head *head)
{
    const char *wrong;

    b->chip = bcm_chip_named(head->chip);
    if (!b->chip)
        return "no such chip";
    wrong = rpi_open(&b->pi, "/dev/mem", b->chip->arm_base);
    if (!wrong)
        wrong = rpi_map_chain(&b->pi, CHAIN_BUS, head->chain_bytes);
    b->door = b->pi.door;
    b->door.self = b;
    b->door.read = board_read;
    b->door.write = board_write;
    b->door.barrier = board_barrier;
    b->door.now_us = board_now_us;
    b->door.sleep_us = board_sleep_us;
    return wrong;
}

/* SILENCE lies behind OFF. */
static void end_idle(struct board *b, const struct engine *e)
{
    const uint32_t off = (chain_idle(&e->chain) - CHAIN_BUS) / 4, silence = (b->door.memory[off + NEXT] - CHAIN_BUS) / 4;

    b->idle = chain_idle(&e->chain);
    b->door.memory[silence + NEXT] = 0;
}

static const void *take(const unsigned char **at, size_t bytes)
{
    const void *from = *at;

    *at += bytes;
    return from;
}

static const char *play(struct engine *e, struct board *b, const struct head *head, const unsigned char *at)
{
    static float ring[RING_SAMPLES];
    struct engine_score score = {.pwm = head->pwm, .ring = ring, .ring_samples = RING_SAMPLES};
    struct engine_settings settings = head->settings;
    const char *wrong;
    size_t taken;

    settings.chip = b->chip;
    for (size_t i = 0; i < ENGINE_AXES; i++) {
        score.motion[i] = head->motion[i];
        score.segments[i] = take(&at, head->segments[i] * sizeof(struct motion_segment));
        score.segment_count[i] = head->segments[i];
    }
    score.events = take(&at, head->events * sizeof(struct pin_edge));
    score.event_count = head->events;
    wrong = engine_begin(e, &settings, &score, &b->door);
    if (wrong)
        return wrong;
    end_idle(b, e);
    engine_offer(e, take(&at, head->samples * sizeof(float)), head->samples, &taken);
    if (taken != head->samples)
        return "there are more samples than the ring holds";
    engine_end_input(e);
    return engine_run(e, 0) == ENGINE_OVER ? NULL : "the engine wants more samples";
}

static size_t whole(const struct head *head)
{
    return sizeof *head + (head->segments[0] + head->segments[1]) * sizeof(struct motion_segment) +
           head->events * sizeof(struct pin_edge) + head->samples * sizeof(float);
}

static const char *read_score(unsigned char *into, size_t room)
{
    const int file = open("/score", O_RDONLY);
    const uint64_t sizes[4] = {sizeof(struct engine_settings), sizeof(struct motion_settings),
                               sizeof(struct motion_segment), sizeof(struct pin_edge)};
    size_t have = 0;

    for (ssize_t got = 1; file >= 0 && got > 0 && have < room; have += got > 0 ? (size_t)got : 0)
        got = read(file, into + have, room - have);
    if (have < sizeof(struct head) || memcmp(into, sizes, sizeof sizes) != 0)
        return "/score is not what this program reads";
    return have == whole((const struct head *)(const void *)into) ? NULL : "/score is cut off, or does not fit in here";
}

/* What the booth asks of a board before a cut, as this kernel shows it, byte by byte. */
static void tell_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        return;
    printf("EMULATED file %s ", path);
    for (int byte = fgetc(file); byte != EOF; byte = fgetc(file))
        printf("%02x", (unsigned)byte);
    printf("\n");
    fclose(file);
}

static void tell_board(void)
{
    static const char *const files[] = {"model", "compatible", "soc/ranges",
                                        "soc/dma-controller@7e007000/brcm,dma-channel-mask",
                                        "soc/dma@7e007000/brcm,dma-channel-mask", "soc/pwm@7e20c000/status",
                                        "reserved-memory/#address-cells", "reserved-memory/#size-cells",
                                        "reserved-memory/ranges", "reserved-memory/audioletter@a000000/status",
                                        "reserved-memory/audioletter@a000000/reg",
                                        "reserved-memory/audioletter@a000000/no-map"};
    char path[128];

    if (mount("proc", "/proc", "proc", 0, NULL) != 0 || mount("sysfs", "/sys", "sysfs", 0, NULL) != 0)
        perror("/proc, /sys");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "/proc/device-tree/%s", files[i]);
        tell_file(path);
    }
    for (int channel = 0; channel < DMA_CHANNELS; channel++) {
        snprintf(path, sizeof path, "/sys/class/dma/dma0chan%d/in_use", channel);
        tell_file(path);
    }
    tell_file("/proc/modules");
    tell_file("/proc/iomem");
    tell_file("/proc/sys/kernel/random/boot_id");
}

int main(void)
{
    static _Alignas(16) unsigned char bytes[8 << 20];
    static struct engine engine;
    static struct board board;
    const struct head *head = (const struct head *)bytes;
    struct engine_look look;
    const char *wrong, *refused = NULL;
    char word[16];

    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0)
        perror("/dev");
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    tell_board();
    wrong = read_score(bytes, sizeof bytes);
    printf("\nEMULATED ready\n"); /* now somebody may look */
    fflush(stdout);
    if (!fgets(word, sizeof word, stdin))
        return 1;
    if (!wrong)
        wrong = board_open(&board, head);
    if (!wrong)
        refused = engine_go_realtime(); /* as the feeder does; who may do everything is refused nothing */
    if (!wrong)
        wrong = play(&engine, &board, head, bytes + sizeof *head);
    engine_look(&engine, &look);
    if (!wrong)
        wrong = look.cause;
    printf("\nEMULATED over {\"state\": %" PRId32 ", \"wrong\": \"%s\", \"blocks\": %" PRIu64 ", \"steps\": [%" PRId64
           ", %" PRId64 "], \"strays\": %" PRIu32 ", \"realtime\": \"%s\"}\n",
           look.state, wrong ? wrong : "", look.blocks, look.pulses[0], look.pulses[1], board.pi.strays,
           refused ? refused : "");
    fflush(stdout);
    for (;;)
        pause(); /* the kernel wants its first program to stay */
}
