"""Microphone and speaker, each by the other."""

from __future__ import annotations

import tempfile
from pathlib import Path

from appliance.desk.book import Line
from appliance.hands.listening import Ear, Heard
from appliance.hands.tone import ToneEar, write_tone
from appliance.maintenance.checks.findings import Finding, Round, Step, bad, look, not_tried, ok

ROOM_S = 2.2  # two whole seconds of the room
TONE_S = 1.5
AFTER_S = 0.5  # that sound and card may take
SILENCE_DB = -110.0  # below the noise of any microphone: nothing is connected, or it is muted
LOUD_ROOM_DB = -40.0  # a voice stands some 20 dB over that
OVER_ROOM_DB = 10.0  # so far must the tone stand over the room


def microphone(round_: Round) -> Step:
    """What the room sounds like; nothing of it is kept."""
    call, ear = round_.call, Ear()
    yield Line(f'be silent for {ROOM_S:.0f} s: the room is heard')
    call.desk.listen(ear)
    try:
        call.pause(ROOM_S)
        seen = call.desk.look()
    finally:
        call.desk.listen(None)
    if not seen.heard.present:
        cause = seen.causes.get('microphone', '')
        yield bad('microphone', 'nothing comes from it' + (f' ({cause})' if cause else ''), 'microphone')
        return
    yield _judged(ear.heard(), seen.heard.lost_blocks, real='sound' in call.desk.program.real)


def _judged(room: Heard, lost: int, *, real: bool) -> Finding:
    level = f'the room is at {room.level_db:.0f} dB'
    if room.level_db < SILENCE_DB:
        if not real:
            return not_tried('a virtual microphone in a room that has no noise: nothing is proved')
        return bad('microphone', f'digital silence ({room.level_db:.0f} dB): muted, or another device than is meant')
    if lost:
        return look('microphone', f'{lost} blocks of sound were lost: this computer has too much else to do')
    if room.hum_hz:
        return look('microphone', f'{level}, with {room.hum_hz:g} Hz hum at {room.hum_db:.0f} dB')
    if room.level_db > LOUD_ROOM_DB:
        return look('microphone', f'{level}: a voice hardly stands out; calibrate microphone says more')
    return ok(level)


def speaker(round_: Round) -> Step:
    """Played even where nobody can hear it: a driver that fails says so."""
    call = round_.call
    before, tone = ToneEar(), ToneEar()
    heard = call.desk.look().heard.present
    if heard:
        call.desk.listen(before)
    try:
        call.pause(TONE_S / 2)
        yield Line(f'a tone is played for {TONE_S:g} s')
        with tempfile.TemporaryDirectory(prefix='tone-', dir=call.desk.folders.run) as folder:
            path = Path(folder) / 'tone.wav'
            write_tone(path, TONE_S)
            if heard:
                call.desk.listen(tone)
            call.desk.play((path,), call.desk.settings.config.voice.volume_db)
            call.pause(TONE_S + AFTER_S)
            call.desk.play(())
        cause = call.desk.look().causes.get('speaker', '')
    finally:
        if heard:
            call.desk.listen(None)
    if cause:
        yield bad('speaker', cause)
        return
    over_db = tone.loudest_db - before.loudest_db
    if heard and over_db >= OVER_ROOM_DB:
        yield ok(f'its tone is heard by the microphone, {over_db:.0f} dB over the room')
    else:
        yield _by_ear(round_)


def _by_ear(round_: Round) -> Finding:
    """The microphone did not hear it: a headphone is none the worse for that, and a virtual speaker cannot be heard."""
    if round_.wishes.ask:
        if round_.call.ask('Did you hear the tone?'):
            return ok('somebody has heard its tone')
        return bad('speaker', 'nobody heard its tone')
    if 'sound' not in round_.call.desk.program.real:
        return not_tried('a tone was played by a virtual speaker, and nobody listened')
    if not round_.well('microphone'):
        return not_tried('a tone was played, but no microphone could hear it; --ask asks who is there')
    return bad('speaker', 'a tone was played, and the microphone did not hear it; of headphones --ask asks')
