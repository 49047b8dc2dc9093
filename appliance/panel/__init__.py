"""The page on which a computer without a lathe is the booth: what it shows, and what a hand may do there.

    booth (handles.Booth) <- hall: who holds what, over all tabs
                          <- news: what a tab has not seen yet, as messages of its socket
                          <- tab:  one page in one browser
    server: loopback only; guard: who may ask at all; rooms: files in and out; page/: what the browser gets

Nothing of the workflow is here. The page draws what the booth's own parts show (frame buffer, lamp, what the virtual
machine executed) and tells it what a finger does. It is served on 127.0.0.1 only, to pages of its own origin only.

A socket carries JSON texts (`{"t": ...}`) and binary messages: one kind byte, then little-endian numbers (`news.py`).
The browser's microphone comes as 16-bit mono blocks at 48 kHz.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from appliance.panel.handles import Booth, Disc, Options, Platter


def serve(
    booth: Booth,
    options: Options,
    say: Callable[[str], None] = print,
    stop: threading.Event | None = None,
) -> int | None:
    """Serve the page until `stop` is set or, in the main thread, SIGINT, SIGTERM or SIGHUP comes; returns which.

    `say` is told the address once it can be opened. Raises OptionError: the port is taken or not allowed, or the
    libraries of the page are not installed.
    """
    from appliance.panel.library import need_library

    need_library()
    from appliance.panel.server import run

    return run(booth, options, say, stop)


__all__ = ['Booth', 'Disc', 'Options', 'Platter', 'serve']
