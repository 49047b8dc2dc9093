"""Chain memory: it belongs to no process, so it outlives one that is killed while the DMA engine reads it.

That is on purpose (the chain runs into IDLE and stays there, in memory that nobody else is given), and so each start
must find what the last one left. Where the device tree sets none apart (`reserved`), the firmware gives it: then a
record in the run folder says what was allocated, and in which life of the computer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.errors import MachineRefusesError
from appliance.files import whole_file
from appliance.pi.mailbox import Mailbox

FILE = 'chain.json'
BOOT_ID = Path('proc/sys/kernel/random/boot_id')
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Block:
    """`bus` is what the DMA engine calls it; 0: not locked yet. `boot`, `handle`: of memory that the firmware gave."""

    boot: str
    handle: int
    bus: int
    size: int


class Chains(Protocol):
    """Where chains can lie."""

    def recover(self, stop: Callable[[Block], bool]) -> bool:
        """What an earlier run has left is ended (`stop`: whether it was at work); whether there was anything."""

    def claim(self, size: int) -> Block:
        """Whole pages, uncached, so many bytes or more."""

    def give_back(self, block: Block) -> None:
        """Only when no DMA engine reads it any more."""


class Record:
    """What is allocated, on a disk that is gone when the computer starts anew."""

    def __init__(self, folder: Path, root: Path = Path('/')) -> None:
        self._file = folder / FILE
        try:
            self.boot = (root / BOOT_ID).read_text(encoding='ascii').strip()
        except OSError as error:
            what = f'the kernel does not tell in which life it is ({error.strerror})'
            raise MachineRefusesError(what, where=str(root / BOOT_ID)) from error

    def read(self) -> Block | None:
        """Of this life of the computer; what is older is gone with it."""
        try:
            block = _block(json.loads(self._file.read_text(encoding='utf-8')))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            what = f'the record of the chain cannot be read ({error})'
            remedy = 'restart the Raspberry Pi: what an earlier run has left is unknown'
            raise MachineRefusesError(what, where=str(self._file), remedy=remedy) from error
        return block if block.boot == self.boot else None

    def write(self, block: Block) -> None:
        with whole_file(self._file) as part:
            part.write_text(json.dumps(asdict(block)) + '\n', encoding='utf-8')

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()


def _block(said: Any) -> Block:
    """ValueError or TypeError for what no record of ours says."""
    block = Block(**said)
    if not isinstance(block.boot, str) or {type(n) for n in (block.handle, block.bus, block.size)} != {int}:
        raise ValueError('its values are none of ours')
    return block


class FirmwareChains:
    """Implements `Chains`: the firmware gives it, and this record is how the next start finds what one has left."""

    def __init__(self, record: Record, mailbox: Mailbox, flags: int) -> None:
        self._record, self._mailbox, self._flags = record, mailbox, flags

    def recover(self, stop: Callable[[Block], bool]) -> bool:
        """Free what an earlier run has left; `stop` first ends what still runs in it. Whether there was anything."""
        block = self._record.read()
        if block is None:
            self._record.remove()
            return False
        if block.bus:
            stop(block)
        self.give_back(block)
        return True

    def claim(self, size: int) -> Block:
        """The record stands before anything can use it."""
        size += -size % PAGE
        block = Block(self._record.boot, self._mailbox.allocate(size, PAGE, self._flags), 0, size)
        self._record.write(block)
        block = Block(self._record.boot, block.handle, self._mailbox.lock(block.handle), size)
        self._record.write(block)
        return block

    def give_back(self, block: Block) -> None:
        self._mailbox.free(block.handle)
        self._record.remove()
