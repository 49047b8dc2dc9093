"""A serial line as the system gives it: raw, eight bits, no parity, and never a wait (termios, POSIX.1-2008 ch. 11)."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import termios
import tty

from appliance.errors import MachineRefusesError

TAKE = 4096  # bytes at a time: all that a Linux terminal holds


class SerialPort:
    """Implements `pico.Line`. MachineRefusesError where there is no such line, and where another program has it."""

    def __init__(self, device: str, baud: int) -> None:
        speed = getattr(termios, f'B{baud}', None)
        if speed is None:
            raise MachineRefusesError(
                f'no line has {baud} baud here', where=device, remedy='set interlock.baud to 115200'
            )
        with contextlib.ExitStack() as undo:
            try:
                self._file = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                undo.callback(os.close, self._file)
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as pyserial and mpremote do
                self._set_up(speed)
                undo.pop_all()
            except (OSError, termios.error) as error:
                raise _refused(device, error) from error

    def _set_up(self, speed: int) -> None:
        tty.setraw(self._file)
        modes = termios.tcgetattr(self._file)
        modes[4] = modes[5] = speed
        modes[2] |= termios.CLOCAL | termios.CREAD
        termios.tcsetattr(self._file, termios.TCSANOW, modes)

    def read(self) -> bytes:
        """b'' when nothing has come; OSError when the line is gone."""
        try:
            data = os.read(self._file, TAKE)
        except BlockingIOError:
            return b''
        if not data:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return data

    def write(self, data: bytes) -> None:
        """What a full line does not take is dropped: a permit that is late is worth nothing."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._file, data)

    def close(self) -> None:
        os.close(self._file)


def _refused(device: str, error: OSError | termios.error) -> MachineRefusesError:
    """An error of termios is a number and words, and no OSError."""
    why = error.strerror or str(error) if isinstance(error, OSError) else str(error.args[-1])
    if isinstance(error, OSError) and error.errno in (errno.EBUSY, errno.EAGAIN):
        what = 'another program has the line to the interlock'
        remedy = (
            'ask a booth that runs with audioletter shell doctor; end any other program (a terminal, mpremote): '
            f'sudo fuser -v {device} names it'
        )
    else:
        what = f'the line to the interlock cannot be opened ({why})'
        remedy = 'check interlock.device, enable_uart=1 in config.txt and the rights of the group dialout'
    return MachineRefusesError(what, where=device, remedy=remedy, key='interlock')
