"""Who else may use the PWM or our DMA channel, and what to change so that nobody does.

Only one of several programs can have the PWM and its clock, and none can lock them: the analogue-audio driver and the
PWM overlays set them anew whenever they like (raspberrypi/linux #2962; rpi-rgb-led-matrix refuses to start beside
snd_bcm2835 for the same reason).
"""

from __future__ import annotations

from pathlib import Path

from appliance.errors import MachineRefusesError
from appliance.pi.board import TREE, Board, is_on

AUDIO = 'snd_bcm2835'
DRIVER = Path('sys/bus/platform/drivers/bcm2835-pwm')  # holds a link for each PWM that it has
CLASS = Path('sys/class/dma')
DMA_OFFSET = 0x7000  # of the controller in the peripherals (BCM2711 ARM Peripherals 4.2.1.2)
ALL_CHANNELS = 0x7FFF  # of it; 15 is elsewhere
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
    for node in PWM_NODES:
        place = root / TREE / 'soc' / node
        if place.is_dir() and is_on(place):
            return f'the device tree gives {node} to the kernel: a driver that is loaded later takes it'
    return ''


def _check_channel(board: Board, channel: int, root: Path) -> str:
    """A channel that the kernel may use is taken by whatever driver comes first."""
    if not board.dma_mask >> channel & 1:
        return ''
    if _in_use(board, channel, root):
        raise MachineRefusesError(
            f'a driver of the kernel uses DMA channel {channel}',
            where='brcm,dma-channel-mask',
            remedy=f'withhold channel {channel} with the overlay of boot/image and restart',
        )
    return f'DMA channel {channel} is not withheld from the kernel: a driver that is loaded later may take it'


def _in_use(board: Board, channel: int, root: Path) -> bool:
    """The kernel numbers the channels of its mask from 0 on, but keeps channel 0 out of that where its older interface
    is built (drivers/dma/bcm2835-dma.c): so ours is counted from the last one down."""
    device = f'{board.arm_base + DMA_OFFSET:x}.'
    mine = [place for place in (root / CLASS).glob('dma*chan*') if (place / 'device').resolve().name.startswith(device)]
    mine.sort(key=lambda place: int(place.name.rpartition('chan')[2]))
    behind = (board.dma_mask & ALL_CHANNELS) >> channel + 1
    at = len(mine) - 1 - behind.bit_count()
    return at >= 0 and _text(mine[at] / 'in_use') not in ('', '0')


def _modules(root: Path) -> set[str]:
    return {line.split()[0] for line in _text(root / 'proc/modules').splitlines() if line.strip()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8', errors='replace').strip('\0\n ')
    except OSError:
        return ''
