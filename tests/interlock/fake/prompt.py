"""MicroPython's raw prompt (its reference, "The MicroPython Interactive Interpreter Mode") at a terminal, by a real
MicroPython that runs in the folder that stands for the board's flash. At first a firmware runs: a Ctrl-C stops it.

BENCH_RESETS: how often a watchdog takes the prompt away first. BENCH_BREAK: after so many commands the cable is pulled.
"""

import os
import sys

resets = int(os.getenv('BENCH_RESETS') or 0)
left = int(os.getenv('BENCH_BREAK') or -1)
BANNER = b'raw REPL; CTRL-B to exit\r\n>'
output, source = sys.stdout.buffer, sys.stdin.buffer
stopped = [False]


class Implementation:
    name, version = 'micropython', (1, 26, 1, '')


class Sys:
    implementation, platform = Implementation, os.getenv('BENCH_PLATFORM') or 'rp2'


class Registers:
    def __setitem__(self, address, value):
        stopped[0] = stopped[0] or (address, value) == (0x4005B000, 1 << 30)


class Machine:
    mem32 = Registers()

    def reset():
        raise SystemExit


def until(end):
    data = b''
    while True:
        byte = source.read(1)
        if not byte:
            raise SystemExit
        if byte == end:
            return data
        data += byte


def command(data):
    global left
    left -= 1
    if not left:
        raise SystemExit
    output.write(b'OK')
    failed = ''
    try:
        exec(str(data, 'utf-8'), names)
    except SystemExit:
        raise
    except Exception as error:
        failed = f'Traceback:\r\n{type(error).__name__}: {error.args[0] if error.args else ""}\r\n'
        if isinstance(error, OSError):
            failed = f'Traceback:\r\nOSError: [Errno {error.args[0]}] {"ENOENT" if error.args[0] == 2 else ""}\r\n'
    output.write(b'\x04' + failed.encode() + b'\x04>')


sys.modules['sys'], sys.modules['machine'] = Sys, Machine
names = {'__name__': '__main__'}
until(b'\x03')
output.write(b'KeyboardInterrupt: \r\n>>> ')
while True:
    byte = source.read(1)
    if byte == b'\x01':
        output.write(BANNER)
    elif byte == b'\x05':
        source.read(2)
        output.write(b'R\x00')
    elif byte == b'':
        break
    elif byte not in (b'\r', b'\x02', b'\x03'):
        data = byte + until(b'\x04')
        if resets > 0 and not stopped[0]:
            resets -= 1  # the watchdog was quicker
            raise SystemExit
        command(data)
