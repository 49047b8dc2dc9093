/* See real_pi.h. DS = "BCM2711 ARM Peripherals". */
#include "real_pi.h"

#include "bcm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_MASK = RPI_PAGE_BYTES - 1, CLOSED = -1 };

static const uint32_t pages[RPI_BLOCKS] = {DMA_BASE, CM_PWMCTL & ~(uint32_t)PAGE_MASK, GPFSEL0, PWM_CTL};

static volatile uint32_t *find(struct real_pi *pi, uint32_t address)
{
    for (size_t i = 0; i < RPI_BLOCKS; i++)
        if ((address & ~(uint32_t)PAGE_MASK) == pages[i] && pi->block[i])
            return pi->block[i] + (address & PAGE_MASK) / sizeof(uint32_t);
    pi->strays++;
    return NULL;
}

/* DS 1.3: a barrier between accesses to different peripherals, for one may answer after another that was asked later; and
 * stores to chain memory before those to registers. So each access has one before it: it is a thousandth of a segment.
 * The whole system is to see that order: the compiler's own barrier is for the cores alone (dmb ish), and the DMA engine
 * is none of them (Arm DDI 0487, "Data Memory Barrier"; Linux, arch/arm64/include/asm/barrier.h: dma_mb() is dmb osh). */
static void door_barrier(void *self)
{
    (void)self;
#if defined(__ARM_ARCH) && __ARM_ARCH >= 7
    __asm__ volatile("dmb sy" ::: "memory");
#else
    __sync_synchronize();
#endif
}

static uint32_t door_read(void *self, uint32_t address)
{
    const volatile uint32_t *at = find(self, address);

    door_barrier(self);
    return at ? *at : 0;
}

static void door_write(void *self, uint32_t address, uint32_t value)
{
    volatile uint32_t *at = find(self, address);

    door_barrier(self);
    if (at)
        *at = value;
}

/* RAW: a clock that a time server does not bend is what the crystal of the PWM is compared with. */
static int64_t door_now_us(void *self)
{
    struct timespec now;

    (void)self;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Until a moment rather than for a while, so that a signal in between neither shortens nor lengthens it. */
static void door_sleep_us(void *self, int64_t us)
{
    struct timespec until;

    (void)self;
    if (us <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(us / 1000000);
    until.tv_nsec += (long)(us % 1000000 * 1000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

static void *map(const struct real_pi *pi, uint64_t physical, size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pi->file, (off_t)physical);
}

const char *rpi_open(struct real_pi *pi, const char *path, uint64_t arm_base)
{
    *pi = (struct real_pi){.file = CLOSED};
    pi->door = (struct door){.self = pi, .read = door_read, .write = door_write, .barrier = door_barrier,
                             .now_us = door_now_us, .sleep_us = door_sleep_us};
    pi->file = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
    if (pi->file < 0)
        return errno == ENOENT ? "physical memory cannot be opened: there is no such file"
                               : "physical memory cannot be opened; the cutter needs CAP_SYS_RAWIO and group kmem";
    if (flock(pi->file, LOCK_EX | LOCK_NB) != 0) {
        rpi_close(pi);
        return "another audioletter works with this board's registers (a booth, a cut, a doctor); end it first";
    }
    for (size_t i = 0; i < RPI_BLOCKS; i++) {
        void *at = map(pi, arm_base + (pages[i] - BUS_PERIPHERALS), RPI_PAGE_BYTES);
        if (at == MAP_FAILED) {
            rpi_close(pi);
            return "the registers cannot be mapped; this kernel wants iomem=relaxed in cmdline.txt";
        }
        pi->block[i] = at;
    }
    return NULL;
}

const char *rpi_map_chain(struct real_pi *pi, uint32_t bus, size_t bytes)
{
    void *at;

    if (pi->file < 0 || pi->chain_bytes)
        return "chain memory is mapped once, after the registers";
    if (!bytes || bytes & PAGE_MASK || bus & PAGE_MASK)
        return "chain memory must be whole pages";
    at = map(pi, bus & ~BUS_ALIAS_MASK, bytes);
    if (at == MAP_FAILED)
        return "chain memory cannot be mapped; this kernel wants iomem=relaxed in cmdline.txt";
    pi->door.memory = at;
    pi->door.memory_words = bytes / sizeof(uint32_t);
    pi->door.memory_bus = bus;
    pi->chain_bytes = bytes;
    return NULL;
}

static void unmap(volatile uint32_t *at, size_t bytes)
{
    if (at && bytes)
        munmap((void *)(uintptr_t)at, bytes);
}

void rpi_close(struct real_pi *pi)
{
    for (size_t i = 0; i < RPI_BLOCKS; i++) {
        unmap(pi->block[i], RPI_PAGE_BYTES);
        pi->block[i] = NULL;
    }
    unmap(pi->door.memory, pi->chain_bytes);
    pi->door.memory = NULL;
    pi->door.memory_words = pi->chain_bytes = 0;
    if (pi->file >= 0)
        close(pi->file);
    pi->file = CLOSED;
}

uint32_t rpi_read(struct real_pi *pi, uint32_t bus_address)
{
    return door_read(pi, bus_address);
}

void rpi_write(struct real_pi *pi, uint32_t bus_address, uint32_t value)
{
    door_write(pi, bus_address, value);
}
