"""What is used up, and how the computer is: read, not tried."""

from __future__ import annotations

from appliance.clock import wall_error_s
from appliance.errors import StorageError
from appliance.maintenance.booth import temperatures
from appliance.maintenance.checks.findings import Finding, Round, Step, bad, look, not_tried, ok
from appliance.maintenance.reports.moments import TO_THE_MINUTE, written, zone_of
from appliance.message import Stores
from appliance.message.host.deeds import Deeds
from appliance.message.stores import SPARE_BYTES

FEW_LETTERS = 20  # a disk with room for fewer is told
HOT_C, WARM_C = 80.0, 70.0  # a Pi slows down from 80 on (raspberrypi.com, "Frequency management and thermal control")
OUT_S = 60.0  # a clock that may be further out than this
BACK_S = 60.0  # or that believes to be earlier than what is in the ledger
HOUR_S = 3600.0


def blanks(round_: Round) -> Step:
    """Where they are counted."""
    left = round_.call.desk.stores('count the blanks', lambda stores: stores.blanks())
    low = round_.call.desk.settings.config.policy.blanks_low
    if left is None:
        yield not_tried('nobody counts them; blanks set begins to')
    elif not left:
        yield bad('blanks', 'none are left')
    else:
        yield ok(f'{left} left') if left >= low else look('blanks', f'{left} left, and {low} is few')


def stylus(round_: Round) -> Step:
    """By the time it has cut; how it cuts, the test groove says."""
    used_s = round_.call.desk.stores('read the stylus', lambda stores: stores.counters.stylus().used_s)
    life_h = round_.call.desk.settings.config.policy.stylus_hours
    saw = f'it has cut for {used_s / HOUR_S:.1f} of {life_h:g} hours'
    yield ok(saw) if used_s < life_h * HOUR_S else look('stylus', saw)


def swarf(round_: Round) -> Step:
    """By discs; the attendant may have called it full before."""
    discs = round_.call.desk.stores('read the bin', lambda stores: stores.counters.swarf().discs)
    most = round_.call.desk.settings.config.policy.swarf_discs
    saw = f'{discs} discs since it was emptied'
    if not round_.call.desk.look().booth.ready.swarf:
        yield bad('swarf bin', 'somebody has called it full', 'swarf full')
    else:
        yield look('swarf bin', f'{saw}, and {most} fill it') if most and discs >= most else ok(saw)


def disk(round_: Round) -> Step:
    """In letters of the longest kind, which is what a day at a fair needs to know."""

    def fits(stores: Stores) -> tuple[str, int]:
        room = stores.room()
        free = stores.disk.free_bytes(stores.shelf.data) if room.ok else 0
        return room.cause, max(free - SPARE_BYTES, 0) // stores.letter_bytes

    try:
        cause, letters = round_.call.desk.stores('look at the disk', fits)
    except StorageError as error:
        cause, letters = error.cause, 0
    if cause:
        yield bad('disk', 'no letter can be kept', cause)
    elif letters < FEW_LETTERS:
        yield look('disk', f'room for {letters} of the longest letters')
    else:
        yield ok(f'room for {letters} of the longest letters')


def clock(round_: Round) -> Step:
    """Opening hours, discs a day and dates of letters go by it."""
    call = round_.call

    def told(stores: Stores) -> tuple[bool, float]:
        return stores.stamp().date is not None, Deeds(stores.ledger).newest_s()

    trusted, newest_s = call.desk.stores('read the clock', told)
    wall_s, error_s = call.desk.wall_s(), wall_error_s()
    zone = zone_of(call.desk)
    now = written(wall_s, zone, TO_THE_MINUTE)
    if newest_s > wall_s + BACK_S:
        then = written(newest_s, zone, TO_THE_MINUTE)
        yield look('clock', f'it says {now}, and the ledger knows of {then}: one of both is wrong')
    elif not trusted:
        yield look('clock', f'nobody has set it; it says {now}')
    elif error_s is not None and error_s > OUT_S:
        yield look('clock', f'{now}, which may be {error_s:.0f} s out')
    else:
        yield ok(f'{now}, set' + ('' if error_s is None else f', and at most {max(error_s, 0.001):.3g} s out'))


def temperature(round_: Round) -> Step:
    """Of the computer; head and motor drivers are the interlock's affair."""
    found = temperatures(round_.call.desk.program.thermal)
    if not found:
        yield not_tried('this computer does not measure it')
        return
    name, warmest = max(found.items(), key=lambda item: item[1])
    saw = f'{name} at {warmest:.0f} °C'
    yield _warm(saw, warmest)


def _warm(saw: str, warmest: float) -> Finding:
    if warmest >= HOT_C:
        return bad('temperature', f'{saw}: it slows down')
    return look('temperature', saw) if warmest >= WARM_C else ok(saw)
