"""The trace (`trace.npz`): every word and edge that the virtual DMA engine executed, for outside judges.

They stream through scratch files, so memory does not grow with the cut, and equal runs give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from appliance.machine.model import FRAME_RATE_HZ
from appliance.npz import Column, Streamed, write_npz
from appliance.virtual.executed import Executed
from appliance.virtual.native_model import Levels


class TraceWriter:
    """An observer that writes what it was shown to `path` when the run is finished.

    Members: `pwm` (high time of legs A and B in clocks, a row a frame), `pwm_range` (clocks a frame), `frame_rate_hz`,
    `edge_frame`, `edge_gpio`, `edge_level` (one of each an edge, in order), `initial_levels` (of all pins before frame
    0) and `facts` (JSON text: wiring, geometry, speed, where the message lies).

    `facts` may be added to until then. StorageError if the disk is full; then, and after `close` alone, nothing of it
    is left.
    """

    def __init__(
        self, path: Path, facts: Mapping[str, Any], levels: Levels, *, pwm_range: int, folder: Path | None = None
    ) -> None:
        self.path = path
        self.facts = dict(facts)
        self._levels = np.array(levels, np.uint8)
        self._pwm_range = pwm_range
        self._pwm = Column(np.uint16, 2, folder)
        self._edge_frame = Column(np.int64, folder=folder)
        self._edge_gpio = Column(np.uint8, folder=folder)
        self._edge_level = Column(np.uint8, folder=folder)

    def take(self, block: Executed) -> None:
        self._pwm.append(block.pwm)
        self._edge_frame.append(block.edge_frame)
        self._edge_gpio.append(block.edge_gpio)
        self._edge_level.append(block.edge_level)

    def finish(self) -> Path:
        """Write the archive, whole or not at all."""
        try:
            write_npz(self.path, self._members())
        finally:
            self.close()
        return self.path

    def _members(self) -> dict[str, ArrayLike | Streamed]:
        facts = json.dumps(self.facts, ensure_ascii=False, sort_keys=True, allow_nan=False)
        return {
            'frame_rate_hz': np.int64(FRAME_RATE_HZ),
            'pwm_range': np.int64(self._pwm_range),
            'initial_levels': self._levels,
            'facts': np.array(facts),
            'edge_frame': self._edge_frame.streamed(),
            'edge_gpio': self._edge_gpio.streamed(),
            'edge_level': self._edge_level.streamed(),
            'pwm': self._pwm.streamed(),
        }

    def close(self) -> None:
        """Give the scratch space back; safe to call twice."""
        for column in (self._pwm, self._edge_frame, self._edge_gpio, self._edge_level):
            column.close()
