"""The C models of the virtual lathe as Python holds them: settings with the tables they point to, and a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.native import check, ffi, lib
from appliance.virtual.executed import Executed

Levels = NDArray[np.uint8]  # of all GPIO at the start of frame 0
MOTION_FRAMES = int(lib.MOTION_FRAMES)


@dataclass(frozen=True, slots=True)
class Settings:
    """A C struct and the arrays it points to, which must live as long as it does."""

    struct: Any
    tables: tuple[Any, ...] = ()


def table(values: NDArray[np.float64]) -> Any:
    """A pointer to `values` that keeps them alive."""
    return ffi.from_buffer('double[]', np.ascontiguousarray(values, dtype=np.float64))


class Edges:
    """The edges of one block as `struct edge_list`."""

    def __init__(self, block: Executed) -> None:
        self._arrays = (
            ffi.from_buffer('int64_t[]', np.ascontiguousarray(block.edge_frame, dtype=np.int64)),
            ffi.from_buffer('uint8_t[]', np.ascontiguousarray(block.edge_gpio, dtype=np.uint8)),
            ffi.from_buffer('uint8_t[]', np.ascontiguousarray(block.edge_level, dtype=np.uint8)),
        )
        self.struct = ffi.new('struct edge_list *', (*self._arrays, len(block.edge_frame)))


class Motion:
    """A model with one value every MOTION_FRAMES frames: platter, carriage or lift."""

    def __init__(self, settings: Settings, levels: Levels, state: Any, begin: Callable[..., Any]) -> None:
        self._settings = settings
        self.state = state
        check(begin(state, settings.struct, ffi.from_buffer('uint8_t[]', levels)))

    def run(self, block: Executed, edges: Edges, step: Callable[..., Any], dtype: type) -> NDArray[Any]:
        """Values at every multiple of MOTION_FRAMES in the block."""
        out: NDArray[Any] = np.empty(len(block.pwm) // MOTION_FRAMES + 1, dtype)
        into = ffi.from_buffer('float[]' if out.itemsize == 4 else 'double[]', out)
        count = ffi.new('size_t *')
        check(step(self.state, self._settings.struct, block.end_frame, edges.struct, into, len(out), count))
        return out[: count[0]]
