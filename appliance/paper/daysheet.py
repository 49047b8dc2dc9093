"""The sheet of a day: letters, who walked away and where, discs, blanks, stylus; and room to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.paper.orders import DaySheet
from appliance.paper.places import MARGIN_MM
from appliance.paper.setting import Box, Type, wrap
from appliance.paper.sheet import HAIR_MM, Paper
from appliance.paper.wording import date_of, decimal, say
from appliance.words.languages import translator
from appliance.words.reasons import reason_for
from appliance.words.texts import SCREENS
from appliance.workflow.values import State

SIDE_MM = 2 * MARGIN_MM
HEAD_MM, FOOT_MM, ROW_MM, INDENT_MM = 22.0, 8.0, 7.0, 6.0
HEADING, PLAIN, SMALL = Type(11, 6), Type(9.5, 5), Type(8, 5)
NOTES_MM = 4 * ROW_MM


def day_sheet(order: DaySheet) -> Paper:
    """As many pages as it takes."""
    title = f'{say(order.language, "day sheet")} {date_of(order.language, order.day.day)}'
    return Writer(Paper(order.house, title, order.language), order).write()


class Writer:
    """Rows, one under the other."""

    def __init__(self, paper: Paper, order: DaySheet) -> None:
        self._paper, self._order = paper, order
        self._width, self._height = paper.size_mm
        self._top = 0.0
        self._pages = 0

    def write(self) -> Paper:
        day = self._order.day
        self._page()
        self._row('letters', str(len(day.letters)))
        self._numbers(tuple(number for number, _ in day.letters))
        self._row('discs', str(day.discs))
        self._row('spoiled', str(sum(day.spoiled.values())))
        self._parts(day.spoiled, self._cause)
        self._row('walked away', str(sum(day.walked_away.values())))
        self._parts(day.walked_away, self._step)
        self._row('blanks', str(day.blanks))
        left = self._say('not counted') if day.blanks_left is None else str(day.blanks_left)
        self._row('blanks left', left)
        self._row('stylus', decimal(self._order.language, day.stylus_s / 60))
        self._notes()
        return self._paper

    def _say(self, key: str) -> str:
        return say(self._order.language, key)

    def _page(self) -> None:
        paper, language = self._paper, self._order.language
        paper.page()
        self._pages += 1
        self._top = self._height - SIDE_MM
        paper.emblem(Box(SIDE_MM, self._top - 16, 16, 16))
        room = self._width - 2 * SIDE_MM - 20
        paper.text(Box(SIDE_MM + 20, self._top - 9, room, 9), self._say('day sheet'), Type(18, 9), bold=True)
        if text := date_of(language, self._order.day.day):
            paper.text(Box(SIDE_MM + 20, self._top - 16, room, 6), text, Type(11, 6))
        paper.text(Box(SIDE_MM, MARGIN_MM, self._width - 2 * SIDE_MM, 4), str(self._pages), SMALL, align='right')
        self._top -= HEAD_MM

    def _need(self, height: float) -> None:
        if self._top - height < MARGIN_MM + FOOT_MM:
            self._page()

    def _row(self, key: str, value: str) -> None:
        self._need(2 * ROW_MM)  # not the last of a page, with its parts on the next
        self._paper.path([(SIDE_MM, self._top), (self._width - SIDE_MM, self._top)], HAIR_MM)
        self._pair(self._say(key), value, HEADING, bold=True)

    def _pair(self, name: str, value: str, type_: Type, *, indent: float = 0.0, bold: bool = False) -> None:
        bottom, wide = self._top - ROW_MM, self._width - 2 * SIDE_MM
        right = 0.3 * wide
        box = Box(SIDE_MM + indent, bottom + 0.5, wide - right - indent - 2, ROW_MM - 1)
        self._paper.text(box, name, type_, bold=bold)
        self._paper.text(Box(SIDE_MM + wide - right, bottom + 0.5, right, ROW_MM - 1), value, type_, align='right')
        self._top = bottom

    def _parts(self, parts: Mapping[str, int], name: Callable[[str], str]) -> None:
        for key, count in sorted(parts.items(), key=lambda part: (-part[1], part[0])):
            self._need(ROW_MM)
            self._pair(name(key), str(count), PLAIN, indent=INDENT_MM)

    def _numbers(self, numbers: tuple[int, ...]) -> None:
        """Of the letters, as ranges, in as many lines as they take."""
        wide = self._width - 2 * SIDE_MM - INDENT_MM
        for line in wrap(ranges(numbers), wide, SMALL.largest, self._paper.width):
            self._need(ROW_MM)
            self._paper.text(Box(SIDE_MM + INDENT_MM, self._top - 5, wide, 5), line, SMALL)
            self._top -= 5

    def _step(self, step: str) -> str:
        """As the screen called it."""
        known = {state.value: SCREENS[state].title for state in State}
        return translator(self._order.language)(known[step]) if step in known else step

    def _cause(self, cause: str) -> str:
        if cause == 'void':
            return self._say('void')
        return translator(self._order.language)(reason_for(cause or 'unknown').visitor)

    def _notes(self) -> None:
        self._need(NOTES_MM + ROW_MM)
        self._row('notes', '')
        while self._top - ROW_MM > MARGIN_MM + FOOT_MM:
            self._top -= ROW_MM
            self._paper.path([(SIDE_MM, self._top), (self._width - SIDE_MM, self._top)], HAIR_MM)


def ranges(numbers: tuple[int, ...]) -> str:
    """'3-7, 9'."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ', '.join(str(first) if first == last else f'{first}-{last}' for first, last in found)
