"""What is used up: blanks, stylus, swarf bin; and what a day was like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo

from appliance.desk.book import Call, Command, Facts, Line, Said, Table
from appliance.errors import OptionError
from appliance.maintenance.reports.moments import TO_THE_MINUTE, written, zone_of
from appliance.message import Stores
from appliance.message.host import Bin, Stylus
from appliance.message.host.deeds import Deed, Deeds

HOUR_S = 3600.0
MOST_DEEDS = 10_000  # that the ledger keeps


def blanks_show(call: Call) -> Iterator[Said]:
    """Show how many blanks are left.

    Examples:
        blanks show
    """
    yield _blanks(call, call.desk.stores('count the blanks', lambda stores: stores.blanks()))


def blanks_set(call: Call, count: int) -> Iterator[Said]:
    """Say how many blanks there are.

    From then on every disc takes one off, a spoiled one too; at none the booth takes no letters.

    count: that lie there

    Examples:
        blanks set 40
    """
    who = call.who
    call.desk.stores('set the blanks', lambda stores: stores.counters.set_blanks(count, who))
    yield _blanks(call, count)


def blanks_add(call: Call, count: int) -> Iterator[Said]:
    """Say how many blanks were laid to those that are there.

    count: of them; negative: so many were taken away

    Examples:
        blanks add 25
        blanks add -1
    """
    who = call.who
    yield _blanks(call, call.desk.stores('add blanks', lambda stores: stores.counters.add_blanks(count, who)))


def blanks_uncounted(call: Call) -> Iterator[Said]:
    """Count blanks no more: the booth believes that there always are some.

    Examples:
        blanks uncounted
    """
    who = call.who
    call.desk.stores('set the blanks', lambda stores: stores.counters.set_blanks(None, who))
    yield _blanks(call, None)


def _blanks(call: Call, left: int | None) -> Facts:
    low = left is not None and left < call.desk.settings.config.policy.blanks_low
    return Facts({'blanks': left, 'counted': left is not None, 'low': low})


def stylus_show(call: Call) -> Iterator[Said]:
    """Show how long the stylus has cut, and when it is due.

    Examples:
        stylus show
    """
    yield _stylus(call, call.desk.stores('read the stylus', lambda stores: stores.counters.stylus()))


def stylus_changed(call: Call) -> Iterator[Said]:
    """Say that a new stylus is in the head: its time begins at nothing.

    Examples:
        stylus changed
        stylus changed --yes
    """
    who = call.who
    old = call.desk.stores('change the stylus', lambda stores: stores.counters.stylus_changed(who))
    yield Line(f'the old one has cut for {old.used_s / HOUR_S:.2f} hours')
    yield from stylus_show(call)


def _stylus(call: Call, stylus: Stylus) -> Facts:
    life_s = call.desk.settings.config.policy.stylus_hours * HOUR_S
    return Facts({
        'cut, min': round(stylus.used_s / 60, 1),
        'left, min': round(max(life_s - stylus.used_s, 0.0) / 60, 1),
        'due': stylus.used_s >= life_s,
        'all together, h': round(stylus.total_s / HOUR_S, 2),
        'changes': stylus.changes,
        'changed by': stylus.changed_by,
        'changed': _known(call, stylus.changed_s),
    })  # fmt: skip


def bin_(call: Call) -> Iterator[Said]:
    """Show how many discs' swarf lies in the bin; swarf emptied begins anew.

    Examples:
        bin
    """
    yield _swarf(call, call.desk.stores('read the bin', lambda stores: stores.counters.swarf()))


def _swarf(call: Call, swarf: Bin) -> Facts:
    most = call.desk.settings.config.policy.swarf_discs
    return Facts({
        'discs': swarf.discs,
        'due': bool(most) and swarf.discs >= most,
        'cut, min': round(swarf.cut_s / 60, 1),
        'emptied by': swarf.emptied_by,
        'emptied': _known(call, swarf.emptied_s),
    })  # fmt: skip


def figures(call: Call, day: str = '') -> Iterator[Said]:
    """Show what a day was like: letters, discs, who walked away and where.

    day: 2026-11-27, or 'day 12' of those the booth has run; today if it is not given

    Examples:
        figures
        figures 2026-11-27
        figures "day 12" --json
    """
    told = call.desk.stores('count a day', lambda stores: stores.day(day))
    yield Facts({
        'day': told.day, 'letters': len(told.letters), 'takes begun': told.takes, 'discs': told.discs,
        'of these copies': told.copies, 'handed over': told.handed_over, 'forgotten': told.forgotten,
        'spoiled': sum(told.spoiled.values()), 'walked away': sum(told.walked_away.values()),
        'left on purpose': sum(told.left.values()), 'blanks used': told.blanks, 'blanks by hand': told.blanks_by_hand,
        'blanks left': told.blanks_left, 'stylus, min': round(told.stylus_s / 60, 1),
        'stylus changes': told.stylus_changes, 'deeds': told.deeds,
    })  # fmt: skip
    parts: tuple[tuple[str, Mapping[str, int]], ...] = (
        ('spoiled by', told.spoiled),
        ('walked away at', told.walked_away),
        ('left at', told.left),
        ('language', told.languages),
    )
    for name, counted in parts:
        if counted or call.json:
            yield Table((name, 'how often'), tuple(counted.items()))


def figures_days(call: Call) -> Iterator[Said]:
    """List the days of which there are figures, the newest first.

    Examples:
        figures days
    """

    def look(stores: Stores) -> tuple[tuple[str, int, int], ...]:
        days = [stores.day(day) for day in stores.days()]
        return tuple((day.day, len(day.letters), day.discs) for day in days)

    yield Table(('day', 'letters', 'discs'), call.desk.stores('count the days', look))


def deeds(call: Call, *, lines: int = 20, who: str = '') -> Iterator[Said]:
    """Show what the host's people did, the newest first, and how it ended.

    Where nobody had set the clock, a deed is dated by how long the booth had run in all. Words of an address are never
    among them.

    lines: how many at most
    who: of this one only, as `who` names them

    Examples:
        deeds
        deeds --lines 100 --who anna
    """
    if not 1 <= lines <= MOST_DEEDS:
        remedy = f'from 1 to {MOST_DEEDS}'
        raise OptionError(f'{lines} lines cannot be shown', where='deeds', remedy=remedy)
    found = call.desk.stores('read the deeds', lambda stores: Deeds(stores.ledger).newest(lines, who))
    zone = zone_of(call.desk)
    rows = tuple((_when(deed, zone), deed.who, deed.what, deed.how) for deed in found)
    yield Table(('when', 'who', 'what', 'how it ended'), rows)


def _known(call: Call, at_s: float | None) -> str | None:
    return None if at_s is None else written(at_s, zone_of(call.desk))


def _when(deed: Deed, zone: tzinfo | None) -> str:
    if deed.date is None:
        return f'{deed.lived_s / HOUR_S:.1f} h run'
    return written(deed.at_s, zone, TO_THE_MINUTE)


COMMANDS = (
    Command('blanks show', blanks_show, gives=(Facts,)),
    Command('blanks set', blanks_set, changes=True),
    Command('blanks add', blanks_add, changes=True),
    Command('blanks uncounted', blanks_uncounted, changes=True),
    Command('stylus show', stylus_show, gives=(Facts,)),
    Command('stylus changed', stylus_changed, asks=lambda call: 'Is a new stylus in the head?', changes=True),
    Command('bin', bin_, gives=(Facts,)),
    Command('figures', figures, gives=(Facts, Table, Table, Table, Table)),
    Command('figures days', figures_days, gives=(Table,)),
    Command('deeds', deeds, gives=(Table,)),
)
