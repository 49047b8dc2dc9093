"""What is to be seen in a sheet before it is cut, as a small plane of density: 0 clear .. 1 dense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from appliance.picture.ghost import radiograph
from appliance.picture.scene import Scene
from appliance.picture.sheet import Grain

Plane = NDArray[np.float32]


def texture(grain: Grain, scene: Scene, random: np.random.Generator) -> Plane:
    """Density over the whole picture, to be enlarged to it; any shape of at least 2 x 2."""
    return MAKERS[grain](scene, random)


def _plain(_scene: Scene, _random: np.random.Generator) -> Plane:
    return np.full((2, 2), 0.5, np.float32)


def _clouds(_scene: Scene, random: np.random.Generator) -> Plane:
    return random.uniform(0.0, 1.0, (14, 14)).astype(np.float32)


def _brushed(scene: Scene, random: np.random.Generator) -> Plane:
    strokes = random.normal(0.5, 0.20, (scene.pixels, 18)) + random.normal(0.0, 0.12, (scene.pixels, 1))
    return np.clip(strokes, 0.0, 1.0).astype(np.float32)


MAKERS: Mapping[Grain, Callable[[Scene, np.random.Generator], Plane]] = MappingProxyType(
    {Grain.PLAIN: _plain, Grain.CLOUDS: _clouds, Grain.BRUSHED: _brushed, Grain.RADIOGRAPH: radiograph}
)
