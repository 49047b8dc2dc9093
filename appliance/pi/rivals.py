"""Who else may use the PWM or our DMA channel, and what to change so that nobody does.

Only one of several programs can have the PWM and its clock, and none can lock them: the analogue-audio driver and the
PWM overlays set them anew whenever they like (raspberrypi/linux #2962; rpi-rgb-led-matrix refuses to start beside
snd_bcm2835 for the same reason).
"""

from __future__ import annotations

from pathlib import Path

from appliance.errors import MachineRefusesError
from appliance.pi.board import TREE, Board

AUDIO = 'snd_bcm2835'
DRIVER = Path('sys/bus/platform/drivers/bcm2835-pwm')  # holds a link for each PWM that it has
PWM_NODES = ('pwm@7e20c000', 'pwm@7e20c800')  # the second one of BCM2711 alone, on the same clock


def refuse_rivals(board: Board, dma_channel: int, root: Path = Path('/')) -> str:
    """MachineRefusesError for the first rival that is in use; a sentence of warning for one that could come, or ''.

    A PWM that the tree gives to the kernel (Debian's does) is nobody's until its driver has taken it: then it has set
    the clock, and whoever asks sysfs for a channel writes the registers.
    """
    if AUDIO in _modules(root):
        raise MachineRefusesError(
            'the analogue-audio driver uses the PWM',
            where=f'kernel module {AUDIO}',
            remedy='put dtparam=audio=off into config.txt and restart',
        )
    taken = sorted((root / DRIVER).glob('*.pwm'))
    if taken:
        raise MachineRefusesError(
            'a driver of the kernel has the PWM and its clock',
            where=f'/{taken[0].relative_to(root)}',
            remedy='remove dtoverlay=pwm... from config.txt, or take the tree that tools/make_image makes; restart',
        )
    warnings = (_check_tree(root), _check_channel(board, dma_channel, root))
    return '; '.join(warning for warning in warnings if warning)


def _check_tree(root: Path) -> str:
    """Without a status a node is the kernel's too (Devicetree Specification 0.4, 2.3.4)."""
    for node in PWM_NODES:
        place = root / TREE / 'soc' / node
        if place.is_dir() and _text(place / 'status') in ('', 'ok', 'okay'):
            return f'the device tree gives {node} to the kernel: a driver that is loaded later takes it'
    return ''


def _check_channel(board: Board, channel: int, root: Path) -> str:
    """A channel that the kernel may use is taken by whatever driver comes first; `in_use` counts those of its mask."""
    if not board.dma_mask >> channel & 1:
        return ''
    place = bin(board.dma_mask & ((1 << channel) - 1)).count('1')
    used = _text(root / f'sys/class/dma/dma0chan{place}/in_use')
    if used not in ('', '0'):
        raise MachineRefusesError(
            f'a driver of the kernel uses DMA channel {channel}',
            where='brcm,dma-channel-mask',
            remedy=f'withhold channel {channel} with the overlay of boot/image and restart',
        )
    return f'DMA channel {channel} is not withheld from the kernel: a driver that is loaded later may take it'


def _modules(root: Path) -> set[str]:
    return {line.split()[0] for line in _text(root / 'proc/modules').splitlines() if line.strip()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8', errors='replace').strip('\0\n ')
    except OSError:
        return ''
