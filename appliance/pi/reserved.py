"""Chain memory that the device tree has set apart for us from the start (boot/image/trees, node `audioletter`).

No kernel maps, caches or gives it away, whichever kernel it is, and it is where it is in every life of the computer:
there is nothing to ask the firmware for, to keep a record of, or to lose (Devicetree Specification 0.4, 3.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import MachineRefusesError
from appliance.pi.board import CELL, TREE, content, is_on
from appliance.pi.memory import PAGE, Block

FOLDER = TREE / 'reserved-memory'
NODE = 'audioletter@*'
REACH = 1 << 30  # the DMA engine sees no more of the memory (BCM2711 ARM Peripherals, 1.2.4)
REMEDY = 'take the device tree that tools/make_image makes'


@dataclass(frozen=True, slots=True)
class SetApart:
    """Implements `memory.Chains`. `alias`: or'ed to its address for the DMA engine."""

    where: str
    first: int
    size: int
    alias: int

    def recover(self, stop: Callable[[Block], bool]) -> bool:
        """Whatever an earlier run has left at work in it is ended; whether there was anything."""
        return stop(self._block(self.size))

    def claim(self, size: int) -> Block:
        size += -size % PAGE
        if size > self.size:
            what = f'{self.size} bytes of memory are set apart, and the chains of this machine take {size}'
            raise MachineRefusesError(what, where=self.where, remedy=REMEDY)
        return self._block(size)

    def give_back(self, block: Block) -> None:
        """It stays set apart."""

    def _block(self, size: int) -> Block:
        return Block('', 0, self.alias | self.first, size)


def set_apart(root: Path, alias: int) -> SetApart | None:
    """What this board's tree says; None where it says nothing of it. MachineRefusesError if it will not do."""
    node = next((root / FOLDER).glob(NODE), None)
    if node is None:
        return None
    where = f'/{node.relative_to(root / TREE)}'
    first, size = _place(node, where)
    if not (node / 'no-map').exists():
        what = 'the memory that is set apart is one that the kernel may still cache'
        raise MachineRefusesError(what, where=where, remedy=f'it lacks no-map; {REMEDY}')
    if not is_on(node) or not (root / FOLDER / 'ranges').exists():
        what = 'the kernel passes over the memory that is to be set apart, and gives it to others'
        raise MachineRefusesError(what, where=where, remedy=f'its status is not okay, or ranges is missing; {REMEDY}')
    if first % PAGE or not size or first + size > REACH:
        what = f'the DMA engine cannot have {size} bytes at 0x{first:08X}'
        raise MachineRefusesError(what, where=where, remedy=REMEDY)
    return SetApart(where, first, size, alias)


def _place(node: Path, where: str) -> tuple[int, int]:
    """First byte and size, as its reg says in cells that its parent counts."""
    cells = [int.from_bytes(content(node.parent / f'#{name}-cells'), 'big') for name in ('address', 'size')]
    reg, split = content(node / 'reg'), cells[0] * CELL
    if not all(cells) or len(reg) < sum(cells) * CELL:
        what = 'the device tree does not say where the memory lies that is set apart'
        remedy = f'reg, #address-cells or #size-cells is missing or too short; {REMEDY}'
        raise MachineRefusesError(what, where=where, remedy=remedy)
    return int.from_bytes(reg[:split], 'big'), int.from_bytes(reg[split : sum(cells) * CELL], 'big')
