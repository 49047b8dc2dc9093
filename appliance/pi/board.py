"""Which Raspberry Pi this is, by its device tree (Devicetree Specification 0.4, 2.3; bcm2711.dtsi)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.errors import MachineRefusesError

TREE = Path('proc/device-tree')
PI_5 = 'brcm,bcm2712'
# The first that a board says it is compatible with; RP3A0 of the Zero 2 W calls itself BCM2837.
CHIPS = {'brcm,bcm2711': 'bcm2711', 'brcm,bcm2837': 'bcm2837', 'brcm,bcm2836': 'bcm2837', 'brcm,bcm2835': 'bcm2835'}
DMA_NODES = ('dma-controller@7e007000', 'dma@7e007000')
CELL = 4  # bytes of a number in the tree, the most significant first


@dataclass(frozen=True, slots=True)
class Board:
    """A board that can cut."""

    model: str
    chip: str  # as in `machine.chip`
    arm_base: int  # where the ARM sees the peripherals
    dma_mask: int  # bit n: the kernel may use DMA channel n


def read_board(root: Path = Path('/')) -> Board:
    """MachineRefusesError, with what to do, for a board that this program cannot drive."""
    tree = root / TREE
    names = strings(tree / 'compatible')
    model = (strings(tree / 'model') or ('this computer',))[0]
    if not names:
        raise MachineRefusesError(
            'this is no Raspberry Pi (it has no device tree)', where='machine.kind', remedy='set it to virtual'
        )
    if PI_5 in names:
        raise MachineRefusesError(
            f'{model} has other peripherals (RP1), which this program cannot drive',
            where='machine.kind',
            remedy='use a Raspberry Pi Zero 2 W, 3 or 4',
        )
    chip = next((CHIPS[name] for name in CHIPS if name in names), None)
    if chip is None:
        raise MachineRefusesError(
            f'{model} ({names[0]}) is no board that this program knows',
            where='machine.kind',
            remedy='use a Raspberry Pi Zero 2 W, 3 or 4',
        )
    ranges = content(tree / 'soc' / 'ranges')
    base = _number(ranges, 1) or _number(ranges, 2)  # of BCM2711 the address has two cells, the first of them 0
    if not base:
        raise MachineRefusesError(
            'the device tree does not say where the peripherals are', where=str(tree / 'soc/ranges')
        )
    return Board(model, chip, base, _dma_mask(tree))


def _dma_mask(tree: Path) -> int:
    for node in DMA_NODES:
        raw = content(tree / 'soc' / node / 'brcm,dma-channel-mask')
        if len(raw) >= CELL:
            return _number(raw, 0)
    return 0xFFFF  # nothing known: the kernel may use all


def strings(path: Path) -> tuple[str, ...]:
    """Of a property that is text."""
    return tuple(part for part in content(path).decode('utf-8', 'replace').split('\0') if part)


def is_on(node: Path) -> bool:
    """Without a status a node is the kernel's too (2.3.4)."""
    return strings(node / 'status') in ((), ('ok',), ('okay',))


def content(path: Path) -> bytes:
    """Of a property; b'' where there is none."""
    try:
        return path.read_bytes()
    except OSError:
        return b''


def _number(raw: bytes, cell: int) -> int:
    return int.from_bytes(raw[cell * CELL : (cell + 1) * CELL], 'big')
