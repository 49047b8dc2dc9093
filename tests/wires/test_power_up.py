"""A first power-up: what drives a real machine drives virtual parts through a harness, and feels what is broken."""

import contextlib
import dataclasses
import tempfile
from pathlib import Path

import pytest

from appliance.commands import main
from appliance.compose.doctor.bench import Bench, virtual_bench
from appliance.compose.doctor.people import AtTerminal, Eye, Nobody
from appliance.compose.doctor.powerup import CHECKS, bench_of, done, power_up, steps_from
from appliance.compose.doctor.walk import all_at_once, enter, told, walk, wrapped, yes
from appliance.config.places import Folders, lock
from appliance.errors import MachineRefusesError, OptionError
from appliance.machine import load_machine
from appliance.virtual.harness import HOW, Break
from appliance.wires.table import neighbour, wires_of
from appliance.words.powerup import NAMES, STEPS
from tests.compose.real_rig import Machine

MACHINE = load_machine()
WIRES = wires_of(MACHINE)
STEP = {step.name: step for step in STEPS}
# The step that feels each wire of the lathe and of the Pico; those of panel and LCD have steps of their own.
FELT = {
    'currents': ('leg_a', 'leg_b', 'bridge_enable', 'enable', 'platter_step', 'platter_dir', 'heartbeat', 'step',
                 'index'),
    'carriage': ('carriage_step', 'carriage_dir', 'home'),
    'head': ('head_lift', 'lift'),
    'interlock': ('tx', 'rx', 'relay', 'relay_contact', 'lamp', 'stop_closed', 'stop_open', 'lid', 'head_adc',
                  'driver_adc', 'supply_adc', 'sda', 'scl'),
}  # fmt: skip
# Exchanged legs draw what they must, and sound as good: only which way the stylus goes tells of them.
ELSEWHERE = {('pins.leg_a', 'swap'): 'head'}
PLACE = {name: step for step, names in FELT.items() for name in names}


def felt_in(key):
    section, name = key.split('.')
    return {'controls': 'panel', 'lcd': 'LCD'}.get(section) or PLACE[name]


def test_each_step_of_the_text_has_a_check_and_the_other_way_round():
    assert list(CHECKS) == list(NAMES)


def test_a_whole_machine_passes_every_step():
    found = list(power_up(virtual_bench(MACHINE)))
    assert [result.step.name for result in found] == list(NAMES)
    wrong = [one for result in found for one in result.found if one.ok is False]
    assert wrong == []
    unknown = {result.step.name for result in found if result.ok is None}
    assert unknown == {'microphone', 'speaker'}, 'sound has no wire'


@pytest.mark.parametrize('wire', WIRES, ids=lambda wire: wire.key)
def test_the_wire_that_is_open_is_named(wire):
    check_named(wire, 'open')


@pytest.mark.with_all
@pytest.mark.parametrize('how', [how for how in HOW if how != 'open'])
@pytest.mark.parametrize('wire', WIRES, ids=lambda wire: wire.key)
def test_the_wire_that_is_broken_otherwise_is_named(wire, how):
    check_named(wire, how)


def check_named(wire, how):
    """Where it is felt, or before: two that changed places may be felt with the other one."""
    places = [felt_in(wire.key)]
    wanted = {wire.key}
    if how == 'swap':
        other = neighbour(WIRES, wire)
        wanted.add(other.key)
        places = sorted({*places, felt_in(other.key)}, key=NAMES.index)
    places = [ELSEWHERE.get((wire.key, how), place) for place in places]
    bench = virtual_bench(MACHINE, (Break(wire.key, how),))
    found = [done(bench, STEP[place]) for place in places]
    first = next(result for result in found if result.ok is False)
    assert wanted & set(first.wires), [one.saw for one in first.found if one.ok is False]


def test_what_fails_ends_it_and_the_next_one_begins_there():
    found = list(power_up(virtual_bench(MACHINE, (Break('controls.left', 'open'),))))
    assert [result.step.name for result in found] == ['pins', 'panel']
    assert [step.name for step in steps_from('carriage')] == ['carriage', 'head']
    assert steps_from('9') == steps_from('Carriage') == steps_from('carriage')
    with pytest.raises(OptionError, match='one of pins, panel'):
        steps_from('motor')


def test_a_machine_without_a_current_sensor_is_tried_by_eye_and_count():
    interlock = dataclasses.replace(MACHINE.interlock, current_sensor='none')
    bench = virtual_bench(dataclasses.replace(MACHINE, interlock=interlock))
    found = done(bench, STEP['currents'])
    assert found.ok
    assert sum('not measured' in one.saw for one in found.found) == 5


@pytest.mark.parametrize(('motor', 'says'), [('platter', 'the driver of the platter draws nothing'),
                                             ('carriage', 'the driver of the carriage draws nothing')])  # fmt: skip
def test_a_driver_that_draws_nothing_is_told_from_the_other(monkeypatch, motor, says):
    """One of both motors is not there: what the supply gives is the other's alone."""
    axis = dataclasses.replace(getattr(MACHINE, motor), motor_a=1e-6)
    without = dataclasses.replace(MACHINE, **{motor: axis})
    real = 'appliance.virtual.harness.supply.motors_ma'
    from appliance.virtual.harness.supply import motors_ma

    monkeypatch.setattr(real, lambda machine: motors_ma(without))
    found = done(virtual_bench(MACHINE), STEP['currents'])
    wrong = [one for one in found.found if one.ok is False]
    assert len(wrong) == 1
    assert says in wrong[0].saw
    assert wrong[0].wires == ('pins.enable',)


class Eyes:
    """Somebody who says yes, but for what is named."""

    is_there = True

    def __init__(self, *no):
        self.asked, self._no = [], no

    def prepares(self, step):
        pass

    def looks(self):
        pass

    def sees(self, eye):
        self.asked.append(eye)
        return eye not in self._no

    def works(self, contact, poll):
        return False

    def warms(self, poll):
        return False

    def forget(self):
        pass


def real_bench(folder, maker):
    real = Machine(folder)
    return real, Bench(real.machine, real.site, maker, sound=None)


def test_a_real_machine_goes_through_the_same_steps(tmp_path):
    """All but panel, LCD and sound, which this rig has none of."""
    real, bench = real_bench(tmp_path, Eyes())
    for name in ('pins', 'platter', 'carriage', 'head'):
        result = done(bench, STEP[name])
        assert result.ok, [one.saw for one in result.found]
    real.assert_still()
    assert real.carriage.at_home
    assert real.rises(real.machine.pins.head_lift) == 1


@pytest.mark.parametrize(('step', 'no', 'wire'), [
    ('platter', Eye.CLOCKWISE, 'pins.platter_dir'),
    ('carriage', Eye.OUTWARD, 'pins.carriage_dir'),
    ('head', Eye.HEAD_WENT_DOWN, 'pins.head_lift'),
    ('head', Eye.HEAD_SOUNDED, 'pins.leg_a'),
])  # fmt: skip
def test_what_an_eye_does_not_see_is_a_wire(tmp_path, step, no, wire):
    _, bench = real_bench(tmp_path, Eyes(no))
    assert wire in done(bench, STEP[step]).wires


def test_where_nobody_is_there_both_that_it_may_be_are_named(tmp_path):
    real, bench = real_bench(tmp_path, Nobody())
    real.turns.hold(10.0)
    assert set(done(bench, STEP['platter']).wires) == {'interlock.index', 'pins.platter_step'}
    real.home_broken = True
    real.push(60.0)
    assert 'interlock.home' in done(bench, STEP['carriage']).wires


def test_an_interlock_that_is_silent_is_a_line(tmp_path):
    real, bench = real_bench(tmp_path, Nobody())
    real.cable_cut = True
    assert done(bench, STEP['interlock']).wires == ('interlock.tx', 'interlock.rx')


@pytest.mark.parametrize('step', ['interlock', 'currents', 'platter', 'carriage', 'head'])
def test_a_line_that_is_pulled_out_meanwhile_blames_nothing_else(tmp_path, step):
    maker = Eyes()
    real, bench = real_bench(tmp_path, maker)
    maker.works = lambda contact, poll: any(poll() for _ in range(50) if real.rest(0.02) is None)
    heard = []

    def beside():
        heard.append(real)
        real.cable_cut = len(heard) >= 25

    real.beside = beside
    assert done(bench, STEP[step]).wires == ('interlock.tx', 'interlock.rx')
    real.assert_still()


def test_firmware_of_another_machine_file_is_flashed_anew(tmp_path):
    _, bench = real_bench(tmp_path, Nobody())
    found = done(dataclasses.replace(bench, build=123456), STEP['interlock'])
    assert found.ok is False
    assert 'the files here make 123456' in found.found[0].saw


def test_a_lid_that_is_open_blames_no_wire_of_the_platter(tmp_path):
    real, bench = real_bench(tmp_path, Eyes())
    real.logic.set(lid=0)
    found = done(bench, STEP['platter'])
    assert (found.ok, found.wires) == (False, ())


def test_a_maker_is_walked_through_it_and_waits_before_each():
    said, waited = [], []
    assert walk(virtual_bench(MACHINE), 'platter', said.append, waited.append)
    assert len(waited) == 3
    assert [line for line in said if line.startswith('Step ')] == [
        'Step 8 of 10: platter', 'Step 9 of 10: carriage', 'Step 10 of 10: head'
    ]  # fmt: skip


def test_a_walk_never_goes_on_after_a_failure():
    said, waited = [], []
    bench = virtual_bench(MACHINE, (Break('pins.carriage_dir', 'open'),))
    assert not walk(bench, 'platter', said.append, waited.append)
    assert len(waited) == 2
    assert 'pins.carriage_dir (GPIO 27, header pin 13' in ' '.join(said)
    assert said[-1].endswith('--from carriage')


@pytest.mark.parametrize('how', [EOFError, KeyboardInterrupt])
def test_whoever_stops_it_is_told_how_to_go_on(how):
    said = []

    def leaves(words):
        raise how

    with pytest.raises(how):
        walk(virtual_bench(MACHINE), 'platter', said.append, leaves)
    assert said[-1] == 'Stopped, power off. Go on with: audioletter doctor power-up --from platter'


def test_each_thing_is_told_as_it_is_found():
    told = []
    assert done(virtual_bench(MACHINE), STEP['pins'], told.append).found == tuple(told)


def test_a_stylus_is_pushed_only_when_somebody_looks():
    answers, said = iter([False, True]), []
    AtTerminal(lambda question: next(answers), said.append, None).looks()
    assert said == ['it waits']


@pytest.mark.parametrize('columns', [40, 80])
def test_every_line_fits_the_terminal(columns):
    for step in STEPS:
        for line in told(step):
            assert all(len(part) < columns for part in wrapped(line, columns).splitlines())


def test_whoever_answers_at_the_terminal_is_believed():
    said = []
    maker = AtTerminal(lambda question: question == Eye.TONE.value, said.append, None)
    assert (maker.sees(Eye.TONE), maker.sees(Eye.CLOCKWISE)) == (True, False)


def test_an_enter_too_many_is_no_answer():
    said, answers = [], iter(['', 'perhaps', 'Y'])
    assert yes('Did it turn?', said.append, lambda: next(answers))
    assert said == ['Did it turn?'] * 3
    assert not yes('Did it turn?', said.append, lambda: 'no')


def test_only_enter_goes_on_to_what_moves():
    said, answers = [], iter(['no', 'stop it', ' '])
    enter('Enter when it is so', said.append, lambda words: next(answers))
    assert said == ['Enter alone goes on, Ctrl-C stops.'] * 2
    assert next(answers, None) is None


def test_what_the_machine_file_could_say_stands_behind_the_words_for_it():
    bench = virtual_bench(MACHINE, (Break('controls.left', 'swap'),))
    saw = next(one.saw for one in done(bench, STEP['panel']).found if one.ok is False)
    assert saw.endswith('or tell the machine file: [controls] left = 21; [controls] right = 20')


def test_a_contact_that_nobody_works_is_waited_for_and_then_given_up(tmp_path):
    real = Machine(tmp_path)
    said, polls = [], []
    maker = AtTerminal(lambda question: True, said.append, real)
    assert not maker.works('left', lambda: polls.append(1))
    assert len(polls) > 100
    assert said == ['now touch the left pad, and let it go (30 s)']


def test_a_real_machine_is_not_moved_where_nobody_stands(capsys, monkeypatch):
    with pytest.raises(MachineRefusesError, match='what only an eye sees'):
        all_at_once(load_machine('real'), (), '')
    assert main(['doctor', 'power-up', '--machine', 'real', '--json']) == 3
    assert 'at a terminal' in capsys.readouterr().err
    with pytest.raises(OptionError, match='virtual machine only'):
        bench_of(load_machine('real'), broken=(Break('pins.leg_a', 'open'),))


def test_a_booth_that_runs_keeps_its_machine(tmp_path, monkeypatch, capsys):
    """What it has in memory would be taken for something that a dead program has left."""
    data, run = tmp_path / 'data', Path(tempfile.mkdtemp(prefix='audioletter-test-', dir='/dev/shm'))
    data.mkdir()
    settings = tmp_path / 'mine.toml'
    settings.write_text(f'[places]\ndata = "{data}"\nrun = "{run}"\n')
    monkeypatch.setattr('sys.stdin.isatty', lambda: True, raising=False)
    try:
        with contextlib.closing(lock(Folders(data, run))):
            assert main(['doctor', 'power-up', '--machine', 'real', '--config', str(settings)]) == 2
    finally:
        run.rmdir()
    assert 'another booth is running here' in capsys.readouterr().err


def test_each_step_is_a_line_for_programs_and_a_broken_wire_is_exit_3(capsys):
    assert main(['doctor', 'power-up', '--from', 'head', '--break', 'pins.head_lift=open', '--json']) == 3
    assert 'pins.head_lift (GPIO 16, header pin 36' in capsys.readouterr().out
