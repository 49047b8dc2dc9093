"""The virtual Raspberry Pi, owned by Python: its memory, its knobs, and what it played as blocks of frames.

The model itself is C (`native/virtual_bcm.h` says what it does and does not do). Time passes only in the door's
`sleep_us` and in `pass_us`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from appliance.native import check, ffi, lib
from appliance.virtual.executed import Executed

Chip = Literal['bcm2835', 'bcm2837', 'bcm2711']
WAIT_SLICE_MS = 200  # so that an interrupt from the keyboard is heard while nothing is played


@dataclass(frozen=True, slots=True)
class Stall:
    """The DMA engine gets no bus for `length_us` from the start of `frame`."""

    frame: int
    length_us: int


@dataclass(frozen=True, slots=True)
class ClockThief:
    """Another program writes a register of the PWM clock (bus address, value with password) at a time."""

    at_us: int
    register: int
    value: int


@dataclass(frozen=True, slots=True)
class PiSettings:
    """Chip, wiring, and how well the bus behaves.

    Costs: a block about 0.5 us, a word 0.2 us, writes up to 1.5 us late on a busy board (hzeller/rpi-gpio-dma-demo;
    ServoBlaster's author, PiBits #46). Without WAIT_RESP some 24 words are under way (raspberrypi/linux #5458).
    """

    chip: Chip = 'bcm2837'
    leg_gpio: tuple[int, int] = (12, 13)
    block_ns: int = 500
    word_ns: int = 200
    jitter_ns: tuple[int, int] = (0, 0)
    seed: int = 0
    words_in_flight: int = 24
    empty_output: Literal['hold', 'zero'] = 'hold'
    stall: Stall | None = None
    lost_word: int | None = None
    thief: ClockThief | None = None
    exact: bool = False  # word by word: slow, and the specification of the fast way
    real_time: bool = False


@dataclass(frozen=True, slots=True)
class PiMemory:
    """How much memory to lend: chain words, and room for output not yet drained (0 frames: output is thrown away)."""

    chain_words: int = 1 << 18
    frames: int = 1 << 17
    edges: int = 1 << 16


@dataclass(frozen=True, slots=True)
class PiFault:
    """A kind of mistake the machine saw: how often, and where first."""

    sentence: str
    count: int
    first_frame: int
    detail: int

    def __str__(self) -> str:
        return f'{self.sentence}: 0x{self.detail:08X}; {self.count} times, first in frame {self.first_frame}'


def _to_c(settings: PiSettings) -> Any:
    stall, thief = settings.stall, settings.thief
    return ffi.new(
        'struct vpi_settings *',
        {
            'chip': settings.chip.encode('ascii', 'replace')[:8],
            'leg_gpio': list(settings.leg_gpio),
            'empty_output': lib.VPI_EMPTY_HOLD if settings.empty_output == 'hold' else lib.VPI_EMPTY_ZERO,
            'exact': int(settings.exact),
            'block_ns': settings.block_ns,
            'word_ns': settings.word_ns,
            'jitter_ns': list(settings.jitter_ns),
            'seed': settings.seed,
            'words_in_flight': settings.words_in_flight,
            'stall_frame': stall.frame if stall else lib.VPI_NEVER,
            'stall_us': stall.length_us if stall else 0,
            'lost_word': lib.VPI_NEVER if settings.lost_word is None else settings.lost_word,
            'thief_us': thief.at_us if thief else lib.VPI_NEVER,
            'thief_register': thief.register if thief else 0,
            'thief_value': thief.value if thief else 0,
        },
    )


class VirtualPi:
    """One board from power-up to `close`. Hand `door` to the engine; drain from another thread."""

    def __init__(self, settings: PiSettings | None = None, memory: PiMemory | None = None, pacing: Any = None) -> None:
        settings = settings or PiSettings()
        memory = memory or PiMemory()
        self.memory: NDArray[np.uint32] = np.zeros(memory.chain_words, np.uint32)
        self._pwm = np.zeros((memory.frames, 2), np.uint16)
        self._edges = np.zeros(memory.edges if memory.frames else 0, np.dtype('i8,u1,u1', align=True))
        self._self = ffi.from_buffer('int64_t[]', np.zeros(lib.vpi_bytes() // 8 + 1, np.int64))
        lent = self._lend(memory)
        if pacing is None and settings.real_time:
            pacing = lib.vpi_wall_clock()
        check(lib.vpi_begin(self._self, _to_c(settings), lent, pacing or ffi.NULL))
        self.door = ffi.new('struct door *')
        lib.vpi_door(self._self, self.door)
        self._prepare_drain(max(1, memory.frames // 2), max(1, memory.edges // 2))

    def _lend(self, memory: PiMemory) -> Any:
        return ffi.new(
            'struct vpi_memory *',
            {
                'chain': ffi.from_buffer('uint32_t[]', self.memory),
                'chain_words': memory.chain_words,
                'pwm': ffi.from_buffer('uint16_t[]', self._pwm),
                'frames': memory.frames,
                'edges': ffi.from_buffer('struct vpi_edge[]', self._edges),
                'edge_count': len(self._edges),
            },
        )

    def _prepare_drain(self, frames: int, edges: int) -> None:
        self._taken_pwm = np.zeros((frames, 2), np.uint16)
        self._taken_frame = np.zeros(edges, np.int64)
        self._taken_gpio = np.zeros(edges, np.uint8)
        self._taken_level = np.zeros(edges, np.uint8)
        self._output = ffi.new('struct vpi_output *')
        self._output.pwm = ffi.from_buffer('uint16_t[]', self._taken_pwm)
        self._output.frame_capacity = frames
        self._output.edge_frame = ffi.from_buffer('int64_t[]', self._taken_frame)
        self._output.edge_gpio = ffi.from_buffer('uint8_t[]', self._taken_gpio)
        self._output.edge_level = ffi.from_buffer('uint8_t[]', self._taken_level)
        self._output.edge_capacity = edges

    def drain(self, timeout_ms: int | None = None, most: int | None = None) -> Executed | None:
        """The next block of complete frames, or None when closed and everything has been given.

        Waits for as long as it takes, or `timeout_ms` and then returns what there is, perhaps nothing; never more than
        `most` frames.
        """
        out = self._output
        out.frame_capacity = len(self._taken_pwm) if most is None else min(most, len(self._taken_pwm))
        while True:
            check(lib.vpi_drain(self._self, out, WAIT_SLICE_MS if timeout_ms is None else timeout_ms))
            if out.closed:
                return None
            if out.frames or out.edges or timeout_ms is not None:
                return Executed(
                    first_frame=out.first_frame,
                    pwm=self._taken_pwm[: out.frames].copy(),
                    edge_frame=self._taken_frame[: out.edges].copy(),
                    edge_gpio=self._taken_gpio[: out.edges].copy(),
                    edge_level=self._taken_level[: out.edges].copy(),
                )

    def faults(self) -> list[PiFault]:
        """Everything the machine found wrong so far, first to happen first."""
        most = lib.vpi_faults(self._self, ffi.NULL, 0)
        found = ffi.new('struct vpi_fault[]', most + 8)
        count = min(lib.vpi_faults(self._self, found, most + 8), most + 8)
        return [
            PiFault(ffi.string(f.sentence).decode('utf-8'), f.count, f.first_frame, f.detail) for f in found[0:count]
        ]

    def pass_us(self, us: int) -> None:
        """Let simulated time pass with no program running."""
        lib.vpi_pass_us(self._self, us)

    def set_input(self, gpio: int, level: int | None) -> None:
        """Drive a pin from outside; None lets go of it."""
        check(lib.vpi_set_input(self._self, gpio, -1 if level is None else level))

    @property
    def initial_levels(self) -> NDArray[np.uint8]:
        """The level of every pin when frame 0 began (now, if it has not)."""
        levels = np.zeros(lib.GPIO_PINS, np.uint8)
        lib.vpi_initial_levels(self._self, ffi.from_buffer('uint8_t[]', levels))
        return levels

    @property
    def frames(self) -> int:
        """Frames begun since power-up."""
        return int(lib.vpi_frames(self._self))

    @property
    def frame_s(self) -> float:
        """Length of the frame being played: 5 us when clock and range are right, 0 before the first."""
        return float(lib.vpi_frame_ps(self._self)) / 1e12

    def close(self) -> None:
        """No more output: nobody waits any longer, what was played before can still be drained. Safe to call twice."""
        lib.vpi_close(self._self)
