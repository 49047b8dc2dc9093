/* Whole numbers of 128 bits, which motion decides by: the compiler's own, or two words where it has none (the Zero and
 * the first Pis, whose processors have 32 bits). Both give the same numbers; tests/test_bench.py holds it. */
#ifndef WIDE_H
#define WIDE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __SIZEOF_INT128__

typedef __int128 wide;

static inline wide wide_of(int64_t value)
{
    return value;
}

static inline wide wide_plus(wide a, wide b)
{
    return a + b;
}

static inline wide wide_times(wide a, int64_t b)
{
    return a * b;
}

/* a * 2^bits, of either sign. */
static inline wide wide_left(wide a, int bits)
{
    return a * ((wide)1 << bits);
}

/* a / 2^bits towards minus infinity, of which 64 bits are kept. */
static inline int64_t wide_right(wide a, int bits)
{
    return (int64_t)(a >> bits);
}

static inline bool wide_below(wide a, wide b)
{
    return a < b;
}

/* Quotient, towards zero, and remainder of a number that is not below zero by one that is above it. */
static inline int64_t wide_divided(wide a, int64_t by, int64_t *left)
{
    *left = (int64_t)(a % by);
    return (int64_t)(a / by);
}

#else

typedef struct {
    int64_t high;
    uint64_t low;
} wide;

static inline wide wide_of(int64_t value)
{
    return (wide){value < 0 ? -1 : 0, (uint64_t)value};
}

static inline wide wide_plus(wide a, wide b)
{
    const uint64_t low = a.low + b.low;

    return (wide){(int64_t)((uint64_t)a.high + (uint64_t)b.high + (low < a.low)), low};
}

/* Of two words each the whole product. */
static inline wide wide_product(uint64_t a, uint64_t b)
{
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;

    return (wide){(int64_t)(a1 * b1 + (middle >> 32) + (other >> 32)), a * b};
}

static inline wide wide_times(wide a, int64_t b)
{
    wide product = wide_product(a.low, (uint64_t)b);
    uint64_t high = (uint64_t)product.high + (uint64_t)a.high * (uint64_t)b;

    if (b < 0) /* its bits were read as 2^64 more */
        high -= a.low;
    product.high = (int64_t)high;
    return product;
}

static inline wide wide_left(wide a, int bits)
{
    if (bits >= 64)
        return (wide){(int64_t)(a.low << (bits - 64)), 0};
    if (bits == 0)
        return a;
    return (wide){(int64_t)((uint64_t)a.high << bits | a.low >> (64 - bits)), a.low << bits};
}

static inline int64_t wide_right(wide a, int bits)
{
    if (bits >= 64)
        return a.high >> (bits - 64);
    return bits == 0 ? (int64_t)a.low : (int64_t)((uint64_t)a.high << (64 - bits) | a.low >> bits);
}

static inline bool wide_below(wide a, wide b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static inline int64_t wide_divided(wide a, int64_t by, int64_t *left)
{
    uint64_t rest = 0, quotient = 0;

    for (int bit = 127; bit >= 0; bit--) {
        rest = rest << 1 | (bit >= 64 ? (uint64_t)a.high >> (bit - 64) : a.low >> bit) % 2;
        quotient <<= 1;
        if (rest >= (uint64_t)by) {
            rest -= (uint64_t)by;
            quotient |= 1;
        }
    }
    *left = (int64_t)rest;
    return (int64_t)quotient;
}

#endif

#endif
