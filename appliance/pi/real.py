"""The real Pi, from power-up of the program to its end: checked, recovered, mapped; a door for the engine."""

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
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(_chains(chip, run, root, mailbox))
        pi = ffi.new('struct real_pi *')
        _checked(lib.rpi_open(pi, bytes(root / MEMORY), board.arm_base), str(root / MEMORY))
        stack.callback(lib.rpi_close, pi)
        door = ffi.addressof(pi, 'door')

        def running(block: Block) -> bool:
            return bool(lib.leftover_runs(door, chip, block.bus, block.size))

        def stop(block: Block) -> bool:
            at_work = running(block)
            if at_work:
                _checked(lib.leftover_stop(door, chip, (off(machine).set, off(machine).clear)), 'DMA')
            return at_work

        found = memory.recover(stop)
        block = memory.claim(WORD * memory_words(machine))

        def release() -> None:
            if not running(block):
                memory.give_back(block)

        stack.callback(release)
        _check_alias(block, chip.ram_alias)
        _checked(lib.rpi_map_chain(pi, block.bus, block.size), str(root / MEMORY))
        yield RealPi(board, door, warning, found)


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
