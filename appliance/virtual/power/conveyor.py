"""What has been executed on its way from the thread that drives the board to the one that shows it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from appliance.virtual.executed import Executed

MANY = 1 << 16  # frames that are shown at once: an observer's work for a block costs more than the block
MOST = 2 * MANY  # that may wait


class Conveyor:
    """Small blocks in, large ones out, each when there are MANY frames of it or no more come."""

    def __init__(self) -> None:
        self._blocks: list[Executed] = []
        self._frames = 0
        self._ended = self._abandoned = False
        self._changed = threading.Condition()

    def put(self, block: Executed) -> None:
        """Waits while too much lies there: time stands still for the board."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames < MOST or self._abandoned)
            if self._abandoned:
                return
            self._blocks.append(block)
            self._frames += len(block.pwm)
            if self._frames >= MANY:
                self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Nobody takes anything any more: what lies there, and what comes, is thrown away."""
        with self._changed:
            self._abandoned = True
            self._blocks, self._frames = [], 0
            self._changed.notify_all()

    def take(self) -> Executed | None:
        """The next block; None when nothing is left and nothing will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames >= MANY or self._ended)
            if not self._blocks:
                return None
            alike = self._one_load()
            taken, self._blocks = self._blocks[:alike], self._blocks[alike:]
            self._frames -= sum(len(block.pwm) for block in taken)
            self._changed.notify_all()
        return joined(taken)

    def _one_load(self) -> int:
        """How many blocks make the next one: by what they are, not by how many lie there, so that equal runs are shown
        in equal blocks."""
        frames = 0
        for at, block in enumerate(self._blocks):
            if frames >= MANY or block.load_nm != self._blocks[0].load_nm:
                return at
            frames += len(block.pwm)
        return len(self._blocks)


def joined(blocks: Sequence[Executed]) -> Executed:
    """One block of several that follow each other under one load."""
    if len(blocks) == 1:
        return blocks[0]
    whole = all(block.through is None for block in blocks)
    return Executed(
        blocks[0].first_frame,
        np.concatenate([block.pwm for block in blocks]),
        np.concatenate([block.edge_frame for block in blocks]),
        np.concatenate([block.edge_gpio for block in blocks]),
        np.concatenate([block.edge_level for block in blocks]),
        None if whole else joined([block.powered for block in blocks]),
        blocks[0].load_nm,
        _angles(blocks),
    )


def _angles(blocks: Sequence[Executed]) -> NDArray[np.float64] | None:
    known = [block.angle_rad for block in blocks if block.angle_rad is not None]
    return np.concatenate(known) if len(known) == len(blocks) else None
