"""What `audioletter doctor` looks at without moving anything: computer, files, settings, and what the machine file says
of panel and screen. One finding each; an AudioLetterError or OSError of a check is its finding too (`safely`)."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import AudioLetterError

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.config.places import Folders

SCRATCH_MB_A_MINUTE = 50  # of a cut with trace and picture
LETTERS_MB = 500  # some ten letters with their results; fewer, and a day at a fair ends early
FEW = 4  # settings that are told by name
SAMPLE_BYTES = 4  # of a take in memory


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. `ok`: None where nobody could say."""

    check: str
    ok: bool | None
    saw: str
    remedy: str = ''


def safely(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except AudioLetterError as error:
        return Finding(name, False, f'{error.where}: {error.what}' if error.where else error.what, error.remedy)
    except (ImportError, OSError) as error:
        return Finding(name, False, str(error), 'run ./tools/audioletter, which installs what is needed')


def python() -> Finding:
    return Finding('python', sys.version_info >= (3, 11), f'{platform.python_version()} on {platform.machine()}')


def core() -> Finding:
    from appliance.native import lib

    return Finding('core', lib is not None, 'the C core is built and loads')


def sound_files() -> Finding:
    import soundfile

    kinds = soundfile.available_formats()
    return Finding('sound files', 'WAV' in kinds and 'FLAC' in kinds, f'libsndfile reads {len(kinds)} kinds of file')


def scratch() -> Finding:
    """For `cut` by hand: a booth has less in /tmp on purpose, and cuts in its own folders (see takes)."""
    place = tempfile.gettempdir()
    free_mb = shutil.disk_usage(place).free / 1e6
    minutes = int(free_mb // SCRATCH_MB_A_MINUTE)
    ok = minutes >= 1 and os.access(place, os.W_OK)
    short = '' if minutes >= 10 else f'enough for a cut of {minutes} min; for a longer one set TMPDIR'
    remedy = short if ok else f'make {SCRATCH_MB_A_MINUTE} MB free there, or set TMPDIR'
    return Finding('scratch space', ok, f'{free_mb:.0f} MB free in {place}', remedy)


def machine_file(name: str) -> Finding:
    from appliance.machine import load_machine

    machine = load_machine(name).machine
    return Finding('machine file', True, f'{machine.name}: {machine.kind}, {machine.chip}')


def settings(named: Path | None) -> Finding:
    from appliance.config.load import DEFAULTS, load_config

    _, origin = load_config(named)
    files = [file for file in dict.fromkeys(origin.values()) if file != DEFAULTS]
    keys = {file: [key for key, value in origin.items() if value == file] for file in files}
    few = {file: ', '.join(names) if len(names) <= FEW else f'{len(names)} of them' for file, names in keys.items()}
    more = '' if all(len(names) <= FEW for names in keys.values()) else 'audioletter config show --origin lists them'
    saw = ', then '.join(['as packaged', *(f'{file} ({names})' for file, names in few.items())])
    return Finding('settings', True, saw, more)


def folders_of(named: Path | None) -> tuple[Config, Folders]:
    from appliance.config import load_config
    from appliance.config.places import folders

    config, _ = load_config(named)
    return config, folders(config, os.environ, os.geteuid())


def letters(named: Path | None) -> Finding:
    """Nothing is made: where the folder is not there yet, what it would be made in is looked at."""
    _, places = folders_of(named)
    return _room('letters', places.data, LETTERS_MB, 'set places.data to a folder the booth may write')


def takes(named: Path | None) -> Finding:
    from appliance.sound.voice import SOUND_RATE_HZ

    config, places = folders_of(named)
    need_mb = config.policy.max_message_s * SOUND_RATE_HZ * SAMPLE_BYTES / 1e6
    found = _room('takes', places.run, need_mb, 'set places.run to a folder in memory the booth may write')
    return replace(found, saw=f'in memory: {found.saw}')


def _room(check: str, folder: Path, need_mb: float, otherwise: str) -> Finding:
    there = next(place for place in (folder, *folder.parents) if os.path.exists(place))  # no right to look: not there
    free_mb = shutil.disk_usage(there).free / 1e6
    new = '' if there == folder else ' (not made yet)'
    saw = f'{free_mb:.0f} MB free in {folder}{new}'
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        return Finding(check, False, f'{saw}; {there} cannot be written', otherwise)
    if free_mb < need_mb:
        return Finding(check, False, saw, f'make {need_mb:.0f} MB free there')
    return Finding(check, True, saw)


def controls(name: str) -> Finding:
    from appliance.booth.wiring import controls_wiring
    from appliance.machine import load_machine

    machine = load_machine(name)
    if machine.controls is None and machine.machine.kind == 'virtual':
        return Finding('controls', True, 'no [controls]: this machine can have a virtual panel only')
    wiring = controls_wiring(machine)
    wires = ', '.join(f'{field.name} {getattr(wiring, field.name).pin}' for field in fields(wiring))
    return Finding('controls', True, f'GPIO of {wires}')


def lcd(name: str) -> Finding:
    from appliance.booth.wiring import lcd_wiring
    from appliance.machine import load_machine

    machine = load_machine(name)
    if machine.lcd is None and machine.machine.kind == 'virtual':
        return Finding('lcd', True, 'no [lcd]: this machine can have a virtual screen only')
    wiring = lcd_wiring(machine)
    saw = f'SPI{wiring.spi_port} device {wiring.spi_device} at {wiring.bus_speed_hz / 1e6:g} MHz, dc {wiring.dc}'
    return Finding('lcd', True, f'{saw}, reset {wiring.reset}, backlight {wiring.backlight}')


def fonts() -> Finding:
    from appliance.screens.lettering import font

    names = {str(font(20, bold=bold, eastern=eastern).getname()[0]) for bold in (0, 1) for eastern in (0, 1)}
    return Finding('fonts', True, ' and '.join(sorted(names)))


def prompts(named: Path | None) -> Finding:
    """A language that ships no voice is silent unless the host recorded it; in any other, none may be missing."""
    from appliance.config import load_config
    from appliance.words.prompts import LANGUAGES, PROMPTS, TONES, prompt, tone

    voice = load_config(named)[0].voice
    folder = voice.prompts_folder
    if folder and not Path(folder).is_dir():
        return Finding('prompts', False, f'voice.prompts_folder is {folder}, no folder', 'make it, or leave it empty')
    said = {code: [name for name in PROMPTS if prompt(name, code, folder)] for code in voice.languages}
    missing = [f'tones/{name}' for name in TONES if tone(name, folder) is None]
    for code, names in said.items():
        if names or code in LANGUAGES:
            missing += [f'{code}/{name}' for name in PROMPTS if name not in names]
    if missing:
        return Finding('prompts', False, f'{len(missing)} sound files are missing, the first is {missing[0]}',
                       'install the program again; tools/make_prompts makes the shipped ones')  # fmt: skip
    silent = [code for code, names in said.items() if not names]
    saw = f'{", ".join(code for code in said if code not in silent) or "none"}' + (
        f'; on the screen only: {", ".join(silent)}' if silent else ''
    )
    return Finding('prompts', True, saw if voice.prompts else f'switched off by voice.prompts ({saw})')
