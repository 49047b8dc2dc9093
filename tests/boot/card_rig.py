"""Packages of a kernel as the Raspberry Pi's archive has them, with what is small enough to be typed.

Names and places are those of its packages for Debian 12 (linux-image-*-rpi-v8, raspi-firmware); device trees are typed
from raspberrypi/linux (bcm283x.dtsi, bcm270x.dtsi, bcm2711.dtsi and the boards'), as far as a booth asks for them.
"""

import struct
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSION = '6.6.51+rpt-rpi-v8'
MODULES = {'usb-storage': 'drivers/usb/storage', 'sd_mod': 'drivers/scsi', 'vfat': 'fs/fat', 'exfat': 'fs/exfat',
           'snd-usb-audio': 'sound/usb', 'spidev': 'drivers/spi', 'videodev': 'drivers/media/v4l2-core'}  # fmt: skip
BOARD = """/dts-v1/;
/ {{
	#address-cells = <{address}>;
	#size-cells = <1>;
	model = "{model}";
	compatible = "{board}", "{chip}";
	reserved-memory {{
		#address-cells = <{address}>;
		#size-cells = <1>;
		ranges;
		linux,cma {{ compatible = "shared-dma-pool"; size = <0x4000000>; reusable; linux,cma-default; }};
	}};
	soc: soc {{
		#address-cells = <1>;
		#size-cells = <1>;
		ranges = <{ranges}>;
		dma: {dma}@7e007000 {{ reg = <0x7e007000 0xf00>; brcm,dma-channel-mask = <{mask}>; }};
		gpio: gpio@7e200000 {{ reg = <0x7e200000 0xb4>; uart0_gpio14 {{ brcm,pins = <14 15>; }}; }};
		uart0: serial@7e201000 {{ reg = <0x7e201000 0x200>; pinctrl-0 = <&gpio>; bluetooth {{ }}; }};
		spi0: spi@7e204000 {{ reg = <0x7e204000 0x200>; #address-cells = <1>; #size-cells = <0>; }};
		uart1: serial@7e215040 {{ reg = <0x7e215040 0x40>; status = "okay"; }};
{pwms}
	}};
	chosen {{ stdout-path = "serial1:115200n8"; }};
}};
"""
PWM = '		{label}: pwm@{at} {{ reg = <0x{at} 0x28>; status = "{status}"; }};'
SOC_2837 = '0x7e000000 0x3f000000 0x01000000>, <0x40000000 0x40000000 0x00001000'
SOC_2711 = '0x7e000000 0x0 0xfe000000 0x01800000>, <0x7c000000 0x0 0xfc000000 0x02000000'


def board(name, *, status='disabled', dma='dma-controller'):
    """The source of a tree; `status`: of the PWM, which is the kernel's in Debian's."""
    four = name.startswith('bcm2711')
    pwms = [PWM.format(label='pwm', at='7e20c000', status=status)]
    if four:
        pwms.append(PWM.format(label='pwm1', at='7e20c800', status=status))
    return BOARD.format(
        address=2 if four else 1, chip='brcm,bcm2711' if four else 'brcm,bcm2837', board='raspberrypi,' + name,
        model='Raspberry Pi 4 Model B' if four else 'Raspberry Pi 3 Model B', ranges=SOC_2711 if four else SOC_2837,
        dma=dma, mask='0x07f5' if four else '0x7f35', pwms='\n'.join(pwms),
    )  # fmt: skip


def compiled(source, file, *, symbols=True):
    file.parent.mkdir(parents=True, exist_ok=True)
    words = ['dtc', '-q', *(['-@'] if symbols else []), '-I', 'dts', '-O', 'dtb', '-o', file]
    subprocess.run(words, input=source, text=True, check=True)
    return file


def package(folder, name, files):
    """A .deb that holds `files`: path -> bytes."""
    tree = folder / 'packages' / name
    for path, content in {'DEBIAN/control': control(name), **files}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    subprocess.run(['dpkg-deb', '--build', '--root-owner-group', tree, folder / f'{name}.deb'], check=True,
                   capture_output=True)  # fmt: skip


def control(name):
    text = (
        f'Package: {name}\nVersion: 1\nArchitecture: arm64\nMaintainer: nobody <nobody@localhost>\nDescription: none\n'
    )
    return text.encode()


def kernel_files(folder, version=VERSION, without=()):
    """Of linux-image-*-rpi-v8: a module is any object that says which it is."""
    kept = {name: place for name, place in MODULES.items() if name not in without}
    (folder / 'module.c').write_text('const char info[] __attribute__((section(".modinfo"))) = "license=GPL";\n')
    subprocess.run(['gcc', '-c', '-o', folder / 'module.o', folder / 'module.c'], check=True)
    module = (folder / 'module.o').read_bytes()
    lib, home = f'lib/modules/{version}', f'usr/lib/linux-image-{version}'
    files = {f'{lib}/kernel/{place}/{name}.ko': module for name, place in kept.items()}
    files |= {f'{lib}/modules.builtin': b'kernel/fs/ext4/ext4.ko\n', f'{lib}/modules.order': b''}
    files[f'boot/vmlinuz-{version}'] = b'the kernel'
    files[f'{home}/overlays/disable-bt.dtbo'] = b'an overlay'
    files[f'{home}/overlays/overlay_map.dtb'] = b'the map of overlays'
    for name in ('bcm2710-rpi-3-b', 'bcm2710-rpi-zero-2-w', 'bcm2711-rpi-4-b'):
        file = compiled(board(name), folder / f'{name}.dtb')
        files[f'{home}/broadcom/{name}.dtb'] = file.read_bytes()
    files[f'{home}/broadcom/bcm2837-rpi-3-b.dtb'] = b'for others'
    files[f'{home}/broadcom/bcm2712-rpi-5-b.dtb'] = b'for others'
    return files


FIRMWARE = {f'usr/lib/raspi-firmware/{name}': name.encode() for name in ('bootcode.bin', 'fixup.dat', 'start.elf')}


def made_kernel(folder, debs):
    """What tools/make_image makes of them: how it ended, and the folder."""
    work, out = folder / 'work', folder / 'out'
    (work / 'kernel/bin').mkdir(parents=True)
    (work / 'kernel/bin/busybox').write_bytes(b'busybox')
    (work / 'kernel/bin/busybox').chmod(0o755)
    words = [ROOT / 'tools' / 'make_image', '--kernel', out, '--debs', debs]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={
        'WORK': str(work), 'PATH': '/usr/bin:/bin', 'TMPDIR': str(folder)})  # fmt: skip
    return done, out


def laid_out(blob, folder):
    """A compiled tree as the kernel shows it below /proc/device-tree (Devicetree Specification 0.4, 5.4)."""
    _, _, at, strings = struct.unpack_from('>4I', blob)
    place = [folder]
    while True:
        (token,) = struct.unpack_from('>I', blob, at)
        at += 4
        if token == 1:
            end = blob.index(b'\0', at)
            place.append(place[-1] / blob[at:end].decode() if end > at else place[-1])
            place[-1].mkdir(parents=True, exist_ok=True)
            at = end + 4 - end % 4
        elif token == 2:
            place.pop()
        elif token == 3:
            size, name = struct.unpack_from('>2I', blob, at)
            name = blob[strings + name : blob.index(b'\0', strings + name)].decode()
            (place[-1] / name).write_bytes(blob[at + 8 : at + 8 + size])
            at += 8 + size + -size % 4
        elif token == 9:
            return folder
