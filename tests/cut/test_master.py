"""A second copy is cut of the same master and plan as the first: the same bytes, not something like it."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from appliance.compose.machines import workshop
from appliance.compose.shop import TRACE, Keeping
from appliance.cut import Quiet, Request, prepare
from appliance.cut.master import digest_of, keep_master, prepare_again, take_up
from appliance.errors import GrooveFileError, MachineRefusesError
from appliance.machine import load_disc, load_machine
from appliance.message import Master


@pytest.fixture(scope='module')
def first(tmp_path_factory):
    """What was prepared for the first disc, and the trace of that."""
    folder = tmp_path_factory.mktemp('first')
    t_s = np.arange(48_000) / 48_000
    sound = 0.3 * np.sin(2 * np.pi * 440 * t_s) * (1 + np.sin(2 * np.pi * 3 * t_s)) / 2
    sound += 0.01 * np.random.default_rng(1).standard_normal(t_s.size)
    soundfile.write(folder / 'take.wav', sound, 48_000, 'FLOAT')
    request = Request(folder / 'take.wav', load_disc('xray-25'), load_machine('virtual'))
    made = prepare(request, folder, Quiet())
    return made, traced(made, folder)


def traced(made, folder):
    shop = workshop(made.request.machine, made.request.disc, folder, Keeping(trace=True))
    shop.cut(made.timeline, made.facts, Quiet())
    return (folder / TRACE).read_bytes()


@pytest.fixture
def kept(first, tmp_path):
    path = tmp_path / 'master.npz'
    return path, keep_master(first[0], path)


def test_what_was_kept_is_cut_to_the_same_trace_byte_for_byte(first, kept, tmp_path):
    path, digest = kept
    request = replace(
        first[0].request, file=tmp_path / 'letter.wav', speed='33', curve='flat'
    )  # settings of another day
    again = take_up(Master(path, digest), request, tmp_path)
    assert (again.speed_rpm, again.level_db, again.why) == (first[0].speed_rpm, first[0].level_db, first[0].why)
    assert again.facts == first[0].facts
    assert traced(again, tmp_path) == first[1]


def test_the_same_letter_mastered_again_from_24_bits_is_not_the_same(first, tmp_path):
    """Why the master is kept at all."""
    sound, rate = soundfile.read(first[0].request.file)
    soundfile.write(tmp_path / 'letter.wav', sound, rate, 'PCM_24')
    made = prepare(replace(first[0].request, file=tmp_path / 'letter.wav'), tmp_path, Quiet())
    assert traced(made, tmp_path) != first[1]


def test_what_was_taken_up_is_kept_again_as_it_was(first, kept, tmp_path):
    path, digest = kept
    again = take_up(Master(path, digest), first[0].request, tmp_path)
    assert keep_master(again, tmp_path / 'other.npz') == digest == again.master


def test_another_machine_or_disc_is_told_and_not_cut(first, kept, tmp_path):
    path, digest = kept
    machine, disc = first[0].request.machine, first[0].request.disc
    heavier = replace(machine, head=replace(machine.head, mass_kg=machine.head.mass_kg * 1.01))
    seeded = replace(machine, machine=replace(machine.machine, seed=machine.machine.seed + 1))
    for other in ({'machine': heavier}, {'machine': seeded}, {'disc': replace(disc, inner_radius_mm=50.0)}):
        with pytest.raises(MachineRefusesError, match='have changed'):
            take_up(Master(path, digest), replace(first[0].request, **other), tmp_path)


def test_a_master_that_is_damaged_cut_short_or_gone_is_told_and_not_cut(first, kept, tmp_path):
    path, digest = kept
    whole = path.read_bytes()
    for bad in (whole[:-1], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], b'', None):
        path.unlink(missing_ok=True)
        if bad is not None:
            path.write_bytes(bad)
        with pytest.raises(GrooveFileError):
            take_up(Master(path, digest), first[0].request, tmp_path)
    path.write_bytes(whole[:-30])
    with pytest.raises(GrooveFileError):
        take_up(Master(path, digest_of(path)), first[0].request, tmp_path)


def test_what_cannot_be_taken_up_is_planned_anew_with_the_reason(first, kept, tmp_path):
    path, digest = kept
    request = first[0].request
    assert prepare_again(request, Master(path, digest), tmp_path, Quiet()).anew == ''
    for wrong, why in ((Master(path, '00'), 'not what it was'), (Master(tmp_path / 'x', digest), 'not what it was')):
        made = prepare_again(request, wrong, tmp_path, Quiet())
        assert why in made.anew
        assert made.master == ''
        assert np.array_equal(made.chosen.plan.knot_s, first[0].chosen.plan.knot_s)


def test_a_master_takes_the_room_that_is_set_aside_for_it(first, kept):
    assert kept[0].stat().st_size < 200_000 * (first[0].letter_s + 1.0) + 100_000
