/* Register facts of the BCM2835, BCM2836/7 and BCM2711, each once, as far as the lathe uses them.
 *
 * Documents:  DS = "BCM2711 ARM Peripherals"; the BCM2835 sheet has the same chapters.
 *             Errata = "BCM2835 datasheet errata" (elinux.org) and ma16/rpio, "Rpi/Pwm.md", found by measurement.
 * All addresses are bus addresses, as a DMA control block names them (DS 1.2.4). A second table, typed independently,
 * is compared with this one in tests/registers. Plain numbers only: the compiler and cffi read the same lines.
 */
#ifndef AUDIOLETTER_BCM_H
#define AUDIOLETTER_BCM_H

#include <stdint.h>

/* --- address map: DS 1.2.3, 1.2.4 ------------------------------------------------------------------------------ */
#define BUS_PERIPHERALS 0x7E000000      /* to 0x7EFFFFFF */
#define BUS_ALIAS_MASK 0xC0000000       /* bus address & ~mask = physical address of RAM */
#define SYSTEM_TIMER_CLO 0x7E003004     /* DS 10.2: free-running microseconds, low 32 bits */

/* --- DMA controller: DS 4.2.1.2 -------------------------------------------------------------------------------- */
#define DMA_BASE 0x7E007000             /* channel n at base + n * 0x100, n = 0..14 */
#define DMA_CHANNEL_STRIDE 0x100
#define DMA_CHANNELS 15                 /* channel 15 lies elsewhere and belongs to the VPU */
#define DMA_INT_STATUS 0x7E007FE0
#define DMA_ENABLE 0x7E007FF0           /* bit n = channel n; on BCM2711 bits 31:24 are PAGE, to be left 0 */
#define DMA_ENABLE_PAGES 0xFF000000

/* offsets inside a channel: DS 4.2.1.2, table "DMA channel register map" */
#define DMA_CS 0x00
#define DMA_CONBLK_AD 0x04
#define DMA_TI 0x08
#define DMA_SOURCE_AD 0x0C
#define DMA_DEST_AD 0x10
#define DMA_TXFR_LEN 0x14
#define DMA_STRIDE 0x18
#define DMA_NEXTCONBK 0x1C              /* may be written only while the channel is paused */
#define DMA_DEBUG 0x20

/* CS: DS 4.2.1.2, "0_CS .. 14_CS" */
#define CS_RESET 0x80000000             /* W1, clears itself, stops in the middle of a block */
#define CS_ABORT 0x40000000             /* W1, drops this block and goes on with the next */
#define CS_DISDEBUG 0x20000000
#define CS_WAIT_FOR_OUTSTANDING_WRITES 0x10000000
#define CS_PANIC_PRIORITY_MASK 0x00F00000
#define CS_PRIORITY_MASK 0x000F0000
#define CS_ERROR 0x00000100
#define CS_WAITING_FOR_OUTSTANDING_WRITES 0x00000040
#define CS_DREQ_STOPS_DMA 0x00000020
#define CS_PAUSED 0x00000010
#define CS_DREQ 0x00000008
#define CS_INT 0x00000004               /* W1C */
#define CS_END 0x00000002               /* W1C */
#define CS_ACTIVE 0x00000001
/* DISDEBUG | WAIT_FOR_OUTSTANDING_WRITES | PANIC_PRIORITY 15 | PRIORITY 8 | ACTIVE */
#define CS_GO 0x30F80001

/* TI: DS 4.2.1.2, "0_TI .. 6_TI" and "7_TI .. 10_TI"; a lite channel lacks bits 26, 11, 7 and 1 */
#define TI_NO_WIDE_BURSTS 0x04000000
#define TI_WAITS_MASK 0x03E00000
#define TI_PERMAP_MASK 0x001F0000
#define TI_PERMAP_SHIFT 16
#define TI_BURST_LENGTH_MASK 0x0000F000
#define TI_SRC_IGNORE 0x00000800
#define TI_SRC_DREQ 0x00000400
#define TI_SRC_WIDTH 0x00000200
#define TI_SRC_INC 0x00000100
#define TI_DEST_IGNORE 0x00000080
#define TI_DEST_DREQ 0x00000040
#define TI_DEST_WIDTH 0x00000020
#define TI_DEST_INC 0x00000010
#define TI_WAIT_RESP 0x00000008
#define TI_TDMODE 0x00000002
#define TI_INTEN 0x00000001
#define TI_RESERVED 0xF8000004
#define TI_NOT_LITE 0x04000882          /* bits that a lite channel does not have */

/* what our control blocks use */
#define TI_FIFO 0x04050148              /* NO_WIDE_BURSTS | PERMAP 5 | SRC_INC | DEST_DREQ | WAIT_RESP; to PWM_FIF1 */
#define TI_GPIO1 0x04000008             /* NO_WIDE_BURSTS | WAIT_RESP; one word to GPSET0 or GPCLR0 */
#define TI_GPIO4 0x04000118             /* TI_GPIO1 | SRC_INC | DEST_INC; {SET0, SET1, 0, CLR0} to GPSET0 */

/* DREQ numbers: DS 4.2.1.3 */
#define DREQ_NONE 0
#define DREQ_PWM0 5

/* lengths: DS 4.2.1.2 "TXFR_LEN"; a lite engine's 16 bits, whole words (the sheet's 65536 needs 17 bits) */
#define DMA_LITE_MAX_BYTES 65532
#define DMA_MAX_BYTES 0x3FFFFFFC
#define DMA_YLENGTH_MASK 0x3FFF0000     /* 2D mode: rows - 1 in bits 29:16 */

/* DEBUG: DS 4.2.1.2, "0_DEBUG"; bits 2:0 are W1C */
#define DEBUG_LITE 0x10000000
#define DEBUG_READ_ERROR 0x00000004
#define DEBUG_FIFO_ERROR 0x00000002
#define DEBUG_READ_LAST_NOT_SET 0x00000001
#define DEBUG_ERRORS 0x00000007

/* A control block: DS 4.2.1.1. Eight words, aligned to 32 bytes, latched whole when it starts. */
#define DMA_BLOCK_BYTES 32
#define DMA_BLOCK_WORDS 8
struct dma_control_block {
    uint32_t ti;
    uint32_t source_ad;
    uint32_t dest_ad;
    uint32_t txfr_len;
    uint32_t stride;
    uint32_t nextconbk;
    uint32_t reserved[2];
};

/* --- PWM0: DS 8.6; Errata for the FIFO ------------------------------------------------------------------------- */
#define PWM_CTL 0x7E20C000
#define PWM_STA 0x7E20C004
#define PWM_DMAC 0x7E20C008
#define PWM_RNG1 0x7E20C010
#define PWM_DAT1 0x7E20C014
#define PWM_FIF1 0x7E20C018
#define PWM_RNG2 0x7E20C020
#define PWM_DAT2 0x7E20C024
#define PWM_FIF1_READS 0x70776D30       /* "pwm0": the FIFO can only be written */
#define PWM_FIFO_WORDS 16               /* Errata: 16, not the sheet's 8 (BCM2835); plan for 16 on BCM2711 too */

/* CTL: DS 8.6 "CTL" */
#define CTL_PWEN1 0x0001
#define CTL_MODE1 0x0002
#define CTL_RPTL1 0x0004
#define CTL_SBIT1 0x0008
#define CTL_POLA1 0x0010
#define CTL_USEF1 0x0020
#define CTL_CLRF 0x0040                 /* one shot, reads 0 */
#define CTL_MSEN1 0x0080
#define CTL_PWEN2 0x0100
#define CTL_MODE2 0x0200
#define CTL_RPTL2 0x0400
#define CTL_SBIT2 0x0800
#define CTL_POLA2 0x1000
#define CTL_USEF2 0x2000
#define CTL_MSEN2 0x8000
#define CTL_READY 0xA0A0                /* both legs mark/space from the FIFO, still off */
#define CTL_RUN 0xA1A1                  /* CTL_READY | PWEN1 | PWEN2: both start on the same write */

/* STA: DS 8.6 "STA" */
#define STA_FULL 0x001
#define STA_EMPT 0x002
#define STA_WERR 0x004
#define STA_RERR 0x008
#define STA_GAPO1 0x010
#define STA_GAPO2 0x020
#define STA_BERR 0x100
#define STA_STA1 0x200
#define STA_STA2 0x400
#define STA_CLEAR 0x13C                 /* all that is cleared by writing 1 */
#define STA_FAULTS 0x10C                /* WERR | RERR | BERR: the flags worth polling (GAPO cries wolf: ma16) */

/* DMAC: DS 8.6 "DMAC"; DREQ is raised while the FIFO holds no more words than the threshold */
#define DMAC_ENAB 0x80000000
#define DMAC_PANIC_SHIFT 8
#define DMAC_DREQ_MASK 0x000000FF
#define DMAC_OURS 0x8000080C            /* ENAB | PANIC 8 | DREQ 12 */
#define DMAC_OUR_DREQ 12
#define PWM_CTL_PAUSE_US 10             /* two writes of CTL closer than this: the second is lost (BERR) */

/* --- clock manager: DS 5.4 ------------------------------------------------------------------------------------- */
#define CM_PWMCTL 0x7E1010A0
#define CM_PWMDIV 0x7E1010A4
#define CM_PASSWD 0x5A000000
#define CM_PASSWD_MASK 0xFF000000
#define CM_MASH_MASK 0x600
#define CM_MASH_SHIFT 9
#define CM_FLIP 0x100
#define CM_BUSY 0x080
#define CM_KILL 0x020
#define CM_ENAB 0x010
#define CM_SRC_MASK 0x00F
#define CM_SRC_GND 0
#define CM_SRC_OSC 1
#define CM_SRC_PLLD 6
#define CM_DIVI_MASK 0x00FFF000
#define CM_DIVI_SHIFT 12
#define CM_DIVF_MASK 0x00000FFF

/* --- GPIO: DS 5.2; pulls of the older chips: BCM2835 ARM Peripherals 6.1 ---------------------------------------- */
#define GPIO_PINS 54
#define GPFSEL0 0x7E200000              /* three bits a pin, ten pins a register */
#define GPSET0 0x7E20001C
#define GPSET1 0x7E200020
#define GPIO_RESERVED_24 0x7E200024     /* between SET1 and CLR0: takes the 0 of a TI_GPIO4 block */
#define GPCLR0 0x7E200028
#define GPCLR1 0x7E20002C
#define GPLEV0 0x7E200034
#define GPLEV1 0x7E200038
#define GPPUD 0x7E200094                /* BCM2835/6/7: 0 off, 1 down, 2 up */
#define GPPUDCLK0 0x7E200098
#define GPPUDCLK1 0x7E20009C
#define GPIO_PUP_PDN_CNTRL_REG0 0x7E2000E4 /* BCM2711: two bits a pin, 0 none, 1 up, 2 down */
#define FSEL_IN 0
#define FSEL_OUT 1
#define FSEL_ALT0 4
#define FSEL_ALT1 5
#define FSEL_ALT2 6
#define FSEL_ALT3 7
#define FSEL_ALT4 3
#define FSEL_ALT5 2

/* --- the chips: DS 1.2; BCM2835 ARM Peripherals 1.2.3; pigpio gpioHardwareRevision(); ServoBlaster servod.c ----- */
#define PWM_CLOCK_HZ 125000000
#define PWM_RANGE 625                   /* clocks a frame: 5.000 us */

struct bcm_chip {
    const char *name;
    uint32_t arm_base;      /* physical base of the peripherals as the ARM sees them */
    uint32_t ram_alias;     /* or'ed to a RAM address for the DMA engine: uncached, or coherent on BCM2835 */
    uint32_t mailbox_flags; /* of the allocate call: memory that the alias fits */
    uint32_t plld_hz;
    uint32_t xtal_hz;
    uint32_t pwm_divider;   /* PLLD / divider = PWM_CLOCK_HZ */
    uint32_t dma_channel;   /* ours: 14, or 7 where 11-14 are DMA4 engines */
    uint32_t first_lite;    /* first and last classic lite channel */
    uint32_t last_lite;
};

/* The facts of "bcm2835", "bcm2837" (also BCM2836 and RP3A0) or "bcm2711"; NULL for any other name. */
const struct bcm_chip *bcm_chip_named(const char *name);

/* Bus address of a register (DMA_CS, ...) of a DMA channel. */
uint32_t bcm_dma_register(uint32_t channel, uint32_t offset);

/* Bus address of the GPFSEL register of a pin, and how far its three bits are shifted there. */
uint32_t bcm_fsel_register(uint32_t gpio);
uint32_t bcm_fsel_shift(uint32_t gpio);

/* What to write to CM_PWMDIV for an integer divider, password included. */
uint32_t bcm_clock_divider(uint32_t integer);

/* How many frames a GPIO block runs ahead of the words behind it, in the steady state and with two words a frame.
 * The engine fills the FIFO to DREQ + 1 words after each frame has taken two, so a block behind the words of n frames
 * runs during output frame n - lead: 7 for our DREQ of 12. (Computed for this project; field note: 6 to 7.) */
uint32_t bcm_gpio_lead_frames(uint32_t dreq);

#endif
