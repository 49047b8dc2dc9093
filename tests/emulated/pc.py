"""An emulated PC whose kernel makes up a Raspberry Pi's pins (gpio-sim), on which this checkout's own programs run.

Debian's kernels are built without gpio-sim; it is compiled against their headers, with the one function that they do
not lend to modules written in another way. The guest sees this computer's files, read-only, and runs its Python.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulated.debian import ROOT, Debian, EmulationError, archive, once, run, unpack

HERE = Path(__file__).parent
TOOLS = {'qemu-system-x86_64': 'qemu-system-x86', 'gcc': 'gcc', 'make': 'make', 'xz': 'xz-utils'}
SOURCES = ('drivers/gpio/gpio-sim.c', 'drivers/gpio/gpiolib.h', 'kernel/irq/irq_sim.c')
MODULES = ('virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'netfs', 'fscache',
           '9pnet', '9pnet_virtio', '9p', 'configfs', 'gpio-sim')  # fmt: skip
FAT_MODULES = ('virtio_blk', 'fat', 'vfat', 'nls_cp437', 'nls_ascii')  # and of sticks
FOLDERS = ('bin/', 'm/', 'proc/', 'sys/', 'dev/', 'mnt/')
STACK = 'rpi-lgpio>=0.6'  # RPi.GPIO's functions over the kernel's character device; beside the environment, not in it
# It starts with ten ticks of its timer in as many milliseconds, and panics if they do not come: on a computer that has
# other work an emulated timer is late (kernel.org, admin-guide/kernel-parameters: no_timer_check).
KERNEL_LINE = 'console=ttyS0 quiet panic=-1 no_timer_check'
QUIET_S = 600.0  # without a word: how long the whole of it may take depends on what else the computer does
LOOK_S = 5.0
SAID = re.compile(r'^PINS (\{.*\})\s*$', re.MULTILINE)


@dataclass(frozen=True)
class Pc:
    """What it is made of."""

    image: Path
    parts: Path  # holds m/*.ko and busybox
    stack: Path  # holds the package RPi


@dataclass(frozen=True)
class Disks:
    """Images that the PC has as disks: vda, vdb and so on; those of `locked` cannot be written."""

    images: tuple[Path, ...] = ()
    locked: tuple[Path, ...] = ()
    folder: Path | None = None  # of modules

    @property
    def modules(self) -> tuple[Path, ...]:
        return tuple(self.folder.iterdir()) if self.folder else ()

    @property
    def words(self) -> list[str]:
        return [
            word
            for image in self.images
            for word in (
                '-drive',
                f'file={image},format=raw,if=virtio,readonly={"on" if image in self.locked else "off"}',
            )
        ]


def fetch_pc() -> Pc:
    parts = once('pc', _make_parts)
    return Pc(next(parts.glob('vmlinuz-*')), parts, once('stack', _install))


def fetch_fat() -> Path:
    """The folder of the same kernel's modules for disks and FAT."""
    return once('fat', _make_fat)


def _make_fat(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix='audioletter-', dir=into.parent) as name:
        place, root = Path(name) / 'apt', Path(name) / 'root'
        root.mkdir()
        debian = Debian('amd64', place)
        image = debian.fetch(f'linux-image-{debian.kernel()}')
        unpack(image, root, *(f'*/{module}.ko' for module in FAT_MODULES))
        for module in FAT_MODULES:
            run('strip', '-g', next(root.rglob(f'{module}.ko')), '-o', into / f'{module}.ko')


def _install(into: Path) -> None:
    run(sys.executable, '-m', 'pip', 'install', '-q', '--target', into, STACK)


def _make_parts(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix='audioletter-', dir=into.parent) as name:
        place, root = Path(name) / 'apt', Path(name) / 'root'
        root.mkdir()
        debian = Debian('amd64', place)
        kernel = debian.kernel()  # 6.1.0-50-amd64
        series = '.'.join(kernel.split('.')[:2])
        for package in (f'linux-headers-{kernel}', f'linux-headers-{kernel.removesuffix("-amd64")}-common',
                        f'linux-kbuild-{series}', 'busybox-static'):  # fmt: skip
            unpack(debian.fetch(package), root)
        drivers = ('9p', 'virtio', 'fscache', 'netfs', 'configfs')
        image = debian.fetch(f'linux-image-{kernel}')
        unpack(image, root, './boot/vmlinuz-*', *(f'*/{folder}/*' for folder in drivers))
        build = root / 'build'
        build.mkdir()
        source = debian.fetch(f'linux-source-{series}')
        wanted = ' '.join(f'linux-source-{series}/{path}' for path in SOURCES)
        run('sh', '-c', f'dpkg-deb --fsys-tarfile "$0" | tar -xO ./usr/src/linux-source-{series}.tar.xz | xz -dc |'
            f' tar -x --strip-components=3 -C "$1" {wanted}', source, build)  # fmt: skip
        _compile(build, root, kernel)
        (into / 'm').mkdir()
        for module in MODULES:
            found = next(path for path in root.rglob(f'{module}.ko'))
            run('strip', '-g', found, '-o', into / 'm' / found.name)
        for found in (root / 'bin/busybox', next(root.glob('boot/vmlinuz-*'))):
            found.rename(into / found.name)


def _compile(build: Path, root: Path, kernel: str) -> None:
    """gpio-sim.ko, with the interrupts that it makes up in the same module."""
    headers = root / 'usr/src' / f'linux-headers-{kernel}'
    makefile = headers / 'Makefile'
    makefile.write_text(makefile.read_text().replace('/usr/src/', f'{root}/usr/src/'))
    made_up = build / 'irq_sim.c'
    made_up.write_text(
        re.sub(r'handle_simple_irq\(irq_to_desc\((\w+)\)\)', r'generic_handle_irq_safe(\1)', made_up.read_text())
    )
    (build / 'gpio-sim.c').rename(build / 'sim.c')
    (build / 'Makefile').write_text('obj-m := gpio-sim.o\ngpio-sim-y := sim.o irq_sim.o\n')
    run('make', '-s', '-C', headers, f'M={build}', 'modules')


def run_in(
    pc: Pc, script: Path, place: Path, line: socket.socket | None = None, disks: Disks | None = None
) -> list[dict[str, Any]]:
    """What the script has said, line by line; its first argument is the folder of the pins in /sys. `line`: what hangs
    on the second serial line."""
    plugged = disks or Disks()
    settings = {
        'modules': ' '.join((*MODULES, *(FAT_MODULES if disks else ()))), 'python': sys.executable, 'script': script,
        'path': f'{ROOT}:{pc.stack}',
    }  # fmt: skip
    files = dict.fromkeys(FOLDERS, b'')
    files |= {
        'init': (HERE / 'pc_init.sh').read_bytes(),
        'settings': ''.join(f"{name}='{value}'\n" for name, value in settings.items()).encode(),
        'bin/busybox': (pc.parts / 'busybox').read_bytes(),
        **{f'm/{path.name}': path.read_bytes() for path in (*(pc.parts / 'm').iterdir(), *plugged.modules)},
    }
    (place / 'initrd').write_bytes(archive(files))
    words = ['qemu-system-x86_64', '-M', 'q35', '-cpu', 'max', '-m', '768', '-accel', 'tcg,thread=single',
             '-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot', '-kernel', str(pc.image),
             '-initrd', str(place / 'initrd'), '-append', KERNEL_LINE,
             '-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap',
             *plugged.words]  # fmt: skip
    files_kept: tuple[int, ...] = ()
    if line is not None:
        files_kept = (line.fileno(),)
        words += ['-chardev', f'socket,id=line,fd={line.fileno()}', '-serial', 'chardev:line']
    text = heard(words, place, files_kept)
    said = [json.loads(line) for line in SAID.findall(text)]
    if not said or said[-1]['what'] != 'ended':
        raise EmulationError(f'the script did not come to its end: {text[-1100:]}')
    return said


def heard(words: list[str], place: Path, kept: tuple[int, ...] = (), quiet_s: float = QUIET_S) -> str:
    """All that a program says until it ends; EmulationError, with the last of it, when it has said nothing more for so
    long."""
    file, quiet, size = place / 'heard', 0.0, 0
    with file.open('wb') as out, subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, pass_fds=kept
    ) as process:  # fmt: skip
        try:
            while quiet < quiet_s:
                before, size = size, file.stat().st_size
                quiet = 0.0 if size != before else quiet + min(LOOK_S, quiet_s)
                try:
                    process.wait(min(LOOK_S, quiet_s))
                    return file.read_text('utf-8', 'replace')
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
    raise EmulationError(f'it has said nothing for {quiet_s:.0f} s: {file.read_text("utf-8", "replace")[-800:]!r}')
