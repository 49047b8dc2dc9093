"""The groove on disk (`groove.npz`): what the stylus left in the film, streamed in and out.

Members: `displacement_um` float32 [n] at `rate_hz` (across the groove, + outward); `angle_rad` float64 (platter,
cumulative), `radius_mm` float64 (carriage, without the modulation) and `depth_um` float32 at `motion_rate_hz`. All
start at output frame `start_frame` (5 us each). `facts` is a JSON text: the facts of the cut as in the trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from appliance.errors import GrooveFileError
from appliance.files import BLOCK
from appliance.machine.model import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from appliance.npz import Column, NpzReader, write_npz

MOTION_RATE_HZ = 2000  # every 100 frames: the platter and the carriage move slowly
LONGEST_S = 100_000  # more than a day: no groove is that long
MAX_FACTS_BYTES = 1 << 22
# Either way; what a reader need not work with: a groove is finer, a disc smaller, a letter shorter.
IMPOSSIBLE = {'displacement_um': 1e5, 'angle_rad': 1e7, 'radius_mm': 1e3, 'depth_um': 1e5}

Float = NDArray[np.float64]
Samples = NDArray[np.float32]


class GrooveWriter:
    """Collects a groove in scratch files under `folder` and writes it whole at `close`.

    `facts` and `start_frame` may be changed until then.
    """

    def __init__(self, path: Path, facts: dict[str, Any], folder: Path | None = None) -> None:
        self.path = path
        self.facts = facts
        self.start_frame = 0
        self._displacement = Column(np.float32, folder=folder)
        self._angle = Column(np.float64, folder=folder)
        self._radius = Column(np.float64, folder=folder)
        self._depth = Column(np.float32, folder=folder)

    def displacement(self, block_um: ArrayLike) -> None:
        """The next stylus positions across the groove, at 50 kHz."""
        self._displacement.append(block_um)

    def motion(self, angle_rad: ArrayLike, radius_mm: ArrayLike, depth_um: ArrayLike) -> None:
        """The next positions of platter, carriage and depth, at 2 kHz: three blocks of one length."""
        self._angle.append(angle_rad)
        self._radius.append(radius_mm)
        self._depth.append(depth_um)

    def close(self) -> None:
        """Write the file, whole or not at all; StorageError if the disk is full."""
        try:
            write_npz(
                self.path,
                {
                    'rate_hz': np.int64(SAMPLE_RATE_HZ),
                    'motion_rate_hz': np.int64(MOTION_RATE_HZ),
                    'start_frame': np.int64(self.start_frame),
                    'facts': json.dumps(self.facts, ensure_ascii=False, sort_keys=True),
                    'displacement_um': self._displacement.streamed(),
                    'angle_rad': self._angle.streamed(),
                    'radius_mm': self._radius.streamed(),
                    'depth_um': self._depth.streamed(),
                },
            )
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Give up: nothing is written, the scratch files are gone. Safe to call twice."""
        for column in (self._displacement, self._angle, self._radius, self._depth):
            column.close()


class Groove:
    """A groove file open for reading; displacement and motion are read in parts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = NpzReader(path)
        try:
            self.rate_hz = self._whole_number('rate_hz', SAMPLE_RATE_HZ, SAMPLE_RATE_HZ)
            self.motion_rate_hz = self._whole_number('motion_rate_hz', MOTION_RATE_HZ, MOTION_RATE_HZ)
            self.start_frame = self._whole_number('start_frame', 0, LONGEST_S * FRAME_RATE_HZ)
            self.samples = self._row('displacement_um', np.float32)
            self.motions = self._row('angle_rad', np.float64)
            if {self.motions, self._row('radius_mm', np.float64), self._row('depth_um', np.float32)} != {self.motions}:
                raise self.wrong('its angle, radius and depth differ in length')
            self.facts = self._facts()
        except GrooveFileError:
            self.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Groove:
        return cls(path)

    def wrong(self, what: str) -> GrooveFileError:
        """The error that says what is wrong with this file, to be raised."""
        return GrooveFileError(what, where=str(self.path), remedy='is it a groove.npz? cut the message again')

    def _whole_number(self, name: str, least: int, most: int) -> int:
        if self._reader.shape(name) != () or self._reader.dtype(name).kind not in 'iu':
            raise self.wrong(f'{name} is not a whole number')
        value = int(self._reader.array(name))
        if not least <= value <= most:
            between = f'between {least} and {most}' if least < most else str(least)
            raise self.wrong(f'{name} is {value}, not {between}')
        return value

    def _row(self, name: str, dtype: type[np.floating[Any]]) -> int:
        shape = self._reader.shape(name)
        if len(shape) != 1 or self._reader.dtype(name) != np.dtype(dtype):
            raise self.wrong(f'{name} is not one row of {np.dtype(dtype)}')
        return shape[0]

    def _facts(self) -> dict[str, Any]:
        if self._reader.shape('facts') != () or self._reader.dtype('facts').itemsize > MAX_FACTS_BYTES:
            raise self.wrong('facts is not a text of reasonable length')
        text = self._reader.array('facts')
        try:
            facts = json.loads(str(text))
        except (ValueError, RecursionError) as error:
            raise self.wrong(f'facts is not JSON ({error})') from error
        if not isinstance(facts, dict):
            raise self.wrong('facts is not a JSON object')
        return facts

    def number(self, name: str, least: float = 0.0, most: float = 1e12) -> float:
        """The fact called `name`, a number from `least` to `most`."""
        value = self.facts.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(f'its facts have no {name} of at least {least:g} and at most {most:g}')
        return float(value)

    def seconds(self, name: str) -> float:
        """The fact called `name`, a time no letter is longer than."""
        return self.number(name, most=LONGEST_S)

    def frame(self, name: str) -> float:
        """The fact called `name`, an output frame not after the end of the groove."""
        return self.number(name, most=self.start_frame + self.frames_per_motion * (self.motions + self.motion_rate_hz))

    def text(self, name: str) -> str:
        """The fact called `name`, a text."""
        value = self.facts.get(name)
        if not isinstance(value, str):
            raise self.wrong(f'its facts have no {name}')
        return value

    @property
    def frames_per_sample(self) -> int:
        return FRAME_RATE_HZ // self.rate_hz

    @property
    def frames_per_motion(self) -> int:
        return FRAME_RATE_HZ // self.motion_rate_hz

    def displacement(self, start: int, count: int) -> Samples:
        """Stylus positions in um from sample `start`; fewer than `count` at the end of the groove."""
        return self._possible('displacement_um', self._reader.read('displacement_um', start, count))

    def blocks(self, size: int = BLOCK) -> Iterator[Samples]:
        """All stylus positions in order, `size` at a time."""
        for start in range(0, self.samples, size):
            yield self.displacement(start, size)

    def angle_rad(self, start: int = 0, count: int | None = None) -> Float:
        """Cumulative angle of the platter at the motion rate; whole without arguments."""
        return self._motion('angle_rad', start, count)

    def radius_mm(self, start: int = 0, count: int | None = None) -> Float:
        """Radius of the carriage at the motion rate; whole without arguments."""
        return self._motion('radius_mm', start, count)

    def depth_um(self, start: int = 0, count: int | None = None) -> Samples:
        """Depth of the groove at the motion rate; whole without arguments."""
        return self._motion('depth_um', start, count)

    def _motion(self, name: str, start: int, count: int | None) -> NDArray[Any]:
        return self._possible(name, self._reader.read(name, start, self.motions if count is None else count))

    def _possible(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        """The values, if they are all of this world; not a number is not."""
        if len(values) and not -IMPOSSIBLE[name] < values.min() <= values.max() < IMPOSSIBLE[name]:
            raise self.wrong(f'{name} holds a value that cannot be')
        return values

    def close(self) -> None:
        self._reader.close()
