"""Sound devices by a name that stays: never by an index, which changes with the order of plugging (field notes).

A hardware device of ALSA is named by its card's id (`/proc/asound/cards`), any other as PortAudio names it.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from appliance.errors import MachineRefusesError

Way = Literal['input', 'output']
CARDS = Path('/proc/asound/cards')
HARDWARE = re.compile(r'\s*\(hw:(\d+),(\d+)\)$')


@dataclass(frozen=True, slots=True)
class Device:
    """One device as it is listed now; `index` is good until PortAudio starts anew."""

    index: int
    name: str  # stable: what a machine file says
    label: str  # PortAudio's name and the host's interface
    inputs: int
    outputs: int
    rate_hz: float  # its own
    default_input: bool = False
    default_output: bool = False

    def channels(self, way: Way) -> int:
        return self.inputs if way == 'input' else self.outputs

    def default(self, way: Way) -> bool:
        return self.default_input if way == 'input' else self.default_output


def sound_library() -> Any:
    """The module sounddevice; MachineRefusesError that says what to install."""
    try:
        return importlib.import_module('sounddevice')
    except ImportError as error:
        remedy = 'run ./tools/audioletter, which installs what is needed'
        raise MachineRefusesError(f'there is no sounddevice here ({error})', where='sound', remedy=remedy) from error
    except OSError as error:  # what sounddevice raises without the library itself
        remedy = 'sudo apt install libportaudio2'
        raise MachineRefusesError(f'PortAudio is missing ({error})', where='sound', remedy=remedy) from error


def cards_text(cards: Path = CARDS) -> str | None:
    """What the kernel lists; it changes when a card comes or goes. None where there is no such list."""
    try:
        return cards.read_text(encoding='utf-8', errors='replace')
    except OSError:
        return None


def devices(library: Any, cards: str | None) -> tuple[Device, ...]:
    """Everything that PortAudio lists; PortAudioError when it cannot."""
    ids = dict(re.findall(r'^\s*(\d+)\s+\[(\S+)\s*\]', cards or '', re.MULTILINE))
    hosts = [host['name'] for host in library.query_hostapis()]
    default_input, default_output = (_default(library, way) for way in ('input', 'output'))
    return tuple(
        Device(
            index=entry['index'],
            name=_stable(entry['name'], ids),
            label=f'{entry["name"]}, {hosts[entry["hostapi"]]}',
            inputs=entry['max_input_channels'],
            outputs=entry['max_output_channels'],
            rate_hz=entry['default_samplerate'],
            default_input=entry['index'] == default_input,
            default_output=entry['index'] == default_output,
        )
        for entry in library.query_devices()
    )


def chosen(listed: tuple[Device, ...], way: Way, name: str) -> tuple[Device | None, str]:
    """The device that `name` means, and why this one: its stable name, else a part of its label; empty: the default."""
    able = [device for device in listed if device.channels(way) > 0]
    if not able:
        return None, f'there is no {way} at all'
    if not name:
        for device in able:
            if device.default(way):
                return device, "it is the computer's default"
        return able[0], 'it is the first, and none is the default'
    for device in able:
        if device.name == name:
            return device, 'it has this name'
    for device in able:
        if name.lower() in device.label.lower():
            return device, f'{name!r} is a part of its name'
    return None, f'no {way} is named {name!r}'


def _default(library: Any, way: Way) -> int:
    try:
        return int(library.query_devices(kind=way)['index'])
    except (library.PortAudioError, ValueError):
        return -1


def _stable(name: str, ids: dict[str, str]) -> str:
    found = HARDWARE.search(name)
    if found is None:
        return name
    card, device = found.groups()
    if card not in ids:
        return name[: found.start()].strip()
    return ids[card] if device == '0' else f'{ids[card]},{device}'
