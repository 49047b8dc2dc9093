"""What must hold between the pins of lathe, panel and LCD: one wire a pin, and none that the board has taken.

Sources: BCM2835/BCM2711 ARM Peripherals, table of alternative functions; Raspberry Pi hardware documentation, "GPIO".
"""

from __future__ import annotations

from appliance.errors import MachineFileError
from appliance.machine.limits import PICO_ADCS, PICO_BUS, PICO_PINS
from appliance.machine.model import Controls, Interlock, LcdPanel, Machine

INPUTS = ('record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed')
DRIVEN = ('left', 'right', 'blank')  # by a sensor that gives both levels; all others are contacts
LCD_PINS = ('dc', 'reset', 'backlight')
# What luma.core's serial line can be asked for.
LCD_SPEEDS_HZ = tuple(int(m * 1e6) for m in (0.5, 1, 2, 4, 8, 16, 20, 24, 28, 32, 36, 40, 44, 48, 50, 52))
LCD_TURNS = (0, 2)  # the picture is wide
# Of each SPI port: MISO, MOSI, clock; and the chip select of each device.
SPI_LINES = {0: (9, 10, 11), 1: (19, 20, 21)}
SPI_SELECT = {0: {0: 8, 1: 7}, 1: {0: 18, 1: 17, 2: 16}}
ONE_WIRE = 'one wire a pin; these are GPIO or GP numbers, not pins of a header'
UART = (14, 15)  # to the interlock
LINK = 'the interlock link'
PICO_UART = {'tx': (0, 12, 16), 'rx': (1, 13, 17)}  # RP2040 datasheet, table of GPIO functions
# GP -> which of its two I2C, of the pins that a Pico's header has (the same table).
PICO_I2C = {'sda': {0: 0, 4: 0, 8: 0, 12: 0, 16: 0, 20: 0, 2: 1, 6: 1, 10: 1, 14: 1, 18: 1},
            'scl': {1: 0, 5: 0, 9: 0, 13: 0, 17: 0, 21: 0, 3: 1, 7: 1, 11: 1, 15: 1, 19: 1}}  # fmt: skip
# Of the line, of those that termios knows. A slower one brings a permit so late that a frozen supervisor has power for
# longer than 0.3 s.
BAUDS = (115_200, 230_400, 460_800, 921_600)
SHUNT_FULL_MV = 81.92  # of an INA226: SBOS547B 7.1.2
SHUNT_USED = 0.9  # of it, at most: what is above the limit must be seen to be
PULLED_UP = (2, 3)  # 1.8 kohm to 3.3 V on the board (I2C): no pull-down of the chip is stronger


def check_panel(machine: Machine, lathe_pins: tuple[str, ...], where: str) -> None:
    """Raise MachineFileError for the first contradiction in [controls] and [lcd]; files without them pass."""
    taken = {getattr(machine.pins, name): f'pins.{name}' for name in lathe_pins}
    if machine.controls is None and machine.lcd is None and machine.interlock is None:
        return
    panel = _reserved(machine.lcd, where)
    for pin, owner in panel.items():
        if pin in taken and (owner != LINK or machine.interlock is not None):
            raise MachineFileError(f'{taken[pin]} is {pin}, which {owner} has', where=where, remedy='move one of them')
    taken = panel | taken
    if machine.controls is not None:
        _check_controls(machine.controls, taken, where)
    if machine.lcd is not None:
        for name in LCD_PINS:
            _take(f'lcd.{name}', getattr(machine.lcd, name), taken, where)


def spoken_for(machine: Machine, lathe_pins: tuple[str, ...]) -> set[int]:
    """Every pin of the header that the file gives to something."""
    taken = {getattr(machine.pins, name) for name in lathe_pins} | _reserved(machine.lcd, '').keys()
    for part, names in ((machine.controls, (*INPUTS, 'lamp')), (machine.lcd, LCD_PINS)):
        taken |= {getattr(part, name) for name in names} if part is not None else set()
    return taken


def pulled_up(name: str, active: str) -> bool:
    """Whether an input is pulled up: towards what a broken wire must read as, pressed for the stop, not for others."""
    return (active == 'low') is not (name == 'stop_pressed')


def _check_controls(controls: Controls, taken: dict[int, str], where: str) -> None:
    for name in (*INPUTS, 'lamp'):
        pin, active = getattr(controls, name), getattr(controls, f'{name}_active')
        _take(f'controls.{name}', pin, taken, where)
        if name in INPUTS and pin in PULLED_UP and not pulled_up(name, active):
            other = 'low' if active == 'high' else 'high'
            raise MachineFileError(
                f"controls.{name}_active is '{active}', which must be pulled down; the board pulls GPIO {pin} up",
                where=where,
                remedy=f"wire it to be '{other}' or take a pin other than 2 and 3",
            )


def _reserved(lcd: LcdPanel | None, where: str) -> dict[int, str]:
    """The pins that are spoken for beside the lathe's."""
    reserved = dict.fromkeys(UART, LINK)
    if lcd is None:
        return reserved
    selects = SPI_SELECT[lcd.spi_port]
    if lcd.spi_device not in selects:
        raise MachineFileError(
            f'lcd.spi_device is {lcd.spi_device}; SPI{lcd.spi_port} has {", ".join(map(str, selects))}',
            where=where,
            remedy='write the one whose chip select you have wired',
        )
    if lcd.bus_speed_hz not in LCD_SPEEDS_HZ:
        known = ', '.join(f'{speed / 1e6:g}' for speed in LCD_SPEEDS_HZ)
        raise MachineFileError(
            f'lcd.bus_speed_hz is {lcd.bus_speed_hz}; it must be one of {known} million',
            where=where,
            remedy='take the next one below',
        )
    if lcd.rotate not in LCD_TURNS:
        raise MachineFileError(
            f'lcd.rotate is {lcd.rotate}; it must be 0 or 2 quarter turns', where=where, remedy='the picture is wide'
        )
    bus = dict.fromkeys((*SPI_LINES[lcd.spi_port], selects[lcd.spi_device]), f'SPI{lcd.spi_port} of the LCD')
    return reserved | bus


def _take(key: str, pin: int, taken: dict[int, str], where: str) -> None:
    if pin in taken:
        raise MachineFileError(f'{key} is {pin}, which {taken[pin]} has already', where=where, remedy=ONE_WIRE)
    taken[pin] = key


def check_interlock(machine: Machine, where: str) -> None:
    """Raise MachineFileError for the first contradiction in [interlock]; files without one pass."""
    interlock = machine.interlock
    if interlock is None:
        return
    taken: dict[int, str] = {}
    for name in (*PICO_PINS, *PICO_ADCS):
        _take(f'interlock.{name}', getattr(interlock, name), taken, where)
    if interlock.current_sensor != 'none':
        _check_sensor(interlock, taken, where)
    if not interlock.supply_min_v < machine.bridge.supply_v < interlock.supply_max_v < interlock.supply_full_v:
        raise MachineFileError(
            f'interlock.supply_min_v, supply_max_v and supply_full_v are {interlock.supply_min_v:g}, '
            f'{interlock.supply_max_v:g} and {interlock.supply_full_v:g}; bridge.supply_v is '
            f'{machine.bridge.supply_v:g} and must lie between the first two, and the last above them',
            where=where,
            remedy='for another supply write these three as well, and build the divider for the last',
        )
    for name, pairs in PICO_UART.items():
        if getattr(interlock, name) not in pairs:
            known = ', '.join(map(str, pairs))
            raise MachineFileError(
                f'interlock.{name} is {getattr(interlock, name)}; UART0 of a Pico has {known}',
                where=where,
                remedy='wire it to one of them',
            )
    _check_line(interlock, where)


def _check_line(interlock: Interlock, where: str) -> None:
    if not interlock.device.startswith('/dev/') or not interlock.device.isprintable():
        raise MachineFileError(
            f'interlock.device is {interlock.device!r}; it must begin with /dev/',
            where=where,
            remedy='/dev/serial0 is the UART of a Pi',
        )
    if interlock.baud not in BAUDS:
        known = ', '.join(map(str, BAUDS))
        raise MachineFileError(
            f'interlock.baud is {interlock.baud}; it must be one of {known}', where=where, remedy='set it to 115200'
        )


def _check_sensor(interlock: Interlock, taken: dict[int, str], where: str) -> None:
    """Its two wires on pins of one bus, and a shunt that can tell of the most that may flow."""
    for name in PICO_BUS:
        pin = getattr(interlock, name)
        _take(f'interlock.{name}', pin, taken, where)
        if pin not in PICO_I2C[name]:
            known = ', '.join(map(str, sorted(PICO_I2C[name])))
            raise MachineFileError(
                f'interlock.{name} is {pin}; the I2C of a Pico has {known}',
                where=where,
                remedy='wire it to one of them',
            )
    if PICO_I2C['sda'][interlock.sda] != PICO_I2C['scl'][interlock.scl]:
        raise MachineFileError(
            f'interlock.sda is {interlock.sda} and interlock.scl {interlock.scl}, which are of two buses',
            where=where,
            remedy='take two that stand side by side, 14 and 15 for one',
        )
    drop_mv = interlock.supply_max_a * interlock.shunt_mohm
    if drop_mv > SHUNT_FULL_MV * SHUNT_USED:
        raise MachineFileError(
            f'interlock.supply_max_a is {interlock.supply_max_a:g} and shunt_mohm {interlock.shunt_mohm}: '
            f'{drop_mv:g} mV; the sensor ends at {SHUNT_FULL_MV:g}',
            where=where,
            remedy='take a smaller shunt',
        )
