"""The server of the page: one thread, one loop, loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator

from aiohttp import web

from appliance.errors import OptionError
from appliance.panel.guard import add_headers, guard
from appliance.panel.hall import Hall
from appliance.panel.handles import Booth, Options
from appliance.panel.rooms import Rooms
from appliance.panel.tab import Tab

ADDRESS = '127.0.0.1'
LOOK_S = 0.1  # how often `stop` is looked at
CLOSE_S = 2.0  # that an answer under way gets
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(booth: Booth, options: Options, say: Callable[[str], None], stop: threading.Event | None) -> int | None:
    """`appliance.panel.serve`, with the library at hand."""
    with _signals_kept():
        return asyncio.run(_serve(booth, options, say, stop or threading.Event()))


async def _serve(booth: Booth, options: Options, say: Callable[[str], None], stop: threading.Event) -> int | None:
    ended: list[int] = []
    if threading.current_thread() is threading.main_thread():
        for number in filter(_is_heeded, ENDING):
            asyncio.get_running_loop().add_signal_handler(number, ended.append, int(number))
    async with _served(booth, options) as port:
        url = f'http://{ADDRESS}:{port}/'
        say(url)
        if options.browser and _has_screen():
            threading.Thread(target=_open, args=(url,), daemon=True).start()
        while not ended and not stop.is_set():
            await asyncio.sleep(LOOK_S)
    return ended[0] if ended else None


@contextlib.asynccontextmanager
async def _served(booth: Booth, options: Options) -> AsyncIterator[int]:
    """The port it is served on."""
    hall, tabs = Hall(booth), set[Tab]()
    rooms = Rooms(hall, options.scratch)

    async def live(request: web.Request) -> web.StreamResponse:
        tab = Tab(hall)
        tabs.add(tab)
        try:
            return await tab.live(request)
        finally:
            tabs.discard(tab)

    app = web.Application(middlewares=[guard])
    app.on_response_prepare.append(add_headers)
    app.router.add_get('/socket', live)
    app.router.add_get(r'/letters/{number:\d{1,9}}/{part:sound|clean|picture|groove|report}', rooms.letter)
    app.router.add_post('/voice', rooms.voice)
    app.router.add_get('/', rooms.page)
    app.router.add_get(r'/{name:[\w.-]+}', rooms.page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
    await runner.setup()
    try:
        yield await _bound(runner, options.port)
        for tab in tuple(tabs):
            await tab.end()
    finally:
        await runner.cleanup()


async def _bound(runner: web.AppRunner, port: int) -> int:
    try:
        await web.TCPSite(runner, ADDRESS, port).start()
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise OptionError(
            f'port {port} is taken by another program' if taken else f'port {port} cannot be used ({error})',
            where='--port',
            remedy=f'end that program, perhaps another booth, or try --port {port + 1}' if taken else 'try --port 8078',
        ) from error
    return int(runner.addresses[0][1])


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """What signals did before, they do again."""
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_heeded(number: int) -> bool:
    """What was ignored when the program started (nohup) stays so."""
    return signal.getsignal(number) is not signal.SIG_IGN


def _has_screen() -> bool:
    """A browser in a terminal would take the terminal away."""
    return sys.platform == 'darwin' or any(os.environ.get(name) for name in ('DISPLAY', 'WAYLAND_DISPLAY'))


def _open(url: str) -> None:
    """No browser is no error: the address has been said."""
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(url)
