"""One page in one browser: what it tells the booth, and that it is told what is new. Junk is ignored."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import numpy as np
from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.compose.script import FAULTS, HOST
from appliance.panel.hall import HELD, MAX_TABS, SWITCHED, Hall
from appliance.panel.news import News
from appliance.workflow.values import Event

log = logging.getLogger('audioletter')
FRAME_S = 1 / 30
LETTERS_EVERY = 15  # frames
HEARTBEAT_S = 5.0  # a browser that does not answer within half of it is gone, and its fingers with it
MAX_MESSAGE = 2 * SOUND_RATE_HZ  # bytes: a second of sound
FAULT_NAMES = (*FAULTS, 'power cut')


class Tab:
    """Lives as long as its socket."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._news = News(hall)
        self._socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE, compress=False)
        self._does = {'set': self._set, 'hear': self._hear, 'voice': self._voice, 'silence': self._silence,
                      'sample': self._sample, 'fault': self._fault, 'host': self._host, 'show': self._show}  # fmt: skip

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Until the page is closed or the server ends."""
        if self._hall.tabs >= MAX_TABS:
            raise web.HTTPServiceUnavailable(text='too many pages are open; close one\n')
        self._hall.tabs += 1
        try:
            await self._socket.prepare(request)
            sending = asyncio.create_task(self._send_on())
            try:
                await self._listen()
            finally:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sending
        finally:
            self._hall.tabs -= 1
            self._hall.leave(self)
        return self._socket

    async def end(self) -> None:
        """The server goes."""
        await self._socket.close(code=1001, message=b'the booth is closed')

    async def _send_on(self) -> None:
        try:
            await self._send()
        except Exception:  # of whatever kind: a page that hears no more would show for ever what was; it comes again
            log.exception('the page cannot be told what is new, and is closed')
            await self._socket.close(code=WSCloseCode.INTERNAL_ERROR)

    async def _send(self) -> None:
        """What is new, as fast as this one browser takes it."""
        turn = 0
        with contextlib.suppress(ClientConnectionResetError):
            while not self._socket.closed:
                if turn % LETTERS_EVERY == 0:
                    for text in self._news.letters():
                        await self._socket.send_str(text)
                for message in self._news.messages(self):
                    await (
                        self._socket.send_str(message) if isinstance(message, str) else self._socket.send_bytes(message)
                    )
                turn += 1
                await asyncio.sleep(FRAME_S)

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                await self._take(message.data)
            elif message.type is WSMsgType.BINARY:
                self._feed(message.data)

    async def _take(self, text: str) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(said, dict) and isinstance(said.get('t'), str) and said['t'] in self._does:
            result = self._does[said['t']](said)
            if result is not None:
                await result

    def _feed(self, pcm: bytes) -> None:
        if self._hall.voice is self and len(pcm) % 2 == 0:
            self._hall.booth.feed((np.frombuffer(pcm, '<i2') / 32768.0).astype(np.float32))

    def _set(self, said: dict[str, Any]) -> None:
        name, on = said.get('name'), said.get('on')
        if not isinstance(on, bool):
            return
        if name in HELD:
            self._hall.hold(self, str(name), on)
        elif name in SWITCHED:
            self._hall.booth.set(str(name), on)
            self._news.switched += 1

    def _hear(self, said: dict[str, Any]) -> None:
        self._news.hears = said.get('on') is True

    def _voice(self, said: dict[str, Any]) -> None:
        """The last page that begins is the one that is heard."""
        if said.get('on') is True:
            self._hall.booth.speak(None)
            self._hall.voice = self
        elif self._hall.voice is self:
            self._hall.voice = None

    def _silence(self, said: dict[str, Any]) -> None:
        self._hall.booth.speak(None)

    async def _sample(self, said: dict[str, Any]) -> None:
        self._hall.voice = None
        await asyncio.to_thread(self._hall.booth.speak, self._hall.booth.sample())

    def _fault(self, said: dict[str, Any]) -> None:
        name, on = said.get('name'), said.get('on')
        if name in FAULT_NAMES and isinstance(on, bool):
            self._hall.booth.fault(str(name), on)

    def _host(self, said: dict[str, Any]) -> None:
        command = said.get('command')
        if isinstance(command, str) and command in HOST:
            self._hall.booth.tell(Event(HOST[command]))

    def _show(self, said: dict[str, Any]) -> None:
        self._hall.booth.show()
