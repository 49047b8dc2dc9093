"""Control blocks written by hand for tests of the virtual Pi. Numbers typed from the datasheet, not from bcm.h."""

import numpy as np

from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi

CS, CONBLK_AD, SOURCE_AD, TXFR_LEN, NEXTCONBK, DEBUG = 0x00, 0x04, 0x0C, 0x14, 0x1C, 0x20
CTL, STA, DMAC, RNG1, DAT1, FIF1, RNG2 = (
    0x7E20C000, 0x7E20C004, 0x7E20C008, 0x7E20C010, 0x7E20C014, 0x7E20C018, 0x7E20C020,
)  # fmt: skip
CM_CTL, CM_DIV = 0x7E1010A0, 0x7E1010A4
GPFSEL, GPSET0, GPCLR0, GPLEV0 = 0x7E200000, 0x7E20001C, 0x7E200028, 0x7E200034
TI_FIFO, TI_GPIO1, TI_GPIO4 = 0x04050148, 0x04000008, 0x04000118
GO = 0x30F80001
SMALL = PiMemory(chain_words=1 << 16, frames=1 << 16, edges=1 << 14)


class Chain:
    """Lays data and blocks into chain memory; blocks are linked in the order in which they are added."""

    def __init__(self, pi, at=0):
        self.pi = pi
        self.bus = pi.door.memory_bus
        self.word = at  # next free word
        self.first = None
        self.tail = None

    def data(self, words):
        at = self.word
        self.pi.memory[at : at + len(words)] = words
        self.word += len(words)
        return self.bus + 4 * at

    def block(self, ti, source, dest, length, *, stride=0):
        self.word += -self.word % 8
        address = self.bus + 4 * self.word
        self.pi.memory[self.word : self.word + 8] = [ti, source, dest, length, stride, 0, 0, 0]
        if self.tail is not None:
            self.link(self.tail, address)
        self.first = self.first or address
        self.tail = address
        self.word += 8
        return address

    def poke(self, block, index, value):
        """Change word `index` of a block already in memory."""
        self.pi.memory[(block - self.bus) // 4 + index] = value

    def link(self, block, to):
        self.poke(block, 5, to)

    def fifo(self, words, ti=TI_FIFO):
        words = np.asarray(words, np.uint32)
        return self.block(ti, self.data(words), FIF1, 4 * len(words))

    def gpio(self, *, up=0, down=0):
        if down:
            return self.block(TI_GPIO4, self.data([up, 0, 0, down]), GPSET0, 16)
        return self.block(TI_GPIO1, self.data([up]), GPSET0, 4)

    def silence_for_ever(self, words=32):
        block = self.fifo([312] * words)
        self.link(block, block)
        return block


class Board:
    """A virtual Pi and the register writes of a careful program."""

    def __init__(self, memory=SMALL, pacing=None, channel=14, **settings):
        self.pi = VirtualPi(PiSettings(**settings), memory, pacing)
        self.door = self.pi.door
        self.dma = 0x7E007000 + 0x100 * channel
        self.divider = 6 if settings.get('chip') == 'bcm2711' else 4

    def write(self, address, value):
        self.door.write(self.door.self, address, value)

    def read(self, address):
        return self.door.read(self.door.self, address)

    def cs(self):
        return self.read(self.dma + CS)

    def sleep_us(self, us):
        self.door.sleep_us(self.door.self, us)

    def clock_on(self):
        self.write(CM_CTL, 0x5A000006)
        self.write(CM_DIV, 0x5A000000 | self.divider << 12)
        self.sleep_us(10)
        self.write(CM_CTL, 0x5A000016)
        self.sleep_us(10)

    def ctl(self, value):
        self.write(CTL, value)
        self.sleep_us(10)

    def pins(self, *outputs):
        """The legs emit PWM, `outputs` are outputs, all others inputs."""
        registers = [0] * 6
        for pin, function in [(12, 4), (13, 4), *((pin, 1) for pin in outputs)]:
            registers[pin // 10] |= function << 3 * (pin % 10)
        for index, value in enumerate(registers):
            self.write(GPFSEL + 4 * index, value)

    def prepare(self, *outputs, dmac=0x8000080C, ranges=(625, 625), ready=0xA0A0):
        """All but the last write before sound."""
        self.pins(*outputs)
        self.clock_on()
        self.ctl(0)
        self.write(STA, 0x13C)
        self.write(RNG1, ranges[0])
        self.write(RNG2, ranges[1])
        self.write(DMAC, dmac)
        self.ctl(0x40)
        self.ctl(ready)

    def start_dma(self, first):
        self.write(self.dma + CS, 0x80000000)
        self.write(self.dma + CS, 6)
        self.write(self.dma + DEBUG, 7)
        self.write(self.dma + CONBLK_AD, first)
        self.write(self.dma + CS, GO)
        self.sleep_us(20)

    def play(self, chain, *outputs, us=0):
        """From power-up to sound, then let time pass."""
        self.prepare(*outputs)
        self.start_dma(chain.first)
        self.write(CTL, 0xA1A1)
        self.sleep_us(us)

    def output(self):
        """Everything complete so far: pwm, and the edges as a list of (frame, gpio, level)."""
        pwm, edges = [np.zeros((0, 2), np.uint16)], []
        while (block := self.pi.drain(timeout_ms=0)) is not None and (len(block.pwm) or len(block.edge_frame)):
            pwm.append(block.pwm)
            edges += zip(block.edge_frame.tolist(), block.edge_gpio.tolist(), block.edge_level.tolist(), strict=True)
        return np.concatenate(pwm), edges

    def faults(self):
        """The faults as one text, for `in`."""
        return '\n'.join(str(fault) for fault in self.pi.faults())


def chain_on(board, *parts):
    """A chain of FIFO blocks with these words, then silence for ever."""
    chain = Chain(board.pi)
    blocks = [chain.fifo(words) for words in parts]
    return chain, [*blocks, chain.silence_for_ever()]
