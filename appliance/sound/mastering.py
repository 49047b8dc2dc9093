"""From a recording to a programme: how far the stylus moves, within what the groove and the head allow.

Plain: the master is the message; curve, head correction and band limits only, and a message that would pass a limit is
refused. Otherwise the ends are trimmed, the voice levelled and limited (`levelling`, `limiter`), which is one slowly
changing gain on the message; all that follows is linear and is done by one kernel for the displacement and one for the
drive, straight from the message in float64. No stage rounds for another: a drive computed from a displacement stored
in float32 would carry that rounding noise up by the 40 to 100 dB per decade of the head's inverse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from appliance.files import Scratch
from appliance.machine.model import SAMPLE_RATE_HZ, Disc, Machine
from appliance.sound.curves import Curve
from appliance.sound.groovespace import (
    DISPLACEMENT,
    LEAD_FRAMES,
    LEVEL,
    VOLTAGE,
    Allowed,
    Profile,
    Profiler,
    allowed,
    kernels,
    measure,
)
from appliance.sound.kernels import HOP, LEAD, Bank, Float, Read
from appliance.sound.levelling import Span, active_power, kept, ride
from appliance.sound.limiter import GainCurve, excess, keep_under
from appliance.sound.programme import Programme, cm_s_of, db_of
from appliance.sound.reading import Take
from appliance.sound.refusal import refuse_over

PLAIN_LEVEL_DB = 0.0
CEILING_DB = 6.0  # 10 cm/s peak: usual for a limited voice (groove-physics study, section 3); beyond it tracing decides
_CREST_DB = 11.0  # a voice is limited until its peaks are this far above its mean,
_DRIVE_DB = 4.0  # but its loudest peak is not pressed down by more than this (6 dB cost a voice 0.015 of STOI),
_DUCK_DB = 7.0  # and nothing (a sibilant on a slow groove, say) by more than this: the rest comes off the level
_LOUDEST_GAIN_DB = 40.0  # what is quieter than this would bring up is noise
_BETWEEN = 0.96  # between samples 10 us apart a click may be 3.7 % higher than the profile sees it
_RENDERINGS = 3
_NEAR = 1.06  # over a limit by less than 0.5 dB: the level gives way, without filtering again


@dataclass(frozen=True, slots=True)
class Target:
    """Where the message is to be cut: the limits are those of the groove at `r_limit_mm`, its innermost turn."""

    speed_rpm: float
    r_limit_mm: float
    level_db: float | None = None  # plain: of full scale, 0 when not given; otherwise a ceiling
    plain: bool = False


@dataclass(frozen=True, slots=True)
class _Rendering:
    """Both signals for one gain curve, and what they ask of groove and head."""

    displacement_um: Scratch
    drive: Scratch
    profile: Profile
    span: Span | None  # what was kept; None for all of it, as it is
    gain: Float  # coefficients of the gain curve, cm/s for a message of 1

    def scaled(self, gain: float) -> _Rendering:
        return replace(
            self,
            displacement_um=self.displacement_um.scaled(gain),
            drive=self.drive.scaled(gain),
            profile=self.profile.scaled(gain),
            gain=self.gain * gain,
        )


class Mastering:
    """One recording on one machine with one curve. Ask it for a programme as often as needed: what does not change
    between two targets (the filtering, above all) is done once."""

    def __init__(self, take: Take, machine: Machine, curve: Curve, folder: Path | None = None) -> None:
        self._take = take
        self._machine = machine
        self._curve = curve
        self._folder = folder
        self._kernels = kernels(machine, curve)
        self._measured: Profile | None = None  # of the recording as it is, at 1 cm/s
        self._last: _Rendering | None = None

    def programme(self, disc: Disc, target: Target) -> Programme:
        """The programme for this disc and target; DoesNotFitError when a plain message would pass a limit."""
        limit = allowed(self._machine, disc, target.speed_rpm, target.r_limit_mm)
        if target.plain:
            return self._as_it_is(limit, PLAIN_LEVEL_DB if target.level_db is None else target.level_db)
        level_db = CEILING_DB if target.level_db is None else target.level_db
        return self._levelled(limit, level_db)

    def _as_it_is(self, limit: Allowed, level_db: float) -> Programme:
        rendering = self._render(None, np.full(1, cm_s_of(level_db)))
        refuse_over(rendering.profile, limit, level_db, self._take.name)
        return self._programme(rendering, limit, level_db)

    def _levelled(self, limit: Allowed, ceiling_db: float) -> Programme:
        span = kept(self._profile, self._frames)
        within = limit.tightened(_BETWEEN, cm_s_of(ceiling_db))
        rendering = self._limited(span, _fader(self._profile, span, within), within)
        peak_cm_s = float(rendering.profile.peaks[LEVEL].max())
        return self._programme(rendering, limit, db_of(peak_cm_s) if peak_cm_s > 0 else ceiling_db)

    def letter_s(self, plain: bool) -> float:
        """How long the programme will be: the whole recording, or what is kept of it."""
        return self._samples(None if plain else kept(self._profile, self._frames)) / SAMPLE_RATE_HZ

    @property
    def _profile(self) -> Profile:
        """Of the recording as it is; measured once."""
        if self._measured is None:
            self._measured = measure(self._take.read, self._take.samples, self._kernels)
        return self._measured

    @property
    def _frames(self) -> int:
        return -(-self._take.samples // HOP)

    def _limited(self, span: Span, gain: Float, limit: Allowed) -> _Rendering:
        """Render with this gain; what still passes a limit (the filters' memory, a gain that moves) is pressed down
        further, or, when it is little, taken off the level."""
        for _ in range(_RENDERINGS):
            rendering = self._render(span, gain)
            over = excess(rendering.profile, limit)
            if over.max() <= _NEAR:
                break
            gain = gain * _folded(keep_under(over), len(gain))
        heat = rendering.profile.heat_w(limit).max() / limit.heat_w
        worst = max(float(over.max()), float(np.sqrt(heat)))
        return rendering if worst <= 1 else rendering.scaled(1.0 / worst)

    def _samples(self, span: Span | None) -> int:
        if span is None:
            return self._take.samples
        return min(self._take.samples, span.end * HOP) - span.first * HOP

    def _with_gain(self, span: Span, gain: Float) -> Read:
        """The kept part of the recording under a gain curve; where something was cut off, it fades."""
        coefficients = gain.copy()
        if span.first > 0:
            coefficients[:2] = 0.0
        if span.end < self._frames:
            coefficients[-2:] = 0.0
        curve, start = GainCurve(coefficients), span.first * HOP
        begin = 0 if span.first > 0 else -LEAD  # an end that is not cut off keeps its ringing
        end = self._samples(span) + (0 if span.end < self._frames else LEAD)

        def read(first: int, count: int) -> Float:
            low, high = max(first, begin), min(first + count, end)
            block = np.zeros(count)
            if low < high:
                sound = self._take.read(start + low, high - low)
                block[low - first : high - first] = sound * curve.read(low, high - low)
            return block

        return read

    def _render(self, span: Span | None, gain: Float) -> _Rendering:
        """Filter the message into displacement and drive: the kept part of it under a gain curve, or the whole at one
        level. The last rendering is kept, for a target that asks for the same."""
        if self._last is None or self._last.span != span or not np.array_equal(self._last.gain, gain):
            read = self._take.read if span is None else self._with_gain(span, gain)
            level = float(gain[0]) if span is None else 1.0
            samples = self._samples(span)
            displacement_um, drive, profiler = Scratch(self._folder), Scratch(self._folder), Profiler(samples)
            for outputs in Bank(self._kernels).run(read, samples):
                displacement_um.append(outputs[DISPLACEMENT] * level)
                drive.append(outputs[VOLTAGE] * level)
                profiler.add(outputs)
            self._last = _Rendering(displacement_um, drive, profiler.profile.scaled(level), span, gain)
        return self._last

    def _programme(self, rendering: _Rendering, limit: Allowed, level_db: float) -> Programme:
        span = rendering.span
        return Programme(
            displacement_um=rendering.displacement_um,
            drive=rendering.drive,
            lead=LEAD,
            samples=self._samples(span),
            curve=self._curve,
            level_db=level_db,
            message_offset_s=0.0 if span is None else span.first * HOP / SAMPLE_RATE_HZ,
            limits=rendering.profile.limits(limit),
            plain=span is None,
        )


def _fader(measured: Profile, span: Span, limit: Allowed) -> Float:
    """The gain of each kept frame, in cm/s for a message of 1: levelled, at full level, limited."""
    kept_profile = measured.part(span.first, span.end + 2 * LEAD_FRAMES)
    inside = slice(LEAD_FRAMES, LEAD_FRAMES + span.end - span.first)
    hand = ride(kept_profile.message_power[inside].astype(np.float64))
    level = kept_profile.peaks[LEVEL, inside] * hand
    speech, _ = active_power(kept_profile.message_power[inside] * hand**2)
    if speech <= 0:
        return np.full(len(hand), limit.level_cm_s)
    over = excess(kept_profile, limit) * _unfolded(hand, len(kept_profile.message_power))
    peak = float(level.max()) / limit.level_cm_s
    pressed = max(1.0, min(10 ** (_DRIVE_DB / 20), peak * limit.level_cm_s / np.sqrt(speech) / 10 ** (_CREST_DB / 20)))
    full = min(
        pressed / peak,
        10 ** (_DUCK_DB / 20) / float(over.max()),
        limit.level_cm_s * 10 ** (_LOUDEST_GAIN_DB / 20),
    )
    return np.asarray(full * hand * _folded(keep_under(over * full), len(hand)), np.float64)


def _folded(gain: Float, frames: int) -> Float:
    """A gain over the message and its ringing, brought onto the message alone: its ends answer for the ringing."""
    folded = gain[LEAD_FRAMES : LEAD_FRAMES + frames].copy()
    folded[0] = gain[: LEAD_FRAMES + 1].min()
    folded[-1] = min(folded[-1], gain[LEAD_FRAMES + frames - 1 :].min())
    return folded


def _unfolded(gain: Float, frames: int) -> Float:
    """A gain over the message, held over the ringing before and after it."""
    return np.pad(gain, (LEAD_FRAMES, frames - LEAD_FRAMES - len(gain)), mode='edge')
