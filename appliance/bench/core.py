"""Measures the program itself: instructions where machines are noisy, ratios to real time, memory.

Instructions of the C feeder are counted, not timed: on this processor by valgrind's callgrind, on a Pi's by qemu's
user-mode emulator with a counting plugin (native/bench/icount.c). Two lengths are counted and subtracted, so what start
and end cost does not show. What cannot be measured for want of a tool is left out and said.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.clock import monotonic_s
from appliance.errors import MachineRefusesError

ROOT = Path(__file__).resolve().parents[2]
NATIVE = ROOT / 'native'
SHORT_S, LONG_S = 1, 3
CORE = ('pwm*.c', 'motion*.c', 'chain*.c', 'engine*.c', 'bcm.c', 'leftover.c')


@dataclass(frozen=True, slots=True)
class Target:
    """One processor that the feeder is counted on."""

    name: str
    compiler: str
    flags: tuple[str, ...]  # of the compiler
    tools: dict[str, str]  # command -> Debian package
    emulator: str = ''


TARGETS = (
    Target(platform.machine(), 'gcc', (), {'gcc': 'gcc', 'valgrind': 'valgrind'}),
    Target(
        'aarch64', 'aarch64-linux-gnu-gcc', ('-static',),
        {'gcc': 'gcc', 'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu', 'qemu-aarch64': 'qemu-user'}, 'qemu-aarch64',
    ),
    Target(  # a Zero's and a first Pi's processor, of 32 bits and without integers of 128 (native/wide.h)
        'armv6', 'arm-linux-gnueabihf-gcc', ('-static', '-mcpu=arm1176jzf-s', '-mfpu=vfp', '-marm', '-mfloat-abi=hard'),
        {'gcc': 'gcc', 'arm-linux-gnueabihf-gcc': 'gcc-arm-linux-gnueabihf', 'qemu-arm': 'qemu-user'}, 'qemu-arm',
    ),
)  # fmt: skip


def missing_tools(target: Target) -> list[str]:
    """Debian packages to install before `target` can be counted."""
    return [package for command, package in target.tools.items() if not shutil.which(command)]


def count_feeder(target: Target) -> dict[str, Any]:
    """Instructions of the feeder for a second of cut, blocks a second, and the hash of what it made."""
    with tempfile.TemporaryDirectory(prefix='audioletter-') as name:
        folder = Path(name)
        program = _compile(target, folder)
        short, _ = _counted(target, program, SHORT_S, folder)
        long, said = _counted(target, program, LONG_S, folder)
    a_second = (long - short) / (LONG_S - SHORT_S)
    return {
        'instructions_per_s_of_cut': round(a_second),
        'instructions_per_frame': round(a_second / 200_000, 2),
        'control_blocks_per_s_of_cut': round(said['blocks'] / LONG_S),
        'hash': said['hash'],
    }


def hash_whole(target: Target) -> dict[str, Any]:
    """Frames, blocks and a hash of every word, edge and register write of a second that ends by a stop."""
    with tempfile.TemporaryDirectory(prefix='audioletter-') as name:
        emulator = [target.emulator] if target.emulator else []
        said: dict[str, Any] = json.loads(command([*emulator, str(_compile(target, Path(name))), '1', 'whole']).stdout)
        return said


def _compile(target: Target, folder: Path) -> Path:
    spec = importlib.util.spec_from_file_location('native_build', NATIVE / 'build.py')
    if spec is None or spec.loader is None or not (NATIVE / 'bench' / 'feeder.c').exists():
        raise MachineRefusesError(
            'the sources of the C core are not here', where=str(NATIVE), remedy='run from a checkout'
        )
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    sources = sorted({path for pattern in CORE for path in NATIVE.glob(pattern)})
    program = folder / f'feeder-{target.name}'
    command([target.compiler, *build.CFLAGS, *target.flags, f'-I{NATIVE}', str(NATIVE / 'bench' / 'feeder.c'),
          *map(str, sources), '-o', str(program), '-lm', '-pthread'])  # fmt: skip
    return program


def _counted(target: Target, program: Path, seconds: int, folder: Path) -> tuple[int, dict[str, Any]]:
    if target.emulator:
        return _count_qemu(target.emulator, program, seconds, folder)
    return _count_callgrind(program, seconds, folder)


def _count_callgrind(program: Path, seconds: int, folder: Path) -> tuple[int, dict[str, Any]]:
    done = command(
        ['valgrind', '--tool=callgrind', f'--callgrind-out-file={folder}/callgrind', str(program), str(seconds)]
    )
    counted = re.search(r'Collected : (\d+)', done.stderr)
    if counted is None:
        raise MachineRefusesError(
            'callgrind counted nothing', where='valgrind', remedy='install valgrind 3.19 or newer'
        )
    return int(counted[1]), json.loads(done.stdout)


def _count_qemu(emulator: str, program: Path, seconds: int, folder: Path) -> tuple[int, dict[str, Any]]:
    plugin = folder / 'libicount.so'
    if not plugin.exists():
        command(['gcc', '-shared', '-fPIC', '-O2', str(NATIVE / 'bench' / 'icount.c'), '-o', str(plugin)])
    counted = folder / 'count'
    done = command([emulator, '-plugin', f'{plugin},out={counted}', str(program), str(seconds)])
    return int(counted.read_text()), json.loads(done.stdout)


def command(words: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    """Run to its end; MachineRefusesError with the first error that it told, or the last line that it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ['no message']
        told = next((line for line in lines if ' error: ' in line), lines[-1])
        raise MachineRefusesError(f'failed with code {done.returncode}: {told}', where=' '.join(words[:2]))
    return done


def measure_cut(message: Path, keep: bool) -> dict[str, Any]:
    """One cut in a process of its own: the report's timings as multiples of real time, and the peak memory."""
    with tempfile.TemporaryDirectory(prefix='audioletter-') as folder:
        words = [sys.executable, '-m', 'appliance', 'cut', str(message), '--json']
        began_s = monotonic_s()
        done = command([*words, '--out', folder] if keep else words, env={**os.environ, 'PYTHONPATH': str(ROOT)})
        wall_s = monotonic_s() - began_s
    report = json.loads(done.stdout)
    letter_s = report['letter_s']
    stages = {name: round(letter_s / spent, 1) for name, spent in report['timings_s'].items() if spent > 0.001}
    return {
        'letter_s': letter_s,
        'whole_command': round(letter_s / wall_s, 1),
        'stages': stages,
        'peak_memory_mb': report['peak_memory_mb'],
    }
