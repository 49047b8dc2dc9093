"""The disc as it would look (`disc.png`): a sheet on a light table, and light on every turn of its groove.

The track is splatted, block by block, into two planes (how much of each pixel is groove, how much light its walls send
back); then the picture is composed from them in bands of rows, each written before the next. Nothing here is as long
as the message.

    scene   where disc and table lie, in pixels and mm       sheet   one table of materials
    track   groove file -> the two planes, in stretches       grain, ghost   what is in a sheet before it is cut
    light   what a groove's walls send to the eye             ink     the stamp around the hole
    compose, png   bands of rows, and the file they go to
"""

from __future__ import annotations

from pathlib import Path

from appliance.files import whole_file
from appliance.picture.compose import Composer
from appliance.picture.png import write_png
from appliance.picture.scene import Scene
from appliance.picture.sheet import sheet_of
from appliance.picture.track import splat
from appliance.playback.groovefile import Groove

__all__ = ['draw']


def draw(groove: Groove, path: Path) -> None:
    """Draw `groove` as a PNG of 2000 x 2000 pixels; equal grooves give equal bytes.

    A head that never touched gives the bare sheet. GrooveFileError when the facts do not say how large the disc is or
    how fast it turned; StorageError if the disk is full.
    """
    scene = Scene.of(groove)
    with whole_file(path) as part:
        bands = Composer(scene, sheet_of(scene.material)).bands(splat(groove, scene))
        write_png(part, (scene.pixels, scene.pixels), bands)
