"""Files out and in: the page itself, the letters, and a recording that stands in for the microphone."""

from __future__ import annotations

import asyncio
import tempfile
from importlib import resources
from pathlib import Path

from aiohttp import web

from appliance.errors import AudioLetterError
from appliance.panel.hall import Hall

MAX_UPLOAD = 100_000_000  # bytes: a quarter of an hour of stereo at 24 bit
TYPES = {'.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml'}
PARTS = {
    'sound': ('audio/wav', 'wav'), 'clean': ('audio/wav', 'clean.wav'), 'picture': ('image/png', 'png'),
    'groove': ('application/octet-stream', 'npz'), 'report': ('application/json', 'json'),
}  # fmt: skip


class Rooms:
    """Handlers. The page is read once: no request can name any other file."""

    def __init__(self, hall: Hall, scratch: Path) -> None:
        self._hall = hall
        self._scratch = scratch
        self._one = asyncio.Lock()  # recordings are taken one after the other: they lie in memory
        folder = resources.files('appliance.panel') / 'page'
        self._page = {file.name: file.read_bytes() for file in folder.iterdir() if Path(file.name).suffix in TYPES}

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A file of the page."""
        name = request.match_info.get('name') or 'index.html'
        if name not in self._page:
            raise web.HTTPNotFound(text='there is no such page\n')
        return web.Response(body=self._page[name], content_type=TYPES[Path(name).suffix], charset='utf-8')

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """A part of a letter; with `?save` as a file to keep. What it sounds like without the film's noise is made when
        it is asked for."""
        kind, ending = PARTS[request.match_info['part']]
        number = int(request.match_info['number'])
        disc = next((disc for disc in self._hall.booth.letters() if disc.number == number), None)
        file: Path | None = getattr(disc, request.match_info['part'], None)
        if request.match_info['part'] == 'clean' and disc is not None:
            try:
                file = await asyncio.to_thread(self._hall.booth.clean, number)
            except (AudioLetterError, OSError) as error:
                raise web.HTTPInsufficientStorage(text=f'it cannot be made: {error}\n') from error
        if file is None or not file.is_file():
            raise web.HTTPNotFound(text='there is no such letter any more\n')
        headers = {'Content-Type': kind}
        if 'save' in request.query:
            headers['Content-Disposition'] = f'attachment; filename="audio-letter-{number}.{ending}"'
        return web.FileResponse(file, headers=headers)

    async def voice(self, request: web.Request) -> web.StreamResponse:
        """A recording as the microphone: kept only until the booth has read it."""
        if (request.content_length or 0) > MAX_UPLOAD:
            raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD, request.content_length or 0, text=_too_large())
        try:
            async with self._one:
                with tempfile.NamedTemporaryFile(dir=self._scratch, prefix='voice-') as file:
                    size = 0
                    async for block in request.content.iter_chunked(1 << 16):
                        size += len(block)
                        if size > MAX_UPLOAD:
                            raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD, size, text=_too_large())
                        file.write(block)
                    file.flush()
                    self._hall.voice = None
                    await asyncio.to_thread(self._hall.booth.speak, Path(file.name))
        except AudioLetterError as error:
            raise web.HTTPUnprocessableEntity(text=f'{error.what}\n') from error
        except OSError as error:
            raise web.HTTPInsufficientStorage(text=f'the recording cannot be taken: {error.strerror}\n') from error
        return web.Response(status=204)


def _too_large() -> str:
    return f'a recording may have {MAX_UPLOAD // 1_000_000} MB at most\n'
