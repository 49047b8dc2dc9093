"""[controls], [lcd] and [sound] of a machine file: they may be missing, and no two things ever share a pin."""

import itertools
import re

import pytest

from appliance.errors import MachineFileError
from appliance.machine import load_machine, machine_path

VIRTUAL = machine_path('virtual').read_text(encoding='utf-8')
PINS = {
    **{f'controls.{name}': name for name in ('record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed', 'lamp')},
    **{f'lcd.{name}': name for name in ('dc', 'reset', 'backlight')},
}


def pin_of(machine, key):
    section, name = key.split('.')
    return getattr(getattr(machine, section), name)


def load(tmp_path, text):
    path = tmp_path / 'mine.toml'
    path.write_text(text, encoding='utf-8')
    return load_machine(path)


def over_virtual(tmp_path, text):
    return load(tmp_path, '[machine]\nbase = "virtual"\n' + text)


def test_the_reference_pins_are_all_different_and_leave_bus_link_and_identity_alone():
    machine = load_machine()
    lathe = [value for name, value in vars_of(machine.pins) if isinstance(value, int)]
    panel = [pin_of(machine, key) for key in PINS]
    together = lathe + panel + [8, 9, 10, 11] + [14, 15] + [0, 1]  # SPI0 with its first chip select, UART, identity
    assert len(panel) == 10
    assert len(lathe) == 10
    assert sorted(together) == sorted(set(together))


def vars_of(value):
    return [(name, getattr(value, name)) for name in value.__dataclass_fields__]


def test_a_whole_file_without_the_sections_loads_as_ever(tmp_path):
    text = VIRTUAL[: VIRTUAL.index('[controls]')]
    machine = load(tmp_path, text)
    assert (machine.controls, machine.lcd, machine.sound) == (None, None, None)
    assert machine.cut == load_machine().cut
    elsewhere = re.sub('^heartbeat = 6', 'heartbeat = 14', text, flags=re.M)
    elsewhere = re.sub('^head_lift = 16', 'head_lift = 9', elsewhere, flags=re.M)
    assert load(tmp_path, elsewhere).pins.head_lift == 9


def test_a_file_that_moves_the_lathe_onto_its_bases_panel_is_refused(tmp_path):
    """Without a panel a booth cannot be built of it; nobody loses one without a word."""
    with pytest.raises(MachineFileError, match=r'controls\.lamp is 18, which pins\.leg_a has already'):
        over_virtual(tmp_path, '[pins]\nleg_a = 18\nleg_b = 13\n')


@pytest.mark.parametrize(('section', 'says'), [
    ('bridge_enable = 0\n', r'pins\.bridge_enable is 0 and on when high \(pins\.bridge_enable_active\); the board '
                            r'itself pulls GPIO 0 high from reset until the program runs; move it to GPIO 17; or '),
    ('head_lift = 1\n', r'pins\.head_lift is 1 and on when high \(pins\.lift_down\)'),
    ('bridge_enable_active = "low"\n', r'is 17 and on when low .*pulls GPIO 17 low .*no other pin is free: take'),
    ('enable = 16\nhead_lift = 5\nlift_down = "low"\n', r'enable is 16 and on when low .*; no other pin is free'),
    ('enable_active = "high"\n', r'enable is 5 and on when high .*GPIO 5 high .*; no other pin is free: take a part'),
])  # fmt: skip
def test_what_the_board_would_switch_on_before_the_program_runs_is_refused(tmp_path, section, says):
    """Motors, head driver and lift must be off by the board's own pulls."""
    with pytest.raises(MachineFileError) as caught:
        over_virtual(tmp_path, f'[pins]\n{section}')
    assert re.search(says, caught.value.line), caught.value.line


LATHE = {5, 6, 12, 13, 17, 22, 23, 26, 27}  # pins of virtual.toml, without that of the lift
AT_RESET = dict(enumerate(['high'] * 9 + ['low'] * 19))  # BCM2835 ARM Peripherals, table 6-31


@pytest.mark.parametrize('pin', [pin for pin in range(28) if pin not in LATHE])
@pytest.mark.parametrize('active', ['high', 'low'])
def test_each_pin_holds_the_lift_at_reset_as_the_datasheet_says(tmp_path, pin, active):
    text = VIRTUAL[: VIRTUAL.index('[controls]')]
    text = re.sub('^head_lift = 16', f'head_lift = {pin}', text, flags=re.M)
    text = re.sub('^lift_down = "high"', f'lift_down = "{active}"', text, flags=re.M)
    if active == AT_RESET[pin]:
        with pytest.raises(MachineFileError, match=f'pulls GPIO {pin} {active} from reset'):
            load(tmp_path, text)
    else:
        assert load(tmp_path, text).pins.head_lift == pin


@pytest.mark.parametrize(('section', 'says'), [
    ('[pins]\nleg_a = 32\n', r'pins\.leg_a is 32; it must be between 0 and 27; GPIO numbers count, not pins of the '
                              r'header: pin 32 is GPIO 12'),
    ('[controls]\nlamp = 40\n', r'controls\.lamp is 40; it must be between 2 and 27; .*pin 40 is GPIO 21'),
    ('[pins]\nenable = 39\n', r'pins\.enable is 39; it must be between 0 and 27; '),
    ('[pins]\nenable = 41\n', r'pins\.enable is 41; it must be between 0 and 27; '),
    ('[interlock]\nindex = 29\n', r'interlock\.index is 29; it must be between 0 and 22; GP numbers count, not pins of '
                                   r'the header: pin 29 is GP 22'),
    ('[interlock]\nhead_adc = 31\n', r'interlock\.head_adc is 31; it must be between 26 and 28; .*pin 31 is GP 26'),
    ('[pins]\nhead_lift = 14\n', r'pins\.head_lift is 14, which the interlock link has; move one of them'),
    ('[head]\nmass_kg = 1.0\n', r'head\.mass_kg is 1; it must be between 1e-06 and 0\.1; mind the unit'),
])  # fmt: skip
def test_what_a_maker_gets_wrong_is_told_with_what_was_meant(tmp_path, section, says):
    with pytest.raises(MachineFileError) as caught:
        over_virtual(tmp_path, section)
    assert re.search(says, caught.value.line)


@pytest.mark.parametrize(('one', 'other'), list(itertools.combinations(PINS, 2)))
def test_any_two_pins_of_the_panel_that_meet_are_refused(tmp_path, one, other):
    section, name = other.split('.')
    pin = pin_of(load_machine(), one)
    with pytest.raises(MachineFileError, match=rf'mine\.toml: .*\b{pin}, which .* has already') as refused:
        over_virtual(tmp_path, f'[{section}]\n{name} = {pin}\n')
    assert one in str(refused.value)
    assert other in str(refused.value)


@pytest.mark.parametrize('key', PINS)
@pytest.mark.parametrize(
    ('pin', 'owner'),
    [(16, 'pins.head_lift'), (9, 'SPI0 of the LCD'), (8, 'SPI0 of the LCD'), (14, 'interlock'), (15, 'interlock')],
)
def test_what_the_lathe_the_bus_and_the_link_have_is_refused(tmp_path, key, pin, owner):
    section, name = key.split('.')
    with pytest.raises(MachineFileError, match=rf'mine\.toml: {key} is {pin}, which .*{owner}'):
        over_virtual(tmp_path, f'[{section}]\n{name} = {pin}\n')


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('[controls]\nrecord = 1\n', r'controls\.record is 1; it must be between 2 and 27'),
        ('[controls]\nrecord_active = "high"\n', r"controls\.record_active is 'high'.*GPIO 2 up; wire it to be 'low'"),
        (
            '[controls]\nstop_pressed = 3\nlid_closed = 7\nstop_pressed_active = "low"\n',
            r"stop_pressed_active is 'low'",
        ),
        ('[controls]\nlamp_active = "lit"\n', r"controls\.lamp_active is 'lit'; it must be one of low, high"),
        ('[controls]\nbuzzer = 4\n', r'unknown key controls\.buzzer'),
        ('[controls]\nbounce_ms = 0\n', r'controls\.bounce_ms is 0; it must be between 1 and 500'),
        ('[lcd]\nspi_device = 2\n', r'lcd\.spi_device is 2; SPI0 has 0, 1'),
        ('[lcd]\nspi_device = 1\n', r'controls\.stop_pressed is 7, which SPI0 of the LCD has already'),
        ('[lcd]\nspi_port = 1\n', r'controls\.left is 20, which SPI1|pins\..* is 1[6-9], which SPI1'),
        ('[lcd]\nbus_speed_hz = 31_000_000\n', r'lcd\.bus_speed_hz is 31000000; .* 28, 32'),
        ('[lcd]\nrotate = 1\n', r'lcd\.rotate is 1; it must be 0 or 2'),
        ('[pins]\nhead_lift = 11\n[lcd]\nrotate = 2\n', r'pins\.head_lift is 11, which SPI0 of the LCD has'),
        ('[sound]\ninput = 3\n', r'sound\.input is 3; it must be text in quotes'),
        ('[sound]\nlatency_ms = 1\n', r'sound\.latency_ms is 1; it must be between'),
        ('[sond]\ninput = ""\n', r'unknown key \[sond\]; did you mean sound'),
    ],
)
def test_what_is_wrong_is_named_with_file_key_value_and_limit(tmp_path, text, said):
    with pytest.raises(MachineFileError, match=rf'mine\.toml: .*({said})|mine\.toml: ({said})'):
        over_virtual(tmp_path, text)


def test_a_section_that_is_there_must_be_whole(tmp_path):
    text = VIRTUAL[: VIRTUAL.index('[controls]')] + '[lcd]\nspi_port = 0\n'
    with pytest.raises(MachineFileError, match=r'lcd\.spi_device is missing'):
        load(tmp_path, text)


def test_the_second_chip_select_leaves_the_first_one_free(tmp_path):
    machine = over_virtual(tmp_path, '[lcd]\nspi_device = 1\n[controls]\nstop_pressed = 8\n')
    assert machine.controls.stop_pressed == 8
