"""The slip on a packet: from whom, to whom, which letter, and that it must not be bent."""

from __future__ import annotations

from appliance.errors import OptionError
from appliance.paper.orders import Slip
from appliance.paper.places import GAP_MM, MARGIN_MM
from appliance.paper.setting import Box, Type
from appliance.paper.sheet import Paper
from appliance.paper.wording import code_of, say

WIDTH_MM, HEIGHT_MM = 138.0, 95.0  # A6 and a printer's margin
STAMP = Box(108, 63, 24, 28)


def slip(order: Slip) -> Paper:
    """One page; on A6 the slip is all of it. OptionError for a letter without an address."""
    language, subject = order.language, order.subject
    if not subject.recipient:
        what = f'letter no. {subject.number} has no address'
        raise OptionError(what, where='slip', remedy=f'enter one with address set {subject.number}')
    paper = Paper(order.house, say(language, 'number', number=str(subject.number)), language)
    small = order.house.paper == 'A6'
    paper.page(wide=small)
    height = min(paper.size_mm) if small else max(paper.size_mm)
    with paper.at(MARGIN_MM, height - MARGIN_MM - HEIGHT_MM):
        if not small:
            paper.cut_marks(Box(0, 0, WIDTH_MM, HEIGHT_MM))
        _draw(paper, order)
    return paper


def _draw(paper: Paper, order: Slip) -> None:
    language, subject = order.language, order.subject
    number = say(language, 'number', number=str(subject.number))
    paper.emblem(Box(5, 74, 17, 17))
    if back := sender_of(order):
        paper.text(Box(26, 63, STAMP.left - 26 - GAP_MM, 28), back, Type(9, 5))
    paper.frame(STAMP, dash_mm=1)
    paper.code(Box(5, 24, 24, 24), code_of(subject.number))
    paper.text(Box(5, 16, 24, 7), number, Type(9, 5), bold=True, align='middle')
    country = (subject.country,) if subject.country else ()
    paper.text(Box(44, 15, 88, 44), (*subject.recipient, *country), Type(14, 5))
    paper.path([(5, 12.5), (WIDTH_MM - 6, 12.5)])
    paper.text(Box(5, 4, WIDTH_MM - 11, 7), say(language, 'bend'), Type(12, 6), bold=True, align='middle')


def sender_of(order: Slip) -> tuple[str, ...]:
    """Where it goes back to: a name alone is cared for by the booth."""
    sender = order.subject.sender
    return sender if len(sender) > 1 else (*sender, *order.house.sender)
