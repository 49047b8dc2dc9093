"""Test cuts: cut whole, measured here anew with numpy and scipy from what is left in the folder."""

import itertools
import json

import numpy as np
import pytest
import soundfile
from scipy import optimize

from appliance.clock import SteppedClock
from appliance.compose.real.bed import RealBed
from appliance.compose.trial import Trial
from appliance.compose.virtual.bed import VirtualBed
from appliance.errors import CutFaultError, DoesNotFitError, MachineRefusesError, OptionError, StorageError
from appliance.hands.band import free_mm, next_mm, reserve, ring
from appliance.hands.orders import Setup, TestCut
from appliance.machine import load_disc
from appliance.virtual.interlock import VirtualInterlock
from tests.compose.hands_rig import Pins
from tests.compose.real_rig import Machine

RATE_HZ = 48_000
SECONDS = 6.0


class Bench:
    def __init__(self, machine, tests):
        self.interlock, self.tests = VirtualInterlock(), tests
        self.bed = VirtualBed(machine, self.interlock)
        self.said, self.meddle, self.trial = [], lambda moving: None, None

    def tell(self, moving):
        self.said.append(moving)
        self.meddle(moving)

    def cut(self, kind, name, seconds=SECONDS, setup=None, **more):
        setup = setup or Setup()
        self.trial = Trial(self.bed, self.tell, setup, SteppedClock())
        more.setdefault('from_mm', free_mm(self.tests, 'xray-25'))
        return self.trial.carry_out(TestCut(setup, kind, 'xray-25', self.tests / name, seconds, **more))


@pytest.fixture
def bench(machine, tmp_path):
    return Bench(machine, tmp_path)


@pytest.fixture(scope='module')
def made(machine, tmp_path_factory):
    """One of each on one scrap."""
    bench = Bench(machine, tmp_path_factory.mktemp('tests'))
    return {kind: bench.cut(kind, kind).report for kind in ('tone', 'sweep', 'silence', 'speed')}, bench.tests


def figure(report, name):
    return next(figure['value'] for figure in report['figures'] if figure['name'] == name)


def heard(made, kind):
    sound, rate_hz = soundfile.read(made[1] / kind / 'playback.wav')
    assert rate_hz == RATE_HZ
    return sound / made[0][kind]['playback_gain']


def test_each_leaves_groove_picture_sound_and_report_and_nothing_else(made):
    for kind, report in made[0].items():
        folder = made[1] / kind
        assert {path.name for path in folder.iterdir()} == {'groove.npz', 'disc.png', 'playback.wav', 'report.json'}
        assert json.loads((folder / 'report.json').read_text()) == report
        assert report['ok'], report['says']
        assert report['says'].startswith(f'{kind}: good: ')
        assert abs(len(heard(made, kind)) - SECONDS * RATE_HZ) <= 1
    assert {path.name for path in made[1].iterdir()} == {*made[0], 'scrap.json'}


def test_the_tone_is_as_loud_as_a_fit_of_scipys_says(made):
    sound = heard(made, 'tone')[RATE_HZ : 5 * RATE_HZ]
    t_s = np.arange(len(sound)) / RATE_HZ

    def tone(t, a, f, p):
        return a * np.sin(2 * np.pi * f * t + p)

    # the wow of the platter moves the phase: fitted in pieces of 50 ms
    peaks = [abs(optimize.curve_fit(tone, t_s[i : i + 2400], sound[i : i + 2400], (1, 1000, 0.1))[0][0])
             for i in range(0, len(sound) - 2400, 2400)]  # fmt: skip
    assert figure(made[0]['tone'], 'level') == pytest.approx(20 * np.log10(np.median(peaks)), abs=0.1)


def test_the_speed_is_that_of_its_zero_crossings(made):
    sound = heard(made, 'speed')[RATE_HZ : 5 * RATE_HZ]
    smooth = np.convolve(sound, np.hanning(9) / np.hanning(9).sum(), 'same')
    at = np.flatnonzero((smooth[:-1] < 0) & (smooth[1:] >= 0))
    crossing = at - smooth[at] / (smooth[at + 1] - smooth[at])
    mean_hz = (len(crossing) - 1) / (crossing[-1] - crossing[0]) * RATE_HZ
    assert figure(made[0]['speed'], 'speed') == pytest.approx(100 * (mean_hz / 3150 - 1), abs=0.02)
    flutter = made[0]['speed']['groove']['flutter_percent']  # of the platter's angle itself
    assert figure(made[0]['speed'], 'wow and flutter') == pytest.approx(flutter, rel=0.2)


def test_the_sweep_is_flat_in_its_envelope_too(made):
    """Rms over a tenth of a second around the time of each frequency, as anybody would read it off a meter."""
    sound, report = heard(made, 'sweep'), made[0]['sweep']

    def level(hz):
        middle = round(SECONDS * np.log(hz / 50) / np.log(200) * RATE_HZ)
        return 10 * np.log10(np.mean(sound[middle - 2400 : middle + 2400] ** 2))

    for name, hz in (('250 Hz', 250), ('2 kHz', 2000), ('4 kHz', 4000), ('8 kHz', 8000)):
        assert figure(report, f'{name} re 1 kHz') == pytest.approx(level(hz) - level(1000), abs=0.5), name


def test_silence_is_as_loud_as_its_film(made):
    sound = heard(made, 'silence')[RATE_HZ : 5 * RATE_HZ]
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    rms = np.sqrt(2 * spectrum[(hz >= 200) & (hz < 10_000)].sum()) / len(sound)
    assert figure(made[0]['silence'], 'noise with the film') == pytest.approx(20 * np.log10(rms * np.sqrt(2)), abs=1.0)
    with np.load(made[1] / 'silence' / 'groove.npz') as groove:
        assert np.abs(groove['displacement_um'][50_000:-50_000]).max() < 1.0


def test_tests_lie_beside_each_other_on_one_scrap(made):
    used = []
    for kind in made[0]:
        with np.load(made[1] / kind / 'groove.npz') as groove:
            down = groove['depth_um'] > 0
            used.append((groove['radius_mm'][down].max(), groove['radius_mm'][down].min()))
    assert used[0][0] <= load_disc('xray-25').lead_in_radius_mm + 0.1
    for (_, inner), (outer, _) in itertools.pairwise(used):
        assert 0.2 < inner - outer < 1.5  # mm of land: no groove of one meets the other
    assert all(outer - inner < 5.5 for outer, inner in used)


def test_a_slow_platter_is_found_in_the_groove_and_named_first(bench):
    bench.bed.platter.regear(1.02)
    report = bench.cut('speed', 'a').report
    assert not report['ok']
    assert report['says'].startswith('speed: 1 of 2 past the limit: speed +2.00 % (limit +-0.3 %)')  # heard too high
    assert report['groove']['speed_error_percent'] == pytest.approx(-1.96, abs=0.01)


def test_a_full_scrap_is_refused_before_anything_moves(bench):
    with pytest.raises(OptionError, match='lay a fresh scrap'):
        bench.cut('tone', 'a', from_mm=57.0)
    with pytest.raises(
        DoesNotFitError, match=r'test cut: tone, 60 s: .* does not fit .*; lay a fresh scrap, or test for'
    ):
        bench.cut('tone', 'b', seconds=60.0, from_mm=60.0)
    assert bench.said == []
    assert list(bench.tests.iterdir()) == []


def test_the_note_of_the_scrap_is_of_that_disc_alone(bench):
    assert free_mm(bench.tests, 'xray-25') is None
    (bench.tests / 'scrap.json').write_text('{"disc": "xray-25", "next_mm": 99.5}')
    assert free_mm(bench.tests, 'xray-25') == 99.5
    assert free_mm(bench.tests, 'pvc-25') is None
    for broken in ('', '[]', '{"disc": "xray-25"}', '{"disc": "xray-25", "next_mm": "x"}'):
        (bench.tests / 'scrap.json').write_text(broken)
        with pytest.raises(StorageError, match=r'scrap.json: cannot be read'):
            free_mm(bench.tests, 'xray-25')


def test_a_scrap_that_is_laid_again_after_one_of_another_kind_is_still_used_up_to_where_it_was(bench):
    reserve(bench.tests, load_disc('xray-25'), 99.5)
    reserve(bench.tests, load_disc('acetate-17-fine'), 70.0)
    assert [free_mm(bench.tests, name) for name in ('xray-25', 'acetate-17-fine', 'pvc-25')] == [99.5, 70.0, None]
    (bench.tests / 'scrap.json').write_text('')
    reserve(bench.tests, load_disc('xray-25'), 98.0)  # by somebody who has laid a fresh one, and said so
    assert free_mm(bench.tests, 'xray-25') == 98.0


@pytest.mark.parametrize('part', [0.0, 0.5])
@pytest.mark.parametrize('deed', ['stop', 'lid'])
def test_a_test_that_is_broken_off_lifts_the_head_and_spoils_its_ring_only(bench, tmp_path, deed, part):
    def meddle(moving):
        if moving.part >= part and 'home' not in moving.what:
            bench.trial.stop('enough') if deed == 'stop' else setattr(bench.interlock, 'lid_closed', False)

    bench.bed.carriage.stands_mm = 130.0
    bench.meddle = meddle
    with pytest.raises(CutFaultError, match=r'enough|lid'):
        bench.cut('tone', 'a', setup=Setup(pace=50.0))
    assert bench.trial.stopped
    assert {path.name for path in bench.tests.iterdir()} == {'scrap.json'}
    assert free_mm(bench.tests, 'xray-25') < 118
    assert bench.bed.carriage.stands_mm is None
    cut_s = [moving.cut_s for moving in bench.said]
    assert cut_s == sorted(cut_s)
    assert any(moving.head_down for moving in bench.said) == (cut_s[-1] > 0)
    assert cut_s[-1] > 0 or part == 0  # at this pace the head may be down before an open lid is seen


def test_the_pins_of_a_test_cut_end_with_the_head_up_and_no_power(bench):
    trace = bench.tests / 'trace.npz'
    bench.cut('tone', 'a', seconds=2.0, setup=Setup(trace=trace))
    pins = Pins.of_trace(trace)
    assert [pins.last(gpio) for gpio in (16, 17, 5)] == [0, 0, 1]
    assert pins.of(16)[1].tolist() == [1, 0]


def test_a_test_is_cut_on_a_real_machine_and_what_nobody_has_measured_is_told_as_such(tmp_path):
    """Every step of it is given out; groove and figures are those of the virtual twin."""
    real, said = Machine(tmp_path), []
    bed = RealBed(real.machine, site=real.site)
    order = TestCut(Setup('real'), 'tone', 'xray-25', tmp_path / 'tests' / 'a', 2.0)
    order.folder.parent.mkdir()
    report = Trial(bed, said.append, order.setup).carry_out(order).report
    real.assert_still()
    assert report['foretold']
    assert report['says'].startswith('cut to its end; look at it and play it')
    assert {path.name for path in order.folder.iterdir()} == {'groove.npz', 'disc.png', 'playback.wav', 'report.json'}
    assert any(moving.head_down for moving in said)
    assert [level for _, gpio, level in real.edges if gpio == real.machine.pins.head_lift] == [1, 0]
    assert bed.carriage.parked


def test_an_open_lid_spends_nothing(bench):
    bench.bed.carriage.stands_mm = 130.0
    bench.interlock.lid_closed = False
    with pytest.raises(MachineRefusesError, match='lid'):
        bench.cut('tone', 'a')
    assert not (bench.tests / 'a').exists()


def test_what_a_killed_child_has_left_is_cleared_away_by_the_next_test(bench):
    (bench.tests / '0001-tone.part').mkdir()
    (bench.tests / '0001-tone.part' / 'signal.wav').write_text('half of it')
    bench.cut('tone', '0002-tone', seconds=2.0)
    assert {path.name for path in bench.tests.iterdir()} == {'0002-tone', 'scrap.json'}


def test_a_test_that_is_stopped_while_it_is_prepared_moves_nothing(bench):
    trial = Trial(bench.bed, bench.tell, Setup())
    trial.stop('never mind')
    with pytest.raises(CutFaultError, match='never mind'):
        trial.carry_out(TestCut(Setup(), 'tone', 'xray-25', bench.tests / 'a', 2.0))
    assert (trial.stopped, bench.said, list(bench.tests.iterdir())) == (True, [], [])


@pytest.mark.parametrize(('kind', 'level_db'), [('sweep', 6.0), ('tone', 25.0)])
def test_what_is_too_loud_is_refused_with_the_level_that_would_do(bench, kind, level_db):
    with pytest.raises(DoesNotFitError, match=rf'^test cut: {kind}, 3 s: .*use --level -?[0-9.]+ or less$') as refused:
        bench.cut(kind, 'a', seconds=3.0, level_db=level_db)
    assert (bench.said, list(bench.tests.iterdir())) == ([], [])
    most_db = float(refused.value.remedy.split()[2]) - 0.5  # it ends elsewhere, where the limit is another
    assert bench.cut(kind, 'a', seconds=3.0, level_db=most_db).report['level_db'] == most_db


def test_results_that_are_there_are_not_written_over(bench):
    (bench.tests / 'a').mkdir()
    with pytest.raises(OptionError, match='results already'):
        bench.cut('tone', 'a')


def test_a_ring_is_narrow_and_the_next_one_is_free():
    disc = load_disc('xray-25')
    taken = ring(disc, 100.0, 96.0)
    assert (taken.lead_in_radius_mm, taken.locked_radius_mm) == (100.0, 96.0)
    assert 95 < next_mm(96.0, disc) < 95.5
    assert ring(disc, None).lead_in_radius_mm == disc.lead_in_radius_mm
    for wrong in (122.5, 57.8, float('nan')):
        with pytest.raises(OptionError):
            ring(disc, wrong)
