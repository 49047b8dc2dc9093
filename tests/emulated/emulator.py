"""QEMU's Raspberry Pi 3 with Debian's kernel: what it needs is fetched or built once, then it is started and watched.

The kernel is the one that Debian gives out today: its name moves with every update, so it is asked for. It is kept in
the environment's folder and lasts until that is thrown away. Nothing is installed, nothing needs rights.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from appliance.clock import monotonic_s
from tests.emulated.debian import ROOT, Debian, EmulationError, archive, once, run, unpack

HERE, NATIVE = Path(__file__).parent, ROOT / 'native'
TREE = 'bcm2837-rpi-3-b.dtb'
CORE = ('pwm*.c', 'motion*.c', 'chain.c', 'engine*.c', 'bcm.c', 'real_pi.c')
TOOLS = {'qemu-system-aarch64': 'qemu-system-arm', 'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
         'dtc': 'device-tree-compiler'}  # fmt: skip
# Of the kernel's line: its drivers of the same registers may stay, as on the booth.
RELAXED = 'iomem=relaxed'
KERNEL_LINE = 'console=ttyS1,115200 panic=-1 maxcpus=1 quiet'
BOOT_S, PLAY_S = 240.0, 60.0  # a busy computer needs some 40 and 5
WRITE = re.compile(r"addr 0x([0-9a-f]+) value 0x([0-9a-f]+) size 4 name '([a-z0-9_-]+)'")

# --- what it runs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kernel:
    name: str  # its own, such as 6.1.0-50-arm64
    image: Path
    tree: Path


def fetch_kernel() -> Kernel:
    """Debian's, as its metapackage names it today, or the one that is here already."""
    folder = once('kernel', _download)
    image = next(folder.glob('boot/vmlinuz-*'))
    return Kernel(image.name.removeprefix('vmlinuz-'), image, next(folder.glob(f'**/{TREE}')))


def _download(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix='audioletter-', dir=into.parent) as place:
        debian = Debian('arm64', Path(place))
        unpack(debian.fetch(f'linux-image-{debian.kernel()}'), into, './boot/vmlinuz-*', f'*/{TREE}')


def booth_tree(kernel: Kernel, into: Path) -> Path:
    """Its tree with what a booth needs laid over it, as the recipe of the image does; serial lines stay as they are."""
    run(ROOT / 'tools' / 'make_image', '--tree-of', kernel.tree, into)
    return into / TREE


def build_program(into: Path) -> Path:
    """guest.c with the engine of this checkout, as the booth's own is built."""
    flags = json.loads(run('python3', '-c', 'import json,build;print(json.dumps(build.CFLAGS))', cwd=NATIVE))
    sources = sorted({path for pattern in CORE for path in NATIVE.glob(pattern)})
    run('aarch64-linux-gnu-gcc', *flags, '-static', f'-I{NATIVE}', HERE / 'guest.c', *sources, '-o', into, '-lm')
    return into


# --- the emulator -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Write:
    """To a register, seen from outside: by the processor or by the DMA engine."""

    device: str
    address: int
    value: int


@dataclass(frozen=True)
class Emulated:
    kernel: str
    boot_s: float
    play_s: float
    told: dict[str, Any]  # what the program said last
    writes: list[Write]
    levels: int  # of GPIO 0 to 31 at the end, read from outside
    files: dict[str, bytes]  # of /proc and /sys, as far as the booth reads them


class Emulator:
    """One life of an emulated board. QEMU may hang so that only SIGKILL ends it: every wait here ends."""

    def __init__(self, kernel: Kernel, program: Path, score: bytes, place: Path, line: str = RELAXED) -> None:
        self._log, self._seen, self._place = place / 'trace', b'', place
        (place / 'initrd').write_bytes(archive({'init': program.read_bytes(), 'score': score}))
        self._monitor, far = socket.socketpair()
        self._began_s = monotonic_s()
        with far:
            self._process = subprocess.Popen(
                ['qemu-system-aarch64', '-M', 'raspi3b', '-accel', 'tcg,thread=single', '-nodefaults',
                 '-display', 'none', '-kernel', kernel.image, '-dtb', kernel.tree, '-initrd', place / 'initrd',
                 '-append', f'{KERNEL_LINE} {line}', '-serial', 'null', '-serial', 'stdio', '-no-reboot',
                 '-D', self._log, '-chardev', f'socket,id=m,fd={far.fileno()}', '-mon', 'chardev=m'],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[far.fileno()],
            )  # fmt: skip
        self._kernel = kernel

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.kill()
        self._process.wait()
        self._monitor.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def play(self) -> Emulated:
        self._answer()
        self._wait_for(b'EMULATED ready', BOOT_S)
        boot_s = monotonic_s() - self._began_s
        self._ask('trace-event memory_region_ops_write on')
        began_s = monotonic_s()
        assert self._process.stdin
        self._process.stdin.write(b'go\n')
        self._process.stdin.flush()
        told = self._wait_for(rb'EMULATED over (\{.*\})', PLAY_S)
        play_s = monotonic_s() - began_s
        self._ask('trace-event memory_region_ops_write off')
        levels = int(re.findall(r': 0x([0-9a-f]{8})', self._ask('xp /1xw 0x3f200034'))[-1], 16)
        return Emulated(self._kernel.name, boot_s, play_s, json.loads(told[1]), self._writes(), levels, self._files())

    def _files(self) -> dict[str, bytes]:
        found = re.findall(rb'EMULATED file /(\S+) ([0-9a-f]*)\r?\n', self._seen)
        return {path.decode(): bytes.fromhex(content.decode()) for path, content in found}

    def _writes(self) -> list[Write]:
        found = WRITE.findall(self._log.read_text(encoding='ascii', errors='replace'))
        return [Write(device, int(address, 16), int(value, 16)) for address, value, device in found]

    def _wait_for(self, words: bytes, patience_s: float) -> re.Match[bytes]:
        """Until the board's serial line has said a whole line with them."""
        with DefaultSelector() as selector:
            assert self._process.stdout
            selector.register(self._process.stdout, EVENT_READ)
            until_s = monotonic_s() + patience_s
            while not (found := re.search(words + rb'.*\n', self._seen)):
                if not selector.select(max(0.0, until_s - monotonic_s())):
                    raise EmulationError(f'the board did not say {words!r} within {patience_s} s: {self._last()}')
                more = os.read(self._process.stdout.fileno(), 65536)
                if not more:
                    raise EmulationError(f'the emulator ended before {words!r}: {self._last()}')
                self._seen += more
        return found

    def _last(self) -> str:
        return self._seen[-800:].decode('ascii', 'replace')

    def _ask(self, command: str) -> str:
        """The monitor's answer."""
        self._monitor.sendall(command.encode() + b'\n')
        return self._answer()

    def _answer(self) -> str:
        """Up to the next prompt; there is one before the first command, too."""
        self._monitor.settimeout(PLAY_S)
        answer = b''
        while not re.search(rb'\n\(qemu\) ?$', answer):
            more = self._monitor.recv(65536)
            if not more:
                raise EmulationError(f'the emulator ended at a command: {self._last()}')
            answer += more
        return answer.decode('ascii', 'replace')
