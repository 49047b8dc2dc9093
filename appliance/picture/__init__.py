"""The disc as it would look (`disc.png`): a sheet on a light table, and light on every turn of its groove.

The track is splatted, block by block, into two planes (how much of each pixel is groove, how much light its walls send
back); then the sheet is composed from them in bands of rows. Nothing is as long as the message.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.files import whole_file
from appliance.picture.compose import Composer
from appliance.picture.scene import Scene
from appliance.picture.sheet import sheet_of
from appliance.picture.track import splat
from appliance.playback.groovefile import Groove

__all__ = ['draw']

BAND_ROWS = 50
DEFLATE_LEVEL = 3  # of 9: more costs seconds and saves a few per cent


def draw(groove: Groove, path: Path) -> None:
    """Draw `groove` as a PNG of 2000 x 2000 pixels; equal grooves give equal bytes.

    A head that never touched gives the bare sheet. StorageError if the disk is full.
    """
    scene = Scene.of(groove)
    picture = _picture(groove, scene)
    with whole_file(path) as part:
        Image.fromarray(picture).save(part, format='PNG', compress_level=DEFLATE_LEVEL)


def _picture(groove: Groove, scene: Scene) -> NDArray[np.uint8]:
    planes = splat(groove, scene)
    composer = Composer(scene, sheet_of(scene.material))
    picture = np.empty((scene.pixels, scene.pixels, 3), np.uint8)
    for top in range(0, scene.pixels, BAND_ROWS):
        band = slice(top, min(top + BAND_ROWS, scene.pixels))
        picture[band] = composer.band(band, planes[band])
    return picture
