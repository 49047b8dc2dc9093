"""The label of a disc, round with its hole, and the label of its sleeve: name to name, number, speed and needle.

Who it is from and to is one line each: a disc is shown to others, the address is on the slip alone.
"""

from __future__ import annotations

from math import sqrt

from appliance.errors import OptionError
from appliance.paper.orders import Label
from appliance.paper.places import MARGIN_MM, lay_out
from appliance.paper.setting import Box, Type
from appliance.paper.sheet import HAIR_MM, Align, Paper
from appliance.paper.wording import code_of, date_of, needle_of, say, speed_of

LARGEST_MM, SMALLEST_MM = 50.0, 30.0  # radius
INSET_MM = 1.0  # from the groove's end, for hands that do not lay it quite straight
EDGE_MM = 2.5  # of the label, without type
HOLE_MM = 7.24 / 2  # IEC 60098, 3.4: the centre hole
SLEEVE_MM = (90.0, 62.0)
NAMES = Type(10, 4.5)


def labels(order: Label) -> Paper:
    """As many of each as there are copies."""
    number = say(order.language, 'number', number=str(order.subject.number))
    paper = Paper(order.house, number, order.language)
    radius = radius_mm(order)
    pieces = [(2 * radius, 2 * radius), SLEEVE_MM] * order.copies
    page = -1
    for index, place in enumerate(lay_out(pieces, paper.size_mm)):
        if place.page != page:
            paper.page()
            page = place.page
        with paper.at(place.left, place.bottom):
            if index % 2 == 0:
                Disc(paper, order, radius).draw()
            else:
                sleeve(paper, order)
    return paper


def radius_mm(order: Label) -> float:
    """Within the run-out groove, and within the paper."""
    widest = (min(Paper.size_of(order.house)) - 2 * MARGIN_MM) / 2
    radius = min(order.subject.label_radius_mm - INSET_MM, LARGEST_MM, widest)
    if radius < SMALLEST_MM:
        what = f'the label of this disc would have a radius of {radius:g} mm; {SMALLEST_MM:g} is the least'
        raise OptionError(what, where='label', remedy='choose a larger paper or disc')
    return radius


class Disc:
    """The round one. Rows are given in hundredths of the radius, from the middle."""

    def __init__(self, paper: Paper, order: Label, radius: float) -> None:
        self._paper, self._order, self._radius = paper, order, radius

    def draw(self) -> None:
        order, paper, r = self._order, self._paper, self._radius
        language, subject = order.language, order.subject
        paper.circle(r, r, r)
        paper.circle(r, r, HOLE_MM)
        paper.path([(r - 2, r), (r + 2, r)], HAIR_MM)
        paper.path([(r, r - 2), (r, r + 2)], HAIR_MM)
        paper.emblem(Box(r - 0.17 * r, 1.57 * r, 0.34 * r, 0.34 * r))
        self._row(41, 55, say(language, 'letter'), Type(12, 6))
        self._row(17, 40, say(language, 'number', number=str(subject.number)), Type(22, 9), bold=True)
        code = 0.36 * r
        paper.code(Box(r + 0.53 * r - code / 2, r - code / 2, code, code), code_of(subject.number))
        speed = Box(r * 0.14, r * 0.86, r * 0.68, r * 0.28)
        if text := speed_of(language, subject):
            paper.text(speed, text, Type(20, 7), bold=True, align='middle')
        low = self._box(-45, -32)  # both as wide as the lower
        named(paper, low._replace(bottom=low.bottom + low.height), say(language, 'from'), subject.sender, 'middle')
        named(paper, low, say(language, 'to'), subject.recipient, 'middle')
        if text := needle_of(language, subject):
            self._row(-67, -48, text, Type(8, 5))
        if text := date_of(language, subject.date):
            self._row(-79, -69, text, Type(8, 5))

    def _box(self, low: float, high: float) -> Box:
        """As wide as the circle is there."""
        r = self._radius
        furthest = max(abs(low), abs(high)) / 100 * r
        half = sqrt((r - EDGE_MM) ** 2 - furthest**2)
        return Box(r - half, r + low / 100 * r, 2 * half, (high - low) / 100 * r)

    def _row(self, low: float, high: float, text: str, type_: Type, *, bold: bool = False) -> None:
        self._paper.text(self._box(low, high), text, type_, bold=bold, align='middle')


def sleeve(paper: Paper, order: Label) -> None:
    language, subject = order.language, order.subject
    width, height = SLEEVE_MM
    paper.cut_marks(Box(0, 0, width, height))
    paper.emblem(Box(4, 41, 17, 17))
    paper.text(Box(24, 51.5, 62, 6.5), say(language, 'letter'), Type(11, 7))
    paper.text(Box(24, 41, 62, 9.5), say(language, 'number', number=str(subject.number)), Type(20, 9), bold=True)
    named(paper, Box(4, 33, 82, 7), say(language, 'from'), subject.sender)
    named(paper, Box(4, 25, 82, 7), say(language, 'to'), subject.recipient)
    paper.code(Box(66, 3, 20, 20), code_of(subject.number))
    if text := speed_of(language, subject):
        paper.text(Box(4, 16.5, 60, 6.5), text, Type(15, 8), bold=True)
    if text := needle_of(language, subject):
        paper.text(Box(4, 9, 60, 7), text, Type(8, 5))
    date = date_of(language, subject.date)
    paper.text(Box(4, 3.5, 60, 4.5), ' · '.join(filter(None, (date, say(language, 'sleeve')))), Type(7, 4.5))


def named(paper: Paper, box: Box, what: str, lines: tuple[str, ...], align: Align = 'left') -> None:
    """'From' and a name; a line to write on where none is known."""
    if lines:
        paper.text(box, f'{what}: {lines[0]}', NAMES, align=align)
        return
    size = 8.0
    taken = paper.width(f'{what}:', size) + 2
    paper.text(box._replace(width=taken), f'{what}:', Type(size, size))
    base = box.bottom + 0.3 * box.height
    paper.path([(box.left + taken, base), (box.right, base)], HAIR_MM)
