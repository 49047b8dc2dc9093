"""Machine and disc files: every value is read, checked, and named when it is wrong."""

import dataclasses
import os
import re
from pathlib import Path

import pytest

from appliance.errors import MachineFileError, MachineRefusesError, OptionError
from appliance.machine import check_pair, disc_names, load_disc, load_machine, machine_names, machine_path
from appliance.machine.limits import DISC_LIMITS, MACHINE_LIMITS
from appliance.machine.model import Disc, GrooveKind, Machine

WHOLE = re.compile(
    r'(pins|lcd)\..*|interlock\.(?!.*_[vca]$).*|controls\.(?!bounce_ms).*|.*\.(seed|range|microsteps|motor_steps_per_turn)'
)
VIRTUAL = machine_path('virtual').read_text(encoding='utf-8')


def numbers(kind, section=''):
    """Dotted keys of all numeric fields."""
    for field in dataclasses.fields(kind):
        key = f'{section}.{field.name}' if section else field.name
        if field.type in ('int', 'float'):
            yield key
        elif section == '' and dataclasses.is_dataclass(sub := type(getattr(load_machine(), field.name))):
            yield from numbers(sub, field.name)


def changed(tmp_path: Path, key: str, value: str) -> Path:
    section, name = key.split('.')
    pattern = rf'(\[{section}\][^\[]*?^{name} = )\S+'
    text, hits = re.subn(pattern, rf'\g<1>{value}', VIRTUAL, count=1, flags=re.M)
    assert hits == 1, key
    path = tmp_path / 'mine.toml'
    path.write_text(text, encoding='utf-8')
    return path


def test_reference_values_of_the_head_are_those_of_the_design():
    head = load_machine('virtual').head
    assert (head.mass_kg, head.bl_n_per_a, head.r_ohm, head.l_h, head.f0_hz, head.q) == (1e-3, 6, 6, 2e-4, 1500, 3)


def test_steps_and_screw_give_the_figures_of_the_design():
    machine = load_machine()
    assert machine.platter.steps_per_turn == 6400
    assert machine.carriage.mm_per_step == pytest.approx(0.5 / 3200)


def test_every_number_of_the_machine_file_has_a_range():
    assert set(numbers(Machine)) == set(MACHINE_LIMITS)


def test_every_number_of_a_disc_file_has_a_range():
    keys = {f'disc.{f.name}' for f in dataclasses.fields(Disc) if f.type == 'float'}
    keys |= {f'{kind}.{f.name}' for kind in ('coarse', 'fine') for f in dataclasses.fields(GrooveKind)}
    assert keys == set(DISC_LIMITS)


@pytest.mark.parametrize('key', sorted(MACHINE_LIMITS))
@pytest.mark.parametrize('end', [0, 1])
def test_a_value_beyond_either_end_is_refused_by_file_key_value_and_limit(tmp_path, key, end):
    limit = MACHINE_LIMITS[key][end]
    bad = limit - 1 if end == 0 else limit * 2 + 1
    whole = bool(WHOLE.fullmatch(key))
    path = changed(tmp_path, key, str(int(bad)) if whole else repr(float(bad)))
    with pytest.raises(MachineFileError) as caught:
        load_machine(path)
    for word in (str(path), key, f'{bad:g}', f'{limit:g}'):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ('key', 'value', 'words'),
    [
        ('head.r_ohm', '"six"', 'must be a number'),
        ('head.r_ohm', 'nan', 'between'),
        ('head.r_ohm', 'true', 'must be a number'),
        ('pins.enable', '5.5', 'must be a whole number'),
        ('pins.enable', '17', 'pins.bridge_enable has already'),
        ('pins.leg_a', '4', 'reaches only 12 or 18'),
        ('pins.lift_down', '"down"', 'one of low, high'),
        ('machine.chip', '"bcm2712"', 'one of bcm2835, bcm2837, bcm2711'),
        ('carriage.microsteps', '64', 'lower it'),
        ('carriage.min_radius_mm', '140', 'above what'),
        ('carriage.max_jerk_mm_s3', '9e6', 'lower it, or the microsteps'),
        ('pwm.range', '651', 'set it to 625'),
        ('machine.name', '""', 'a line of 1 to 60 letters'),
        ('machine.name', f'"{"x" * 61}"', 'a line of 1 to 60 letters'),
        ('interlock.baud', '128000', 'must be one of 115200, 230400, 460800, 921600'),
    ],
)
def test_a_wrong_value_says_why(tmp_path, key, value, words):
    with pytest.raises(MachineFileError, match=re.escape(words)) as caught:
        load_machine(changed(tmp_path, key, value))
    assert key in str(caught.value) or 'carriage.max_speed_mm_s' in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ('section', 'said'),
    [
        ('name = "two\\nlines"\n', r"machine\.name is 'two\\nlines'"),
        ('name = "\\u001b[31m"\n', r'machine\.name is '),
        ('[interlock]\ndevice = "/dev/tty\\u0000"\n', r'interlock\.device is .*must begin with /dev/'),
        (
            '[platter]\nmotor_steps_per_turn = 4\nmicrosteps = 1\ngear = 0.1\n',
            r'platter\.motor_steps_per_turn, microsteps and gear give 0\.4 steps .* 20 or more',
        ),
    ],
)
def test_a_value_that_no_part_can_work_with_is_refused(tmp_path, section, said):
    path = tmp_path / 'mine.toml'
    path.write_text(f'[machine]\nbase = "virtual"\n{section}', encoding='utf-8')
    with pytest.raises(MachineFileError, match=said) as caught:
        load_machine(path)
    assert caught.value.line.isprintable()


def test_a_file_of_an_editor_that_marks_its_utf_8_is_read(tmp_path):
    path = tmp_path / 'mine.toml'
    path.write_text('[machine]\r\nbase = "virtual"\r\nname = "Plattenladen"\r\n', encoding='utf-8-sig')
    assert load_machine(path).machine.name == 'Plattenladen'


def test_an_acceleration_beyond_the_fixed_point_is_refused(tmp_path):
    path = tmp_path / 'mine.toml'
    path.write_text(
        '[machine]\nbase = "virtual"\n[carriage]\nmicrosteps = 256\nscrew_mm_per_turn = 0.06\n'
        'max_speed_mm_s = 0.1\nprogramme_max_speed_mm_s = 0.05\nmax_accel_mm_s2 = 1000\n',
        encoding='utf-8',
    )
    with pytest.raises(MachineFileError, match=r'carriage.max_accel_mm_s2 is 1000; steps of 0.00117187 um allow 45.7'):
        load_machine(path)


def test_an_unknown_key_is_refused_with_the_nearest_name(tmp_path):
    path = tmp_path / 'mine.toml'
    path.write_text(VIRTUAL.replace('\nr_ohm =', '\nr_ohms ='), encoding='utf-8')
    with pytest.raises(MachineFileError, match=r'unknown key head\.r_ohms; did you mean r_ohm\?'):
        load_machine(path)


@pytest.mark.parametrize('key', sorted(MACHINE_LIMITS))
def test_a_missing_key_is_named(tmp_path, key):
    section, name = key.split('.')
    path = tmp_path / 'mine.toml'
    path.write_text(
        re.sub(rf'(\[{section}\][^\[]*?)^{name} = .*\n', r'\1', VIRTUAL, count=1, flags=re.M), encoding='utf-8'
    )
    with pytest.raises(MachineFileError, match=re.escape(f'{key} is missing')):
        load_machine(path)


def test_a_file_may_hold_only_what_differs_from_its_base(tmp_path):
    path = tmp_path / 'mine.toml'
    path.write_text('[machine]\nbase = "virtual"\nchip = "bcm2711"\n[head]\nr_ohm = 8.0\n', encoding='utf-8')
    machine = load_machine(path)
    assert (machine.machine.chip, machine.head.r_ohm, machine.head.q) == ('bcm2711', 8.0, 3.0)


@pytest.mark.parametrize(
    'text',
    [
        '[head', 'head = 3', '\x00', '', '[machine]\nbase = "moon"', 'a = ' + '[' * 100_000,
        '[head]\nr_ohm = ' + '9' * 5000, '# ' + 'x' * 2_000_000,
    ],
    ids=['half', 'no-table', 'binary', 'empty', 'no-base', 'deep', 'digits', 'long'],
)  # fmt: skip
def test_a_broken_file_is_one_clear_error(tmp_path, text):
    path = tmp_path / 'mine.toml'
    path.write_text(text, encoding='utf-8')
    with pytest.raises(MachineFileError) as caught:
        load_machine(path)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'pipe.toml')
    with pytest.raises(MachineFileError, match='not a plain file'):
        load_machine(tmp_path / 'pipe.toml')


def test_a_missing_file_and_a_folder_are_errors_too(tmp_path):
    for path in (tmp_path / 'none.toml', tmp_path):
        with pytest.raises(MachineFileError, match='cannot read'):
            load_machine(path)


def test_the_discs_of_the_contract_exist_in_both_grooves():
    names = disc_names()
    for name in ('xray-17', 'xray-20', 'xray-23', 'xray-25', 'pvc-25'):
        assert name in names
        assert f'{name}-fine' in names


@pytest.mark.parametrize('name', disc_names())
def test_each_disc_loads_has_its_name_and_room_for_the_lead_in(name):
    disc, cut = load_disc(name), load_machine().cut
    assert disc.name == name
    assert disc.groove.width_um == (55.0 if name.endswith('-fine') else 150.0)
    assert disc.lead_in_radius_mm - disc.programme_radius_mm >= cut.lead_in_turns * cut.lead_in_pitch_mm - 1e-9
    assert disc.inner_radius_mm - disc.locked_radius_mm >= cut.run_out_min_pitch_mm * cut.run_out_turns
    check_pair(load_machine(), disc)


def test_an_unknown_disc_is_refused_with_the_nearest_name():
    with pytest.raises(OptionError, match='did you mean xray-25'):
        load_disc('xray-26')


def test_a_disc_the_carriage_cannot_reach_is_refused(tmp_path):
    machine = load_machine(changed(tmp_path, 'carriage.park_radius_mm', '100'))
    with pytest.raises(MachineRefusesError, match='xray-25 needs the carriage'):
        check_pair(machine, load_disc('xray-25'))


def test_the_virtual_machine_ships():
    assert 'virtual' in machine_names()
