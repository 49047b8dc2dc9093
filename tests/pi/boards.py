"""The files by which a Raspberry Pi tells what it is, typed from the kernel's own device trees (arch/arm*/boot/dts/
broadcom: bcm2835.dtsi, bcm2837.dtsi, bcm2711.dtsi, bcm2712.dtsi and the boards'), and a firmware that gives memory."""

import struct

from appliance.errors import MachineRefusesError
from appliance.pi.mailbox import Mailbox

# Name -> model, compatible, soc/ranges (32-bit cells), DMA mask of the live tree
BOARDS = {
    'zero': ('Raspberry Pi Zero W Rev 1.1', ('raspberrypi,model-zero-w', 'brcm,bcm2835'),
             (0x7E000000, 0x20000000, 0x02000000), 0x7F35),
    'zero 2': ('Raspberry Pi Zero 2 W Rev 1.0', ('raspberrypi,model-zero-2-w', 'brcm,bcm2837'),
               (0x7E000000, 0x3F000000, 0x01000000, 0x40000000, 0x40000000, 0x00001000), 0x7F35),
    '2': ('Raspberry Pi 2 Model B Rev 1.1', ('raspberrypi,2-model-b', 'brcm,bcm2836'),
          (0x7E000000, 0x3F000000, 0x01000000, 0x40000000, 0x40000000, 0x00001000), 0x7F35),
    '3': ('Raspberry Pi 3 Model B Rev 1.2', ('raspberrypi,3-model-b', 'brcm,bcm2837'),
          (0x7E000000, 0x3F000000, 0x01000000, 0x40000000, 0x40000000, 0x00001000), 0x3F35),
    '4': ('Raspberry Pi 4 Model B Rev 1.4', ('raspberrypi,4-model-b', 'brcm,bcm2711'),
          (0x7E000000, 0x0, 0xFE000000, 0x01800000, 0x7C000000, 0x0, 0xFC000000, 0x02000000), 0x07F5),
    '5': ('Raspberry Pi 5 Model B Rev 1.0', ('raspberrypi,5-model-b', 'brcm,bcm2712'),
          (0x7C000000, 0x10, 0x7C000000, 0x04000000), 0x0F5),
    'other': ('Some Board', ('vendor,board', 'vendor,chip'), (), 0),
}  # fmt: skip
BASES = {'zero': 0x20000000, 'zero 2': 0x3F000000, '2': 0x3F000000, '3': 0x3F000000, '4': 0xFE000000}
BOOT = '0b5f2a4e-9c1d-4a37-8f5e-1946c0ffee00'


def board(root, name, modules=(), node='dma-controller@7e007000', mask=None):
    """Files below `root`."""
    model, compatible, ranges, usual = BOARDS[name]
    tree = root / 'proc/device-tree'
    (tree / 'soc' / node).mkdir(parents=True)
    (tree / 'model').write_bytes(model.encode() + b'\0')
    (tree / 'compatible').write_bytes(b''.join(word.encode() + b'\0' for word in compatible))
    (tree / 'soc/ranges').write_bytes(struct.pack(f'>{len(ranges)}I', *ranges))
    (tree / 'soc' / node / 'brcm,dma-channel-mask').write_bytes(struct.pack('>I', usual if mask is None else mask))
    lines = [f'{module} 16384 1 - Live 0x0000000000000000\n' for module in ('spidev', *modules)]
    (root / 'proc/modules').write_text(''.join(lines))
    (root / 'proc/sys/kernel/random').mkdir(parents=True)
    (root / 'proc/sys/kernel/random/boot_id').write_text(BOOT + '\n')
    (root / 'dev').mkdir()
    with (root / 'dev/mem').open('wb') as file:
        file.truncate(1 << 32)  # nothing of it is on the disk
    return root


class Firmware:
    """Gives memory and takes it back, as the property interface says; `calls` are the tags it heard."""

    def __init__(self, bus=0xCE000000, room=8 << 20):
        self.bus, self.room = bus, room
        self.given, self.calls, self.closed = {}, [], 0
        self.refuses = set()

    def call(self, message):
        tag = message[2]
        self.calls.append(tag)
        assert message[0] == 4 * len(message), 'the size is of the whole message'
        assert message[-1] == 0, 'a tag of 0 ends it'
        if tag in self.refuses:
            return  # the message comes back as it was
        first = message[5]
        if tag == 0x3000C:
            size, alignment, flags = message[5:8]
            handle = 0 if size > self.room else len(self.given) + 1
            if handle:
                self.given[handle] = [size, alignment, flags, False]
            self._answer(message, handle)
        elif tag == 0x3000D:
            self.given[first][3] = True
            self._answer(message, self.bus)
        elif tag == 0x3000E:
            self.given[first][3] = False
            self._answer(message, 0)
        elif tag == 0x3000F:
            self._answer(message, 0 if self.given.pop(first, None) else 1)

    def _answer(self, message, word):
        message[1], message[4], message[5] = 0x80000000, 0x80000004, word

    def open(self):
        def close():
            self.closed += 1

        return Mailbox(self.call, 'mailbox'), close


def refused(call):
    """The error's own line."""
    try:
        call()
    except MachineRefusesError as error:
        return error.line
    raise AssertionError('it was not refused')
