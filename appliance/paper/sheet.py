"""Sheets of paper: millimetres from the lower left corner, type from `fonts`, and a note of every place that is taken.

The one door to the library that writes PDF; only the printing child comes here, since its import takes a while. The
same order gives the same bytes: the date is not that of the computer but SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, NamedTuple

import segno
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from appliance.errors import OptionError
from appliance.paper import emblem
from appliance.paper.fonts import SANS, Face, faces, runs
from appliance.paper.orders import SIZES_MM, House
from appliance.paper.setting import ABOVE, BELOW, LEADING, MM_PER_POINT, Box, Setting, Type, set_text

Align = Literal['left', 'middle', 'right']
HAIR_MM, FINE_MM = 0.1, 0.25
QUIET = 4  # modules around a code: ISO/IEC 18004, 6.3.8
PICTURE_PIXELS, PICTURE_BYTES, SHOWN_PIXELS = 50_000_000, 20 << 20, 600
MARK_MM, MARK_GAP_MM = 2.5, 0.5  # of cut marks: how long, and how far from the corner


class Taken(NamedTuple):
    """What lies where."""

    page: int
    box: Box
    what: str


class Paper:
    """Pages of one file."""

    def __init__(self, house: House, title: str, language: str) -> None:
        self.house = house
        self.size_mm = self.size_of(house)
        self.taken: list[Taken] = []
        self._faces = faces(house.font)
        for face in self._faces:
            pdfmetrics.registerFont(_font(face))
        self._file = io.BytesIO()
        self._canvas = Canvas(self._file, invariant=1, initialFontName=SANS, lang=language)
        self._canvas.setTitle(title)
        self._canvas.setAuthor('')
        self._canvas.setSubject('')
        self._canvas.setCreator('audioletter')
        self._page = 0
        self._origin = (0.0, 0.0)

    @staticmethod
    def size_of(house: House) -> tuple[float, float]:
        return SIZES_MM[house.paper]

    # -- pages -----------------------------------------------------------------------------------------------------

    def page(self, *, wide: bool = False) -> None:
        """A new one; `wide`: lying on its side."""
        if self._page:
            self._canvas.showPage()
        self._page += 1
        width, height = sorted(self.size_mm, reverse=wide)
        self._canvas.setPageSize((width / MM_PER_POINT, height / MM_PER_POINT))

    @contextmanager
    def at(self, left: float, bottom: float) -> Iterator[None]:
        """Everything within is placed from there."""
        before, self._origin = self._origin, (left, bottom)
        try:
            yield
        finally:
            self._origin = before

    def pdf(self) -> bytes:
        """All of it."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    # -- type ------------------------------------------------------------------------------------------------------

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """In millimetres."""
        stretches = runs(text, self._faces, bold=bold)
        return MM_PER_POINT * sum(float(pdfmetrics.stringWidth(stretch, name, size)) for name, stretch in stretches)

    def text(
        self, box: Box, text: str | tuple[str, ...], type_: Type, *, bold: bool = False, align: Align = 'left'
    ) -> Setting:
        """In the middle of the height of its box; OptionError where it does not fit. '' leaves the place free."""
        paragraphs = (text,) if isinstance(text, str) else text
        setting = set_text(paragraphs, box, type_, lambda line, size: self.width(line, size, bold=bold))
        unit = setting.size * MM_PER_POINT
        base = box.top - (box.height - setting.height) / 2 - ABOVE * unit
        for line in setting.lines:
            width = self.width(line, setting.size, bold=bold)
            left = box.left + (box.width - width) * {'left': 0.0, 'middle': 0.5, 'right': 1.0}[align]
            self._line(left, base, line, setting.size, bold)
            self._take(Box(left, base - BELOW * unit, width, (ABOVE + BELOW) * unit), line)
            base -= LEADING * unit
        return setting

    def _line(self, left: float, base: float, line: str, size: float, bold: bool) -> None:
        x, y = self._points(left, base)
        text = self._canvas.beginText(x, y)
        for name, stretch in runs(line, self._faces, bold=bold):
            text.setFont(name, size)
            text.textOut(stretch)
        self._canvas.drawText(text)

    # -- lines and pictures ----------------------------------------------------------------------------------------

    def path(self, points: list[tuple[float, float]], width: float = FINE_MM) -> None:
        """A line through all of them."""
        path = self._canvas.beginPath()
        path.moveTo(*self._points(*points[0]))
        for point in points[1:]:
            path.lineTo(*self._points(*point))
        self._canvas.setLineWidth(width / MM_PER_POINT)
        self._canvas.setLineJoin(1)
        self._canvas.setLineCap(0)
        self._canvas.drawPath(path)

    def circle(self, x: float, y: float, radius: float, width: float = HAIR_MM) -> None:
        self._canvas.setLineWidth(width / MM_PER_POINT)
        self._canvas.circle(*self._points(x, y), radius / MM_PER_POINT)

    def frame(self, box: Box, width: float = HAIR_MM, dash_mm: float = 0.0) -> None:
        """An empty one."""
        if dash_mm:
            self._canvas.setDash([dash_mm / MM_PER_POINT] * 2)
        corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
        self.path([*corners, corners[0]], width)
        self._canvas.setDash()

    def cut_marks(self, box: Box) -> None:
        """At the four corners, outside of what is to stay."""
        for x, outward in ((box.left, -1), (box.right, 1)):
            for y, upward in ((box.bottom, -1), (box.top, 1)):
                self.path([(x + outward * MARK_GAP_MM, y), (x + outward * (MARK_GAP_MM + MARK_MM), y)], HAIR_MM)
                self.path([(x, y + upward * MARK_GAP_MM), (x, y + upward * (MARK_GAP_MM + MARK_MM))], HAIR_MM)

    def code(self, box: Box, text: str) -> None:
        """A QR code, level H (30 of 100 may be lost), its quiet zone within the box."""
        made = segno.make(text, error='h', micro=False, boost_error=False)
        count = made.symbol_size(border=0)[0]
        module = min(box.width, box.height) / (count + 2 * QUIET)
        for row, line in enumerate(made.matrix):
            for column, dark in enumerate(line):
                if dark:
                    x, y = self._points(box.left + (QUIET + column) * module, box.top - (QUIET + row + 1) * module)
                    side = 1.02 * module / MM_PER_POINT  # no white hair between two of them
                    self._canvas.rect(x, y, side, side, stroke=0, fill=1)
        self._take(box, f'code {text}')

    def emblem(self, box: Box) -> None:
        """The host's picture, or the booth's own."""
        if self.house.emblem:
            self._picture(box)
        else:
            line = 0.014 * min(box.width, box.height)
            edge, flap = emblem.envelope(box)
            self.path(emblem.groove(box), line)
            self.path(edge, 1.6 * line)
            self.path(flap, 1.6 * line)
        self._take(box, 'emblem')

    def _picture(self, box: Box) -> None:
        picture = _picture(self.house.emblem)
        scale = min(box.width / picture.width, box.height / picture.height)
        width, height = picture.width * scale, picture.height * scale
        left, bottom = box.left + (box.width - width) / 2, box.bottom + (box.height - height) / 2
        x, y = self._points(left, bottom)
        self._canvas.drawImage(ImageReader(picture), x, y, width / MM_PER_POINT, height / MM_PER_POINT)

    def _points(self, x: float, y: float) -> tuple[float, float]:
        return (self._origin[0] + x) / MM_PER_POINT, (self._origin[1] + y) / MM_PER_POINT

    def _take(self, box: Box, what: str) -> None:
        left, bottom = self._origin
        self.taken.append(Taken(self._page, Box(left + box.left, bottom + box.bottom, box.width, box.height), what))


@lru_cache(maxsize=8)
def _font(face: Face) -> TTFont:
    """Under a name of its own: two fonts of one name would be written as one."""
    try:
        font = TTFont(face.name, str(face.path))
    except (TTFError, LookupError, ValueError, struct.error) as error:
        raise OptionError(f'{face.path} is a font that cannot be set ({error})', where='post.font') from error
    font.face.name = f'audioletter-{face.name}'.encode('ascii')
    return font


def _picture(path: str) -> Image.Image:
    """PNG or JPEG, on white, no larger than paper shows; OptionError for anything else."""
    where = 'post.emblem'
    try:
        with open(path, 'rb') as file:
            data = file.read(PICTURE_BYTES + 1)
        with Image.open(io.BytesIO(data), formats=('PNG', 'JPEG')) as picture:
            large = len(data) > PICTURE_BYTES or picture.width * picture.height > PICTURE_PIXELS
            picture.draft('RGB', (SHOWN_PIXELS, SHOWN_PIXELS))
            flat = picture.convert('RGBA') if not large else Image.new('RGBA', (1, 1))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        what = f'{path} cannot be read as PNG or JPEG'
        raise OptionError(what, where=where, remedy='name a picture, or set it to ""') from error
    if large:
        raise OptionError(f'{path} is too large', where=where, remedy='make it smaller')
    flat.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    white = Image.new('RGBA', flat.size, 'white')
    white.alpha_composite(flat)
    return white.convert('RGB')
