"""Brings the firmware onto the interlock's microcontroller, over its USB line and MicroPython's own raw prompt
(`tools/flash_interlock`).

The old firmware stays until every byte of the new one lies beside it and was read back there. Then `main.py` goes first
and comes last: whatever breaks off in between leaves a board that starts, makes its outputs safe and gives no power.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from appliance.clock import Clock, RealClock
from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.interlock.firmware import build_of, files
from appliance.interlock.pico import Machinery, PicoLink, Port
from appliance.interlock.port import SerialPort
from appliance.machine import load_machine

USB = 0x2E8A, 0x0005  # Raspberry Pi, MicroPython on a Pico
LEAST = (1, 26, 0)  # of MicroPython, that the firmware was run under
UF2 = 'RPI_PICO of MicroPython 1.26.1 or newer (micropython.org/download/RPI_PICO)'
NEW, LAST = '.new', 'main.py'
# As the firmware does itself when a hand stops it (RP2040 datasheet 4.7.6): for one that is older, or just begins.
STOP_WATCHDOG = 'import machine\nmachine.mem32[0x4005B000] = 1 << 30'
TRIES, AGAIN_S = 5, 1.5  # to stop a firmware
CHUNK = 1024  # bytes of a file at a time
HELLO_S, ASK_S = 5.0, 0.1  # from the reset until it answers on its own line; between two questions
SAFE = 'the board gives no power until it is flashed'
OLD = 'the old firmware is still on it'


class Prompt(Protocol):
    """What is used of mpremote's transport: its raw prompt, and files through it."""

    def exec(self, command: str) -> bytes: ...

    def eval(self, expression: str) -> Any: ...

    def fs_exists(self, src: str) -> bool: ...

    def fs_mkdir(self, path: str) -> None: ...

    def fs_writefile(self, dest: str, data: bytes, chunk_size: int) -> None: ...

    def fs_hashfile(self, path: str, algo: str) -> bytes: ...

    def exec_raw_no_follow(self, command: str) -> None: ...

    def close(self) -> None: ...


def usb_lines() -> tuple[tuple[str, int | None, int | None], ...]:
    """All serial lines of this computer: name, and the two numbers of a USB device."""
    from serial.tools.list_ports import comports

    return tuple((port.device, port.vid, port.pid) for port in comports())


def prompt(device: str) -> Prompt:
    """The raw prompt of whatever runs there; what runs is interrupted."""
    from mpremote.transport_serial import SerialTransport

    transport = SerialTransport(device)
    board: Prompt = transport
    try:
        transport.enter_raw_repl(soft_reset=False, timeout_overall=2)
    except _broken():
        board.close()
        raise
    return board


@dataclass(frozen=True, slots=True)
class Beside:
    """The computer that the Pico hangs on, unless a test names another."""

    lines: Callable[[], tuple[tuple[str, int | None, int | None], ...]] = usb_lines
    prompt: Callable[[str], Prompt] = prompt
    line: Callable[[str, int], Port] = SerialPort
    clock: Clock = field(default_factory=RealClock)
    root: Path = Path('/')

    @property
    def is_in_bootsel(self) -> bool:
        return (self.root / 'dev' / 'disk' / 'by-label' / 'RPI-RP2').exists()


def find(beside: Beside) -> str:
    """The one Pico on USB; MachineRefusesError for none, for two, and for one that has no MicroPython yet."""
    found = [name for name, vid, pid in beside.lines() if (vid, pid) == USB]
    if len(found) == 1:
        return found[0]
    if found:
        raise MachineRefusesError(f'two of them are there: {", ".join(found)}', where='Pico', remedy='name one: --port')
    if beside.is_in_bootsel:
        raise MachineRefusesError(
            'it waits for an image (BOOTSEL): MicroPython is not running on it',
            where='Pico',
            remedy=f'copy {UF2} onto its disk RPI-RP2; it starts by itself, then come again',
        )
    raise MachineRefusesError(
        'there is none on USB',
        where='Pico',
        remedy='use a cable that has data wires; a new one: hold its button BOOTSEL down while you plug it in, and '
        f'copy {UF2} onto the disk RPI-RP2 that appears',
    )


@contextlib.contextmanager
def no_booth(run: Path) -> Iterator[None]:
    """While this lasts, none starts; MachineRefusesError where one is running: it would lose its interlock in a cut."""
    refused = MachineRefusesError('a booth is running here', where=str(run), remedy='systemctl stop audioletter')
    try:
        handle = os.open(run, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        what = f'nobody can tell whether a booth is running here ({error.strerror})'
        raise MachineRefusesError(
            what, where=str(run), remedy='do this as root, or as the user of the booth'
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise refused from error
    try:
        yield
    finally:
        os.close(handle)


def stop(beside: Beside, device: str) -> Prompt:
    """A prompt on a board whose firmware and watchdog stand still. An old firmware's watchdog may be quicker: it resets
    the board, and its line is away for a moment."""
    failure: Exception = OSError('nothing was tried')
    for _ in range(TRIES):
        try:
            board = beside.prompt(device)
            board.exec(STOP_WATCHDOG)
        except _broken() as error:
            failure = error
            beside.clock.rest(AGAIN_S)
        else:
            return board
    what = f'it gives no prompt ({_last_line(failure)})'
    raise MachineRefusesError(what, where=device, remedy='unplug it, plug it in and come again')


def look_at(board: Prompt) -> str:
    """What runs on it, in words; MachineRefusesError for what the firmware cannot run on."""
    board.exec('import sys')
    name, version, platform = board.eval('(sys.implementation.name, tuple(sys.implementation.version), sys.platform)')
    told = f'{name} {".".join(map(str, version[:3]))} on {platform}'
    if (name, platform) != ('micropython', 'rp2') or tuple(version[:3]) < LEAST:
        raise MachineRefusesError(f'it runs {told}', where='Pico', remedy=f'hold BOOTSEL, plug it in, copy {UF2}')
    return told


def differing(board: Prompt, found: Mapping[str, bytes], suffix: str = '') -> list[str]:
    """Names of files that are missing there, or are not the same to the byte."""
    return [
        name
        for name, content in found.items()
        if not board.fs_exists(name + suffix)
        or board.fs_hashfile(name + suffix, 'sha256') != hashlib.sha256(content).digest()
    ]


def put(board: Prompt, found: Mapping[str, bytes], tell: Callable[[str], None]) -> None:
    """All files onto a board that stands still. MachineRefusesError says in what state it is left."""
    state = OLD
    try:
        for folder in sorted({str(Path(name).parent) for name in found} - {'.'}):
            for path in reversed([folder, *map(str, list(Path(folder).parents)[:-1])]):
                if not board.fs_exists(path):
                    board.fs_mkdir(path)
        for name, content in found.items():
            tell(f'{name}, {len(content)} bytes')
            board.fs_writefile(name + NEW, content, CHUNK)
        wrong = differing(board, found, NEW)
        if wrong:
            raise MachineRefusesError(f'{wrong[0]} was not written as it is; {OLD}', where='Pico', remedy='come again')
        state = SAFE
        board.exec('import os\nif "main.py" in os.listdir(): os.remove("main.py")')
        for name in (*(name for name in found if name != LAST), LAST):
            board.exec(f'os.rename({name + NEW!r}, {name!r})')
        wrong = differing(board, found)
        if wrong:
            board.exec('os.remove("main.py")')
            raise MachineRefusesError(f'{wrong[0]} is not what was written; {SAFE}', where='Pico', remedy='come again')
    except _broken() as error:
        what = f'it broke off ({_last_line(error)}); {state}'
        raise MachineRefusesError(what, where='Pico', remedy='plug it in anew and come again') from error


def reset(board: Prompt) -> None:
    """It starts what is on it. Its line is gone with that, sometimes before it has said so."""
    with contextlib.suppress(*_broken()):
        board.exec_raw_no_follow('import machine; machine.reset()')
    with contextlib.suppress(*_broken()):
        board.close()


def hello(port: Port, clock: Clock, expected: int) -> str:
    """What answers on the interlock's own line after a reset; MachineRefusesError when that is not what was flashed."""
    link = PicoLink(port, Machinery(1, 1), clock)
    until_s = clock.now_s() + HELLO_S
    while link.build != expected and clock.now_s() < until_s:
        link.status()
        clock.rest(ASK_S)
    if link.build == expected:
        return f'it answers, firmware {link.build:06d}'
    what = 'it does not answer on its line' if link.build < 0 else f'firmware {link.build:06d} answers on its line'
    raise MachineRefusesError(
        f'{what}; {expected:06d} was flashed', where='Pico', remedy='check the wires interlock.tx and rx'
    )


def _tell(what: str) -> None:
    print(f'  {what}')


def _last_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]


def _broken() -> tuple[type[Exception], ...]:
    """What mpremote raises when a line breaks, or the board refuses."""
    from mpremote.transport import TransportError

    return (OSError, TransportError)


def main(words: Sequence[str] | None = None, beside: Beside | None = None) -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog='flash_interlock', description=__doc__)
    parser.add_argument('machine', help='machine file, or the name of a shipped one')
    parser.add_argument('--port', default='', help='serial line of the Pico on USB; without it, the one Pico there is')
    parser.add_argument('--check', action='store_true', help='write nothing: only compare what is on it')
    parser.add_argument('--run', type=Path, default=Path('/run/audioletter'), help='run folder of the booth here')
    asked = parser.parse_args(words)
    try:
        with no_booth(asked.run):
            try:
                return _flash(asked, beside or Beside())
            except _broken() as error:
                what = f'its line broke off ({_last_line(error)})'
                raise MachineRefusesError(what, where='Pico', remedy='plug it in anew and come again') from error
    except AudioLetterError as error:
        print(f'flash_interlock: {error}', file=sys.stderr)
        return error.exit_code


def _flash(asked: argparse.Namespace, beside: Beside) -> int:
    machine = load_machine(asked.machine)
    found = files(machine, asked.machine)
    number = build_of(found)
    board = stop(beside, asked.port or find(beside))
    print(f'Pico: {look_at(board)}; firmware here is {number:06d}')
    wrong = differing(board, found)
    if asked.check:
        reset(board)
        print(f'Pico: {len(wrong)} of {len(found)} files differ: {", ".join(wrong)}' if wrong else 'Pico: all as here')
        return 3 if wrong else 0
    if wrong:
        put(board, {name: content for name, content in found.items() if name in {*wrong, LAST}}, _tell)
    print(f'Pico: all {len(found)} files are there, to the byte' if wrong else 'Pico: all was there already')
    reset(board)
    interlock = machine.interlock
    if interlock is None or not (beside.root / interlock.device.lstrip('/')).exists():
        print('Pico: its own line does not end here, so nobody asked it; audioletter doctor on the booth does')
        return 0
    print(f'Pico: {hello(beside.line(interlock.device, interlock.baud), beside.clock, number)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
