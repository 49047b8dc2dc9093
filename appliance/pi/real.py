"""The real Pi: what an earlier run has left is ended at the start; for each order it is checked, mapped, given back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.errors import MachineRefusesError, NativeError
from appliance.lathe.settings import memory_words, off
from appliance.machine import Machine
from appliance.native import check, ffi, lib
from appliance.pi.board import Board, read_board
from appliance.pi.mailbox import Mailbox, open_mailbox
from appliance.pi.memory import Block, Chains, FirmwareChains, Record
from appliance.pi.reserved import set_apart
from appliance.pi.rivals import refuse_rivals

WORD = 4
MEMORY = Path('dev/mem')
Opener = Callable[[], tuple[Mailbox, Callable[[], None]]]


@dataclass(frozen=True, slots=True)
class RealPi:
    """`door` is good until the context that gave it ends."""

    board: Board
    door: Any
    warning: str  # about what could go wrong later, for the host; '' is none
    recovered: bool  # something of an earlier run was found and stopped


def fitting_board(machine: Machine, root: Path = Path('/')) -> Board:
    """This board; MachineRefusesError if it is none, or not the machine file's."""
    board = read_board(root)
    if board.chip != machine.machine.chip:
        what = f'machine.chip is {machine.machine.chip!r}, but {board.model} has a {board.chip}'
        raise MachineRefusesError(what, where=machine.machine.name, remedy=f'set it to {board.chip!r}')
    return board


@contextlib.contextmanager
def real_pi(machine: Machine, run: Path, root: Path = Path('/'), mailbox: Opener = open_mailbox) -> Iterator[RealPi]:
    """This board with its registers and chain memory mapped; MachineRefusesError for whatever stands against it.

    `run`: where the record of memory lies (a tmpfs). On leaving, the engine must have stopped its channel; memory in
    which a channel is still at work is left to the next start.
    """
    board = fitting_board(machine, root)
    chip = lib.bcm_chip_named(board.chip.encode())
    warning = refuse_rivals(board, chip.dma_channel, root)
    with _mapped(board, chip, (run, root, mailbox)) as (pi, memory):
        door = ffi.addressof(pi, 'door')
        found = memory.recover(_ending(machine, door, chip))
        _checked(lib.leftover_rival(door, chip), f'DMA channel {chip.dma_channel}')
        block = memory.claim(WORD * memory_words(machine))
        try:
            _check_alias(block, chip.ram_alias)
            _checked(lib.rpi_map_chain(pi, block.bus, block.size), str(root / MEMORY))
            yield RealPi(board, door, warning, found)
        finally:
            if not lib.leftover_runs(door, chip, block.bus, block.size):
                memory.give_back(block)


def recover(machine: Machine, run: Path, root: Path = Path('/'), mailbox: Opener = open_mailbox) -> bool:
    """Whatever an earlier run has left at work is ended, its memory given back; whether there was anything. Nothing is
    claimed, and rivals are no reason against it."""
    board = fitting_board(machine, root)
    chip = lib.bcm_chip_named(board.chip.encode())
    with _mapped(board, chip, (run, root, mailbox)) as (pi, memory):
        return memory.recover(_ending(machine, ffi.addressof(pi, 'door'), chip))


def _ending(machine: Machine, door: Any, chip: Any) -> Callable[[Block], bool]:
    """Ends what is at work in a block; whether anything was."""

    def stop(block: Block) -> bool:
        at_work = bool(lib.leftover_runs(door, chip, block.bus, block.size))
        if at_work:
            _checked(lib.leftover_stop(door, chip, (off(machine).set, off(machine).clear)), 'DMA')
        return at_work

    return stop


@contextlib.contextmanager
def _mapped(board: Board, chip: Any, where: tuple[Path, Path, Opener]) -> Iterator[tuple[Any, Chains]]:
    """The registers, and where chains lie."""
    run, root, mailbox = where
    with _chains(chip, run, root, mailbox) as memory:
        pi = ffi.new('struct real_pi *')
        _checked(lib.rpi_open(pi, bytes(root / MEMORY), board.arm_base), str(root / MEMORY))
        try:
            yield pi, memory
        finally:
            lib.rpi_close(pi)


@contextlib.contextmanager
def _chains(chip: Any, run: Path, root: Path, mailbox: Opener) -> Iterator[Chains]:
    """What the device tree has set apart; without that, the firmware's, of which `run` is to have a record."""
    apart = set_apart(root, chip.ram_alias)
    if apart is not None:
        yield apart
        return
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineRefusesError(f'the folder cannot be made ({error.strerror})', where=str(run)) from error
    box, close = mailbox()
    try:
        yield FirmwareChains(Record(run, root), box, chip.mailbox_flags)
    finally:
        close()


def _check_alias(block: Block, alias: int) -> None:
    """Memory of the wrong kind would be read through a cache: stale control blocks."""
    if block.bus & lib.BUS_ALIAS_MASK != alias:
        raise MachineRefusesError(
            f'the firmware gave memory at 0x{block.bus:08X}, which is not uncached', where='mailbox', remedy='restart'
        )


def _checked(sentence: Any, where: str) -> None:
    """What the core says against it is a refusal: nothing has moved yet."""
    try:
        check(sentence)
    except NativeError as error:
        raise MachineRefusesError(error.what, where=where) from error
