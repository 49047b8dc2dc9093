"""What goes onto the interlock's microcontroller: the files of `boot/interlock`, the mind that both ends share, and the
wiring, made from the machine file so that the two cannot disagree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import MachineFileError
from appliance.machine import Machine
from appliance.machine.limits import PICO_ADCS, PICO_BUS, PICO_PINS
from appliance.machine.panel_checks import PICO_I2C

ROOT = Path(__file__).parents[2]
BOARD = ('boot.py', 'board.py', 'main.py')  # of boot/interlock
MIND = ('ammeter.py', 'guard.py', 'loop.py', 'sensors.py', 'wire.py')  # of this room
ROOMS = ('appliance', 'appliance/interlock')  # folders on the microcontroller


def wiring(machine: Machine, where: str) -> str:
    """The module `wiring`; MachineFileError for a machine without an interlock."""
    interlock = machine.interlock
    if interlock is None:
        raise MachineFileError('it has no [interlock]', where=where, remedy='virtual.toml shows one')
    numbers = {
        'BAUD': interlock.baud,
        **{
            name.upper(): getattr(interlock, name)
            for name in (*PICO_PINS, *PICO_ADCS, *PICO_BUS)
        },
        'I2C': PICO_I2C['sda'].get(interlock.sda, 0),  # without a sensor its pins may be any
        'SHUNT_MOHM': interlock.shunt_mohm if interlock.current_sensor == 'ina226' else 0,
        'PULL_UP_OHM': interlock.thermistor_pull_up_ohm,
        'NOMINAL_OHM': interlock.thermistor_ohm,
        'BETA_K': interlock.thermistor_beta_k,
        'SUPPLY_FULL_MV': round(interlock.supply_full_v * 1000),
        'HEAD_DC': round(interlock.head_max_c * 10),
        'DRIVER_DC': round(interlock.driver_max_c * 10),
        'LOW_MV': round(interlock.supply_min_v * 1000),
        'HIGH_MV': round(interlock.supply_max_v * 1000),
        'MOST_MA': round(interlock.supply_max_a * 1000),
    }  # fmt: skip
    lines = [f'{name} = {number}' for name, number in numbers.items()]
    return '\n'.join([f'# Of the machine {machine.machine.name!a}: numbers only.', '', *lines, ''])


def files(machine: Machine, where: str) -> dict[str, bytes]:
    """Name on the microcontroller -> content. `wiring.BUILD` is drawn from all the rest, so that the supervisor can
    tell whether what runs there is what it would flash."""
    try:
        found = {name: (ROOT / 'boot' / 'interlock' / name).read_bytes() for name in BOARD}
    except OSError as error:
        what = f'the firmware is not here ({error.strerror})'
        raise MachineFileError(what, where=str(error.filename), remedy='run this from a whole checkout') from error
    here = Path(__file__).parent
    found |= {f'appliance/interlock/{name}': (here / name).read_bytes() for name in MIND}
    found |= {f'{room}/__init__.py': b'' for room in ROOMS}
    found['wiring.py'] = wiring(machine, where).encode()
    found['wiring.py'] += f'BUILD = {build(found)}\n'.encode()
    return found


def build(found: dict[str, bytes]) -> int:
    """A number of six digits for this very set of files."""
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(b'%s %d\n' % (name.encode(), len(found[name])) + found[name])
    return int.from_bytes(digest.digest()[:8], 'big') % 1_000_000


def build_of(found: dict[str, bytes]) -> int:
    """The number that a whole set says of itself."""
    return int(found['wiring.py'].split()[-1])


@dataclass(frozen=True, slots=True)
class Firmware:
    """What answered: in words, and whether it is what would be flashed for this machine. So is what nobody here can
    know."""

    says: str
    as_here: bool


def firmware_of(number: int, machine: Machine) -> Firmware:
    try:
        here = build_of(files(machine, machine.machine.name))
    except MachineFileError:  # an installation without it
        return Firmware(f'firmware {number:06d}', True)
    if number == here:
        return Firmware(f'firmware {number:06d}, as here', True)
    says = f'firmware {number:06d}, which is not that of this machine file ({here:06d}): tools/flash_interlock'
    return Firmware(says, False)


def lay_out(found: dict[str, bytes], folder: Path) -> None:
    """All files as they will lie on the microcontroller."""
    for name, content in found.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


if __name__ == '__main__':
    import sys

    from appliance.machine import load_machine

    named = sys.argv[2] if len(sys.argv) > 2 else 'virtual'
    lay_out(files(load_machine(named), named), Path(sys.argv[1]))
