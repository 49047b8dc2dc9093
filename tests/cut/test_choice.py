"""Mastering and planning together: no work for what cannot be."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from appliance.cut import choice
from appliance.cut.values import Request
from appliance.files import Scratch
from appliance.machine import load_disc, load_machine
from appliance.sound.curves import find_curve
from appliance.sound.reading import Take

RATE_HZ = 50_000


def test_a_speed_at_which_even_silence_would_not_fit_is_never_mastered(tmp_path, monkeypatch):
    """30 s are 39 turns at 78.26 rpm: 6.7 mm at 170 um each, where 5.4 mm are to be had; at 45 rpm they are 3.9 mm."""
    mastered = []

    class Noted(choice.Mastering):
        def programme(self, disc, target):
            mastered.append(target.speed_rpm)
            return super().programme(disc, target)

    monkeypatch.setattr(choice, 'Mastering', Noted)
    disc = load_disc('xray-25')
    disc = replace(disc, inner_radius_mm=disc.programme_radius_mm - 5.0)
    sound = Scratch(tmp_path)
    t_s = np.arange(30 * RATE_HZ) / RATE_HZ
    sound.append(0.1 * np.sin(2 * np.pi * 700 * t_s) * (1 + np.sin(2 * np.pi * 0.7 * t_s)))
    request = Request(Path('letter'), disc, load_machine('virtual'))
    take = Take('letter', sound, RATE_HZ, 1)
    chosen = choice.choose_programme(request, take, find_curve('riaa'), tmp_path)
    assert set(mastered) == {45.0}
    assert chosen.plan.speed_rpm == 45.0
    assert 'it does not fit at a faster speed' in chosen.why
