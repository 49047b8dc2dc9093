"""The platter's speed by its index sensor, against the crystal that gives out the steps; and what should be in the
machine file.

A gear that was counted wrong makes every turn equally too long; a belt or a friction wheel that slips makes turns of
different lengths. So the mean says what `platter.gear` should be, and the spread whether that would help.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.hands.orders import Spun

GOOD_PERCENT = 0.1  # of the speed: a fiftieth of a semitone
STEADY_PERCENT = 0.3  # from the slowest to the quickest turn; the reference machine: 0.01
DIGITS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """`gear`: what platter.gear in the machine file should be; None where it is right, or where no gear would help."""

    error_percent: float
    ok: bool
    gear: float | None
    says: str


def judge(spun: Spun) -> Verdict:
    """The error is that of the platter: negative where it is slow, so that what it cuts is heard too high."""
    error_percent = 100 * (spun.gear_of_file / spun.gear - 1)
    heard = f'{spun.rpm:.3f} rpm over {spun.turns} turns, {error_percent:+.3f} %'
    if spun.drift_percent - spun.unsure_percent > STEADY_PERCENT:
        says = (
            f'{heard}, but its turns differ by {spun.drift_percent:.2f} % (limit {STEADY_PERCENT:g} %): '
            'something slips; tighten the belt, clean the wheel, and measure again'
        )
        return Verdict(error_percent, False, None, says)
    if abs(error_percent) <= GOOD_PERCENT:
        return Verdict(error_percent, True, None, f'{heard} (limit +-{GOOD_PERCENT:g} %): good')
    gear = round(spun.gear, DIGITS)
    says = (
        f'{heard} (limit +-{GOOD_PERCENT:g} %), every turn alike: the gear is not what the machine file says; '
        f'set platter.gear = {gear:g} (now {spun.gear_of_file:g})'
    )
    return Verdict(error_percent, False, gear, says)
