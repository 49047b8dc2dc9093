"""What the interlock's analogue inputs mean. Runs under MicroPython as it is, like `guard`."""

from math import log

from appliance.interlock.wire import UNKNOWN

FULL = 65535  # of the converter, as MicroPython scales it
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


def supply_mv(raw: int, full_mv: int) -> int:
    """Millivolts before a divider that makes `full_mv` the end of the converter's range; UNKNOWN at that end."""
    return raw * full_mv // FULL if raw < FULL - FULL // 100 else UNKNOWN
