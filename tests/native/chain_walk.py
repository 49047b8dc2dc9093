"""A second reading of the chain, in plain Python from the datasheet: what a DMA engine would do with these bytes.

BCM2711 ARM Peripherals 4.2.1.1 (control block), 4.2.1.2 (TI of a lite channel), 5.2 (GPIO), 8.6 (PWM).
"""

from dataclasses import dataclass, field

FIFO, SET0, CLR0 = 0x7E20C018, 0x7E20001C, 0x7E200028
LITE_MAX_BYTES = 65532
# TI bits: 3 wait for the response, 6 destination paced by DREQ, 8 source counts, 4 destination counts, 16-20 PERMAP 5
TI_PACED = 1 << 26 | 5 << 16 | 1 << 8 | 1 << 6 | 1 << 3
TI_ONE = 1 << 26 | 1 << 3
TI_FOUR = 1 << 26 | 1 << 8 | 1 << 4 | 1 << 3


@dataclass
class Walk:
    """What lies on the way from `entry` to the block that is linked to itself."""

    words: list = field(default_factory=list)  # of all FIFO blocks before OFF
    edges: list = field(default_factory=list)  # (chain frame, set, clear), OFF not included
    off: tuple = ()
    idle_words: list = field(default_factory=list)
    blocks: int = 0


def legal(ti, source, dest, length, low, high):
    assert low <= source <= source + length <= high, 'reads outside its memory'
    assert (source % 4, length % 4) == (0, 0)
    assert 0 < length <= LITE_MAX_BYTES
    if dest == FIFO:
        assert (ti, length % 8) == (TI_PACED, 0), 'FIFO words come in pairs'
    else:
        assert (ti, length, dest) in ((TI_ONE, 4, SET0), (TI_ONE, 4, CLR0), (TI_FOUR, 16, SET0))


def walk(memory, bus, entry):
    """Follow the chain; fails on anything a lite channel could not do or that does not end in silence."""
    result, seen, at = Walk(), set(), entry
    off_bus, silence_bus = bus, bus + 32
    while True:
        assert at % 32 == 0, 'a control block is aligned to 32 bytes'
        assert bus <= at < bus + 4 * len(memory), 'a control block lies in chain memory'
        assert at not in seen, 'no block comes twice'
        seen.add(at)
        ti, source, dest, length, stride, following, *reserved = memory[(at - bus) // 4 :][:8]
        legal(ti, source, dest, length, bus, bus + 4 * len(memory))
        assert [stride, *reserved] == [0, 0, 0]
        data = memory[(source - bus) // 4 :][: length // 4]
        if at == silence_bus:
            assert following == at, 'silence is linked to itself'
            result.idle_words = data
            return result
        if at == off_bus:
            assert (ti, following) == (TI_FOUR, silence_bus)
            result.off = (data[0], data[3])
        else:
            result.blocks += 1
            take(result, ti, dest, data)
        at = following


def take(result, ti, dest, data):
    frame = len(result.words) // 2
    if dest == FIFO:
        result.words += data
    elif ti == TI_FOUR:
        assert data[1:3] == [0, 0], 'nothing for pins 32 and up, nor for the reserved word'
        result.edges.append((frame, data[0], data[3]))
    else:
        result.edges.append((frame, data[0], 0) if dest == SET0 else (frame, 0, data[0]))
