"""Chain memory: it belongs to the firmware, so it outlives a process that is killed while the DMA engine reads it.

That is on purpose (the chain runs into IDLE and stays there, in memory that nobody else is given), and so each start
must find what the last one left: a record in the run folder says what was allocated, and in which life of the computer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.errors import MachineRefusesError
from appliance.files import whole_file
from appliance.pi.mailbox import Mailbox

FILE = 'chain.json'
BOOT_ID = Path('proc/sys/kernel/random/boot_id')
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Block:
    """Memory of the firmware: `bus` is what the DMA engine calls it; 0: not locked yet."""

    boot: str
    handle: int
    bus: int
    size: int


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
            block = Block(**json.loads(self._file.read_text(encoding='utf-8')))
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


def claim(record: Record, mailbox: Mailbox, size: int, flags: int) -> Block:
    """Whole pages; the record stands before anything can use them."""
    size += -size % PAGE
    block = Block(record.boot, mailbox.allocate(size, PAGE, flags), 0, size)
    record.write(block)
    block = Block(record.boot, block.handle, mailbox.lock(block.handle), size)
    record.write(block)
    return block


def give_back(record: Record, mailbox: Mailbox, block: Block) -> None:
    """Only when no DMA engine reads it any more."""
    mailbox.free(block.handle)
    record.remove()


def recover(record: Record, mailbox: Mailbox, stop: Callable[[Block], None]) -> bool:
    """Free what an earlier run has left; `stop` first ends whatever still runs in it. Whether there was anything."""
    block = record.read()
    if block is None:
        record.remove()
        return False
    if block.bus:
        stop(block)
    give_back(record, mailbox, block)
    return True
