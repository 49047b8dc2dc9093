"""What an outside log says the booth has promised, and so what must be there after a kill, and on which screen.

A thing that was begun and not ended may have happened or not: then there are several worlds, and the booth may come
back to any of them, but to no other.
"""

from collections import deque
from typing import NamedTuple

UNKNOWN = -1  # number of a letter that was being kept


class World(NamedTuple):
    """What a visitor could have seen to be so."""

    take: bool = False  # a take is open or has ended, and nobody has said what becomes of it
    kept: int = 0  # number of the letter that was made of it
    waits: int = 0  # letter whose visitor waits for a disc
    cut: int = 0  # letter whose disc is being cut
    done: int = 0  # letter whose disc is cut and lies in the machine
    broken: int = 0  # letter whose cut was broken by a kill, and nobody has been told yet
    letters: frozenset[int] = frozenset()  # that must be there
    gone: frozenset[int] = frozenset()  # that must not be there any more


def after(world, name, number):
    """The world when `name` has been done; `number` of the letter it was about, or 0."""
    if name == 'begin_take':
        return world._replace(take=True, kept=0, waits=0, broken=0)
    if name == 'discard':
        return world._replace(take=False, kept=0, waits=0, broken=0)
    if name in ('keep', 'hold'):
        letters = world.letters | {number} if number else world.letters
        waits = number if name == 'keep' else 0
        return world._replace(kept=number, waits=waits, letters=letters, take=name == 'keep')
    if name == 'begin_cut':
        return world._replace(cut=number, waits=number, broken=0)
    if name == 'cut_done':
        return world._replace(cut=0, done=number, waits=0)
    if name == 'cut_ended':
        return world._replace(cut=0)
    if name == 'handed_over':
        return _without(world, number)
    if name == 'forget':
        world = _without(world, number)
        return world._replace(letters=world.letters - {number}, gone=world.gone | {number})
    return world


def _without(world, number):
    mine = {name: 0 for name in ('waits', 'done', 'broken', 'cut') if getattr(world, name) == number}
    return world._replace(**mine)


def handed_over(world, number, retention):
    """The world when a disc was handed over, and its letter forgotten if the host wants that."""
    world = after(world, 'handed_over', number)
    return after(world, 'forget', number) if retention == 'handover' else world


class Promises:
    """Follows a log over many kills."""

    def __init__(self, retention):
        self._retention = retention
        self.world = World()
        self.numbers = []  # as they were given
        self.sensors = {}
        self.disc = ''  # folder of the disc that is being cut; a letter may have others
        self.tail = deque(maxlen=30)  # the last lines, for whoever has to find out
        self._open = []  # begun and not ended, the outer ones first

    def hear(self, line):
        self.tail.append(line)
        word, *rest = line.split()
        if word == 'set':
            self.sensors[rest[0]] = rest[1] == '1'
        elif word == 'folder':
            self.disc = rest[0]
        elif word == '>':
            self.disc = '' if rest[0] == 'begin_cut' else self.disc
            self._open.append((rest[0], int(rest[1]) if rest[1:] else 0))
        elif word == '<':
            assert self._open.pop()[0] == rest[0], line
            self._done(rest[0], int(rest[1]) if rest[1:] else 0)

    def _done(self, name, number):
        if name in ('keep', 'hold') and number not in self.numbers:
            self._given(number)
        self.world = after(self.world, name, number)

    def worlds(self):
        """All that may be so now, the log having ended."""
        found, world = [self.world], self.world
        for name, number in reversed(self._open):
            number = number or (UNKNOWN if name in ('keep', 'hold') else 0)
            handed = name == 'handed_over'
            world = handed_over(world, number, self._retention) if handed else after(world, name, number)
            found.append(world)
        return found

    def doing(self):
        return ' in '.join(name for name, _ in reversed(self._open))

    def found(self, world, letter):
        """The booth has come back in `world`, with this letter in hand; whoever goes on hears a new log."""
        self.world, self._open = world, []
        if UNKNOWN in world.letters:
            letters = world.letters - {UNKNOWN} | ({letter} if letter else frozenset())
            waits = letter if world.waits == UNKNOWN else world.waits
            kept = letter if world.kept == UNKNOWN else world.kept
            self.world = world._replace(letters=letters, waits=waits, kept=kept)
            if letter and letter not in self.numbers:
                self._given(letter)

    def _given(self, number):
        assert not self.numbers or number > self.numbers[-1], 'a number was given twice, or not in order'
        self.numbers.append(number)
