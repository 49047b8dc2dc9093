"""What the interlock's analogue inputs mean. Runs under MicroPython as it is, like `guard`."""

from array import array
from math import log

from appliance.interlock.wire import UNKNOWN

FULL = 65535  # of the converter, as MicroPython scales it
SHIFT = 8
STRIDE = 1 << SHIFT  # of a table
KELVIN_DC = 2731.5  # 0 degrees Celsius, in tenths
T0_K = 298.15  # at which a thermistor has its nominal resistance


def thermistor_dc(raw: int, pull_up_ohm: int, nominal_ohm: int, beta_k: int) -> int:
    """Tenths of a degree Celsius of an NTC thermistor to ground under a pull-up (the B-parameter equation). UNKNOWN
    when its wire is broken or shorted, or it says what no head can be."""
    if not FULL // 100 <= raw <= FULL - FULL // 100:
        return UNKNOWN
    ohm = pull_up_ohm * raw / (FULL - raw)
    told_dc = round(10 / (1 / T0_K + log(ohm / nominal_ohm) / beta_k) - KELVIN_DC)
    return told_dc if -300 <= told_dc <= 2000 else UNKNOWN


class Thermistor:
    """The same for a microcontroller, which has no time for logarithms in its loop: they are taken beforehand, and what
    lies between two of them is on a line. No memory is needed."""

    def __init__(self, pull_up_ohm: int, nominal_ohm: int, beta_k: int) -> None:
        told = [thermistor_dc(at * STRIDE, pull_up_ohm, nominal_ohm, beta_k) for at in range(FULL // STRIDE + 2)]
        self._told = array('h', told)

    def dc(self, raw: int) -> int:
        """UNKNOWN also where one of its neighbours is."""
        at = raw >> SHIFT
        low, high = self._told[at], self._told[at + 1]
        if low == UNKNOWN or high == UNKNOWN:
            return UNKNOWN
        return low + ((high - low) * (raw & STRIDE - 1) >> SHIFT)


def supply_mv(raw: int, full_mv: int) -> int:
    """Millivolts before a divider that makes `full_mv` the end of the converter's range; UNKNOWN at that end."""
    return raw * full_mv // FULL if raw < FULL - FULL // 100 else UNKNOWN
