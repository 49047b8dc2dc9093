"""The screens' view of the booth: everything they may know, and nothing else. Pure."""

from __future__ import annotations

from appliance.kiosk.live import Live, Settings
from appliance.kiosk.senses import left_of
from appliance.message import AGAIN
from appliance.screens.view import NOTHING_HEARD, CutView, View
from appliance.workflow.rules import Rules
from appliance.workflow.turn import closed_by
from appliance.workflow.values import Booth, Held, Plan, State

COUNTED = (State.COUNTDOWN, State.STILL_THERE)  # their seconds are shown as whole ones
METERED = (State.LEVEL_CHECK, State.RECORDING)


def view(booth: Booth, live: Live, settings: Settings, rules: Rules, now_s: float) -> View:
    """What the LCD shows of this moment. What it does not show is not in it: an unchanged view is not drawn again."""
    languages = settings.config.voice.languages
    return View(
        state=booth.state,
        language=languages[booth.language],
        languages=languages,
        dark=booth.dark,
        seconds_left=_seconds_left(booth, live, rules, now_s),
        seconds=live.played_s if live.playing else live.heard.recorded_s,
        length_s=live.take.seconds if live.take else 0.0,
        meter=live.heard.meter if booth.state in METERED else NOTHING_HEARD,
        waveform=live.take.waveform if live.take else (),
        playing=live.playing,
        can_retake=booth.retakes < rules.retakes,
        can_replay=booth.replays < rules.replays,
        planning=booth.plan is Plan.PENDING,
        making=live.wants_disc,
        disc=settings.disc.name,
        disc_cm=round(settings.disc.diameter_mm / 10),
        total_s=booth.cut_ms / 1000,
        lid_closed=booth.ready.lid_closed,
        blank=booth.ready.blank,
        disc_is_cut=booth.ready.disc_is_cut,
        held=booth.held in (Held.UNSAVED, Held.KEPT),
        letter=booth.letter or _newest(booth, live),
        copy=live.place[1:] if booth.copies and live.place[0] == booth.letter else (0, 0),
        cut=_cut(booth, live, settings),
        microphone=booth.ready.microphone,
        reason=closed_by(booth.ready) if booth.state is State.CLOSED else booth.reason,
        opens=live.opens if booth.state is State.CLOSED else ('', ''),
        keys=len(booth.keys),
        item=booth.item,
        done=booth.done,
        open=booth.ready.open,
        called=booth.called,
        note=live.moving.what if live.moving and booth.state is State.MAINTENANCE else '',
        card=live.card if booth.state is State.MAINTENANCE else '',
    )


def _newest(booth: Booth, live: Live) -> int:
    """The letter that the attendant may have cut again."""
    if booth.state is not State.ATTENDANT:
        return 0
    return next((letter.number for letter in live.letters if letter.state in AGAIN), 0)


def _seconds_left(booth: Booth, live: Live, rules: Rules, now_s: float) -> float | None:
    left_s = left_of(booth, live.heard, rules, now_s)
    if left_s is None or booth.state is State.RECORDING:
        return left_s
    return float(round(left_s)) if booth.state in COUNTED else None


def _cut(booth: Booth, live: Live, settings: Settings) -> CutView:
    """Only while something is cut: a groove of the last visitor is nobody else's."""
    if booth.state not in (State.CUTTING, State.CANCEL) or live.progress is None:
        return CutView(left_s=booth.cut_ms / 1000, disc_radius_mm=settings.disc.diameter_mm / 2,
                       label_radius_mm=settings.disc.label_radius_mm)  # fmt: skip
    now = live.progress
    return CutView(
        part=now.part,
        left_s=now.left_s,
        radius_start_mm=live.facts.radius_start_mm if live.facts else 0.0,
        radius_mm=now.radius_mm,
        disc_radius_mm=settings.disc.diameter_mm / 2,
        label_radius_mm=settings.disc.label_radius_mm,
        spiral=live.groove.shown,
    )
