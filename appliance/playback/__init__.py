"""The player: a perfect turntable with a spherical stylus, the groove it is given and the film it lies on.

`listen` turns a groove file into what one hears; `play.py` is the chain of stages, `pickup.py` where the stylus is,
`films.py` what the surface adds and what playing does to it. The inner loops are C (playback.h, filter.h).
"""

from appliance.playback.films import film_names
from appliance.playback.play import Heard, Listening, listen

__all__ = ['Heard', 'Listening', 'film_names', 'listen']
