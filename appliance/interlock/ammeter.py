"""The current sensor in the supply of motors and head: an INA226 with a shunt behind the power relay.

Runs under MicroPython as it is, like `guard`. Source: Texas Instruments, INA226, SBOS547B (2024): 5.3 (up to 36 V at
its inputs, where an INA219 ends at 26 V and this supply may have 27), 6.5.5.1 (address), 7.1 (registers).
"""

from appliance.interlock.wire import UNKNOWN

MYPY = False  # only the type checker takes it for true: MicroPython has no `typing`
if MYPY:
    from typing import Protocol

    class Bus(Protocol):
        """What is used of MicroPython's `machine.I2C`; OSError when the sensor does not answer."""

        def readfrom_mem_into(self, __addr: int, __register: int, __into: bytearray) -> object: ...

        def writeto_mem(self, __addr: int, __register: int, __data: bytes) -> object: ...


ADDRESS = 0x40  # A0 and A1 to ground
CONFIGURATION, SHUNT, MAKER = 0x00, 0x01, 0xFE
TEXAS = b'TI'  # 7.1.9: 5449h
# 7.1.1: the mean of 4 conversions of the shunt alone, 1.1 ms each, over and over; bits 15 to 12 as at reset.
SET_UP = b'\x43\x25'
NV_BIT = 2500  # 7.1.2: of the shunt's register, two's complement
FULL_UV = 81_920  # its end
EVERY_MS = 10  # it has a new value every 4.4 ms
HELD_MS = 50  # a disturbed answer or two are borne: so long the last good one stands


class Ammeter:
    """Milliamperes through the shunt."""

    def __init__(self, bus: 'Bus', shunt_mohm: int) -> None:
        self._bus = bus
        self._shunt_mohm = shunt_mohm
        self._two = bytearray(2)
        self._known_ma = UNKNOWN
        self._age_ms = self._rest_ms = 0
        self._is_set_up = False

    def take(self, elapsed_ms: int) -> int:
        """What flows now; UNKNOWN when that was not heard for HELD_MS. At most two transfers, every EVERY_MS."""
        self._age_ms = min(self._age_ms + max(elapsed_ms, 0), HELD_MS + 1)
        self._rest_ms -= max(elapsed_ms, 0)
        if self._rest_ms <= 0:
            self._rest_ms = EVERY_MS
            try:
                self._ask()
            except OSError:
                self._is_set_up = False
        return self._known_ma if self._age_ms <= HELD_MS else UNKNOWN

    def _ask(self) -> None:
        """One that has lost its supply measures something else until it is set up again: so whatever fails, it is."""
        if not self._is_set_up:
            self._read(MAKER)
            if self._two == TEXAS:
                self._bus.writeto_mem(ADDRESS, CONFIGURATION, SET_UP)
                self._is_set_up = True
            return
        self._read(SHUNT)
        raw = self._two[0] << 8 | self._two[1]
        self._known_ma = (raw - (raw >> 15 << 16)) * NV_BIT // (1000 * self._shunt_mohm)
        self._age_ms = 0

    def _read(self, register: int) -> None:
        self._bus.readfrom_mem_into(ADDRESS, register, self._two)
