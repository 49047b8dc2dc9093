"""bcm.h against a second table, typed from the datasheets' own way of speaking: bit numbers, offsets, decimal.

DS is "BCM2711 ARM Peripherals"; what it leaves open is from the errata and the programs named in bcm.h.
"""

import re
from pathlib import Path

import pytest

from appliance.native import ffi, lib

HEADER = Path(__file__).parents[2] / 'native' / 'bcm.h'


def bits(*numbers):
    return sum(1 << n for n in numbers)


def field(high, low):
    return bits(*range(low, high + 1))


DMA = 0x7E00_0000 + 0x7000
PWM = 0x7E00_0000 + 0x20_C000
CM = 0x7E00_0000 + 0x10_1000
GPIO = 0x7E00_0000 + 0x20_0000

TABLE = {
    # DS 1.2: the map. DS 10.2: CLO is the second word of the system timer at offset 0x3000
    'BUS_PERIPHERALS': 126 << 24, 'BUS_ALIAS_MASK': bits(31, 30), 'SYSTEM_TIMER_CLO': 0x7E00_3000 + 4,
    # DS 4.2: fifteen channels of 256 bytes, then the two shared registers at 0xFE0 and 0xFF0
    'DMA_BASE': DMA, 'DMA_CHANNEL_STRIDE': 256, 'DMA_CHANNELS': 15, 'DMA_INT_STATUS': DMA + 0xFE0,
    'DMA_ENABLE': DMA + 0xFF0, 'DMA_ENABLE_PAGES': field(31, 24),
    'DMA_CS': 0, 'DMA_CONBLK_AD': 4, 'DMA_TI': 8, 'DMA_SOURCE_AD': 12, 'DMA_DEST_AD': 16, 'DMA_TXFR_LEN': 20,
    'DMA_STRIDE': 24, 'DMA_NEXTCONBK': 28, 'DMA_DEBUG': 32,
    'CS_RESET': bits(31), 'CS_ABORT': bits(30), 'CS_DISDEBUG': bits(29), 'CS_WAIT_FOR_OUTSTANDING_WRITES': bits(28),
    'CS_PANIC_PRIORITY_MASK': field(23, 20), 'CS_PRIORITY_MASK': field(19, 16), 'CS_ERROR': bits(8),
    'CS_WAITING_FOR_OUTSTANDING_WRITES': bits(6), 'CS_DREQ_STOPS_DMA': bits(5), 'CS_PAUSED': bits(4),
    'CS_DREQ': bits(3), 'CS_INT': bits(2), 'CS_END': bits(1), 'CS_ACTIVE': bits(0),
    'CS_GO': bits(29, 28) | 15 << 20 | 8 << 16 | bits(0),
    'TI_NO_WIDE_BURSTS': bits(26), 'TI_WAITS_MASK': field(25, 21), 'TI_PERMAP_MASK': field(20, 16),
    'TI_PERMAP_SHIFT': 16, 'TI_BURST_LENGTH_MASK': field(15, 12), 'TI_SRC_IGNORE': bits(11), 'TI_SRC_DREQ': bits(10),
    'TI_SRC_WIDTH': bits(9), 'TI_SRC_INC': bits(8), 'TI_DEST_IGNORE': bits(7), 'TI_DEST_DREQ': bits(6),
    'TI_DEST_WIDTH': bits(5), 'TI_DEST_INC': bits(4), 'TI_WAIT_RESP': bits(3), 'TI_TDMODE': bits(1),
    'TI_INTEN': bits(0), 'TI_RESERVED': field(31, 27) | bits(2), 'TI_NOT_LITE': bits(26, 11, 7, 1),
    'TI_FIFO': bits(26, 8, 6, 3) | 5 << 16, 'TI_GPIO1': bits(26, 3), 'TI_GPIO4': bits(26, 8, 4, 3),
    'DREQ_NONE': 0, 'DREQ_PWM0': 5,
    'DMA_LITE_MAX_BYTES': (1 << 16) - 4, 'DMA_MAX_BYTES': (1 << 30) - 4, 'DMA_YLENGTH_MASK': field(29, 16),
    'DEBUG_LITE': bits(28), 'DEBUG_READ_ERROR': bits(2), 'DEBUG_FIFO_ERROR': bits(1),
    'DEBUG_READ_LAST_NOT_SET': bits(0), 'DEBUG_ERRORS': field(2, 0),
    'DMA_BLOCK_BYTES': 256 // 8, 'DMA_BLOCK_WORDS': 8,  # 256 *bit*
    # DS 8.6
    'PWM_CTL': PWM, 'PWM_STA': PWM + 0x4, 'PWM_DMAC': PWM + 0x8, 'PWM_RNG1': PWM + 0x10, 'PWM_DAT1': PWM + 0x14,
    'PWM_FIF1': PWM + 0x18, 'PWM_RNG2': PWM + 0x20, 'PWM_DAT2': PWM + 0x24,
    'PWM_FIF1_READS': int.from_bytes(b'pwm0', 'big'), 'PWM_FIFO_WORDS': 16,
    'CTL_PWEN1': bits(0), 'CTL_MODE1': bits(1), 'CTL_RPTL1': bits(2), 'CTL_SBIT1': bits(3), 'CTL_POLA1': bits(4),
    'CTL_USEF1': bits(5), 'CTL_CLRF': bits(6), 'CTL_MSEN1': bits(7), 'CTL_PWEN2': bits(8), 'CTL_MODE2': bits(9),
    'CTL_RPTL2': bits(10), 'CTL_SBIT2': bits(11), 'CTL_POLA2': bits(12), 'CTL_USEF2': bits(13), 'CTL_MSEN2': bits(15),
    'CTL_READY': bits(5, 7, 13, 15), 'CTL_RUN': bits(0, 5, 7, 8, 13, 15),
    'STA_FULL': bits(0), 'STA_EMPT': bits(1), 'STA_WERR': bits(2), 'STA_RERR': bits(3), 'STA_GAPO1': bits(4),
    'STA_GAPO2': bits(5), 'STA_BERR': bits(8), 'STA_STA1': bits(9), 'STA_STA2': bits(10),
    'STA_CLEAR': bits(2, 3, 4, 5, 8), 'STA_FAULTS': bits(2, 3, 8),
    'DMAC_ENAB': bits(31), 'DMAC_PANIC_SHIFT': 8, 'DMAC_DREQ_MASK': field(7, 0),
    'DMAC_OURS': bits(31) | 8 << 8 | 12, 'DMAC_OUR_DREQ': 12, 'PWM_CTL_PAUSE_US': 10,
    # DS 5.4
    'CM_PWMCTL': CM + 160, 'CM_PWMDIV': CM + 164, 'CM_PASSWD': ord('Z') << 24, 'CM_PASSWD_MASK': field(31, 24),
    'CM_MASH_MASK': field(10, 9), 'CM_MASH_SHIFT': 9, 'CM_FLIP': bits(8), 'CM_BUSY': bits(7), 'CM_KILL': bits(5),
    'CM_ENAB': bits(4), 'CM_SRC_MASK': field(3, 0), 'CM_SRC_GND': 0, 'CM_SRC_OSC': 1, 'CM_SRC_PLLD': 6,
    'CM_DIVI_MASK': field(23, 12), 'CM_DIVI_SHIFT': 12, 'CM_DIVF_MASK': field(11, 0),
    # DS 5.2, BCM2835 ARM Peripherals 6.1: six GPFSEL, a hole, two each of SET, a hole, CLR, a hole, LEV
    'GPIO_PINS': 54, 'GPFSEL0': GPIO, 'GPSET0': GPIO + 4 * 7, 'GPSET1': GPIO + 4 * 8, 'GPIO_RESERVED_24': GPIO + 4 * 9,
    'GPCLR0': GPIO + 4 * 10, 'GPCLR1': GPIO + 4 * 11, 'GPLEV0': GPIO + 4 * 13, 'GPLEV1': GPIO + 4 * 14,
    'GPPUD': GPIO + 4 * 37, 'GPPUDCLK0': GPIO + 4 * 38, 'GPPUDCLK1': GPIO + 4 * 39,
    'GPIO_PUP_PDN_CNTRL_REG0': GPIO + 4 * 57,
    'FSEL_IN': 0b000, 'FSEL_OUT': 0b001, 'FSEL_ALT0': 0b100, 'FSEL_ALT1': 0b101, 'FSEL_ALT2': 0b110,
    'FSEL_ALT3': 0b111, 'FSEL_ALT4': 0b011, 'FSEL_ALT5': 0b010,
    'PWM_CLOCK_HZ': 125_000_000, 'PWM_RANGE': 125_000_000 // 200_000,
}  # fmt: skip


@pytest.mark.parametrize('name', TABLE)
def test_the_header_says_what_the_sheet_says(name):
    assert getattr(lib, name) == TABLE[name]


def test_no_number_of_the_header_escapes_the_table():
    names = re.findall(r'^#define +(\w+) +\S', HEADER.read_text(encoding='utf-8'), re.M)
    assert sorted(names) == sorted(TABLE)


# name: ARM base, RAM alias, mailbox flags, PLLD, crystal, our DMA channel, lite channels
CHIPS = {
    'bcm2835': (0x2000_0000, 1 << 30, 12, 500e6, 19.2e6, 14, (7, 14)),
    'bcm2837': (0x3F00_0000, 3 << 30, 4, 500e6, 19.2e6, 14, (7, 14)),
    'bcm2711': (0xFE00_0000, 3 << 30, 4, 750e6, 54e6, 7, (7, 10)),
}


@pytest.mark.parametrize('name', CHIPS)
def test_a_chip_is_as_the_sheets_and_the_field_know_it(name):
    chip = lib.bcm_chip_named(name.encode())
    base, alias, flags, plld_hz, xtal_hz, channel, lite = CHIPS[name]
    assert ffi.string(chip.name) == name.encode()
    assert (chip.arm_base, chip.ram_alias, chip.mailbox_flags) == (base, alias, flags)
    assert (chip.plld_hz, chip.xtal_hz) == (plld_hz, xtal_hz)
    assert (chip.dma_channel, (chip.first_lite, chip.last_lite)) == (channel, lite)
    assert chip.plld_hz == chip.pwm_divider * lib.PWM_CLOCK_HZ  # an integer divider: no jitter


def test_an_unknown_chip_has_no_facts():
    assert lib.bcm_chip_named(b'bcm2712') == ffi.NULL


def test_a_control_block_is_eight_words_in_the_sheet_s_order():
    assert ffi.sizeof('struct dma_control_block') == 32
    order = ['ti', 'source_ad', 'dest_ad', 'txfr_len', 'stride', 'nextconbk', 'reserved']
    assert [ffi.offsetof('struct dma_control_block', name) for name in order] == [0, 4, 8, 12, 16, 20, 24]


def test_channel_registers_lie_256_bytes_apart():
    assert lib.bcm_dma_register(14, lib.DMA_CONBLK_AD) == 0x7E007E04
    assert lib.bcm_dma_register(7, lib.DMA_CS) == 0x7E007700


@pytest.mark.parametrize(
    ('gpio', 'register', 'shift'), [(0, 0, 0), (9, 0, 27), (10, 4, 0), (13, 4, 9), (27, 8, 21), (53, 20, 9)]
)
def test_a_pin_finds_its_function_bits(gpio, register, shift):
    assert lib.bcm_fsel_register(gpio) == GPIO + register
    assert lib.bcm_fsel_shift(gpio) == shift


def test_the_divider_carries_password_and_integer_part():
    assert lib.bcm_clock_divider(4) == 0x5A004000
    assert lib.bcm_clock_divider(6) == 0x5A006000


@pytest.mark.parametrize(('dreq', 'lead'), [(1, 2), (11, 7), (12, 7), (13, 8), (15, 9)])
def test_the_lead_follows_from_filling_to_one_above_the_threshold(dreq, lead):
    """Twin: frame by frame, two words out, then in until the level passes the threshold; see when word 2n is in."""
    level, written, frame = dreq + 1, dreq + 1, -1
    n = 100
    while written < 2 * n:
        frame += 1
        level -= 2
        while level <= dreq and written < 2 * n:
            level += 1
            written += 1
    assert n - frame == lead
    assert lib.bcm_gpio_lead_frames(dreq) == lead
