"""One end of a pipe to another process of this program, which never waits for the rest of a message.

`multiprocessing.connection` waits in `recv` until a message is whole: for ever, if whoever writes it is frozen in its
middle. Here its first part is kept until the rest has come. Framing as there (`Connection._send_bytes`): the length in
four bytes, or -1 and the length in eight.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import socket
import struct
from multiprocessing.connection import Connection
from typing import Any

SHORT, LONG = struct.Struct('!i'), struct.Struct('!Q')
PIECE = 1 << 16  # bytes


class PipeEnd:
    """Of a duplex `multiprocessing.Pipe`, which belongs to it from now on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        self._select = select.poll()
        self._select.register(self._socket, select.POLLIN)
        self._come = bytearray()

    def send(self, message: Any) -> None:
        """OSError when the other end is closed."""
        self._connection.send(message)

    def wait(self, timeout_s: float) -> bool:
        """Until something has come, or the other end is closed."""
        return bool(self._select.poll(max(timeout_s, 0.0) * 1000))

    def take(self) -> tuple[list[Any], bool]:
        """All messages that are whole, and whether more may come."""
        open_still = True
        with contextlib.suppress(BlockingIOError):
            while open_still:
                try:
                    piece = self._socket.recv(PIECE, socket.MSG_DONTWAIT)
                except ConnectionError:
                    piece = b''
                self._come += piece
                open_still = bool(piece)
        messages = []
        while (whole := self._next()) is not None:
            messages.append(pickle.loads(whole))
        return messages, open_still

    def close(self) -> None:
        self._socket.close()
        self._connection.close()

    def _next(self) -> bytes | None:
        """The bytes of the next message, if they are all there."""
        come, at = self._come, SHORT.size
        if len(come) < at:
            return None
        length = SHORT.unpack_from(come)[0]
        if length < 0:
            if len(come) < at + LONG.size:
                return None
            length, at = LONG.unpack_from(come, at)[0], at + LONG.size
        if len(come) < at + length:
            return None
        whole = bytes(come[at : at + length])
        del come[: at + length]
        return whole
