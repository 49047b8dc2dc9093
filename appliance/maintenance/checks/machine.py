"""Carriage, platter, and a groove on a scrap; what they were refused says how the interlock is."""

from __future__ import annotations

from appliance.desk.book import Facts, Line, Table
from appliance.errors import AudioLetterError
from appliance.groove.choose import SPEEDS_RPM
from appliance.hands.orders import Home, Moved, Spin, Spun
from appliance.hands.speed import judge
from appliance.maintenance.checks.findings import Finding, Round, Step, bad, failed, look, not_tried, ok
from appliance.maintenance.lathe import LAY, carried_out, scrap, setup, try_on_scrap
from appliance.words.reasons import reason_for
from appliance.workflow.turn import out_of_order

TURNS = 5
SPEED = '78'
GROOVE_S = 4.0
LAY_S = 60.0  # for a hand that is asked for a scrap
POWER = ('interlock', 'hot', 'supply', 'current', 'stop', 'lid')  # refusals that are the interlock's


def carriage(round_: Round) -> Step:
    """Outward to its switch, and how far that was."""
    if why := round_.held_back():
        yield not_tried(why)
        return
    for said in carried_out(round_.call, Home(setup(round_.call), 'carriage')):
        if not isinstance(said, Moved):
            yield said
        elif said.carriage_mm is None:
            yield bad('carriage home', 'it went, and nobody knows where it stands')
        else:
            yield ok(f'at its switch, radius {said.carriage_mm:.2f} mm')


def platter(round_: Round) -> Step:
    """Index against crystal."""
    if why := round_.held_back():
        yield not_tried(why)
        return
    for said in carried_out(round_.call, Spin(setup(round_.call), SPEEDS_RPM[SPEED], TURNS)):
        if not isinstance(said, Spun):
            yield said
            continue
        verdict = judge(said)
        yield ok(verdict.says) if verdict.ok else bad('platter speed', verdict.says)


def interlock(round_: Round) -> Step:
    """Nothing is asked of it: whatever has moved, has moved by its leave."""
    seen = round_.call.desk.look()
    fault = out_of_order(seen.booth.ready)
    if fault in POWER:
        yield bad('interlock', f'the booth stands still: {seen.causes.get("interlock", fault)}', fault)
    elif (other := seen.causes.get('firmware')) and not round_.refused:
        yield Finding('look', other, reason_for('firmware').host_action)
    elif round_.well('carriage home') or round_.well('platter speed'):
        yield ok('it gave power, and took it away again')
    elif round_.refused in POWER:
        yield bad('interlock', 'it refused power', round_.refused)
    else:
        yield not_tried('nothing has moved')


def groove(round_: Round) -> Step:
    """Costs a ring of a scrap disc, so it is asked for twice."""
    if not round_.wishes.scrap:
        yield not_tried('it needs a scrap disc: --scrap')
        return
    if why := round_.held_back() or ('' if round_.well('carriage home', 'platter speed') else 'axes first'):
        yield not_tried(why)
        return
    if not _laid(round_):
        yield Line(LAY)
        if not round_.until(lambda: _laid(round_), LAY_S):
            yield not_tried('no scrap was laid on the platter')
            return
    if not round_.call.ask(scrap(round_.call, 'tone', seconds=GROOVE_S)):
        yield not_tried('there is no scrap on the platter')
        return
    says, good, foretold = '', False, False
    for said in try_on_scrap(round_.call, 'tone', seconds=GROOVE_S):
        if isinstance(said, Table):
            good = all(row[said.columns.index('good')] for row in said.rows)
        elif isinstance(said, Facts):
            foretold = 'figures foretold' in said.facts
        elif isinstance(said, Line):
            if says:
                yield Line(says)
            says = said.text  # the last one is the verdict
    if good and foretold:  # no sensor of a real machine sees a groove
        yield look('test groove', says)
    else:
        yield ok(says) if good else bad('test groove', says)


def _laid(round_: Round) -> bool:
    ready = round_.call.desk.look().booth.ready
    return ready.blank and ready.lid_closed


def refusal(round_: Round, name: str, error: AudioLetterError) -> Finding:
    """Of any check; what the interlock refused is remembered for its own."""
    if error.key in POWER and not round_.refused:
        round_.refused = error.key
    return failed(name, error)
