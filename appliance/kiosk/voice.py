"""What the speaker plays: prompts, tones, the take and the disc, one after the other, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.booth.doors import Speaker
from appliance.config.model import Voice as Settings
from appliance.words.prompts import prompt, tone

TAKE, DISC = 'take', 'disc'
QUIETEST_DB = -60.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One sound file. `name`: TAKE or DISC where the visitor's own voice is heard."""

    file: Path
    seconds: float
    name: str = ''


def length_s(file: Path) -> float:
    """Of a sound file; one that cannot be read has none and is not played."""
    import soundfile

    try:
        return float(soundfile.info(str(file)).duration)
    except (OSError, RuntimeError):
        return 0.0


class Voice:
    """Gathers what the effects of one event want to be heard, and plays it together: what comes later in a visit
    takes the place of what is still playing."""

    def __init__(self, speaker: Speaker, settings: Settings) -> None:
        self._speaker = speaker
        self._settings = settings
        self.volume_db = settings.volume_db
        self._wanted: list[Piece] = []
        self._quiet = False
        self._playing: tuple[Piece, ...] = ()

    def say(self, name: str, language: str) -> None:
        if self._settings.prompts:
            self._add(prompt(name, language, self._settings.prompts_folder))

    def tone(self, name: str) -> None:
        self._add(tone(name, self._settings.prompts_folder))

    def play(self, file: Path, name: str) -> None:
        self._add(file, name)

    def adopt(self, settings: Settings) -> None:
        """From now on."""
        self._settings, self.volume_db = settings, settings.volume_db

    def change_volume(self, by_db: float) -> None:
        """For what is played from now on."""
        self.volume_db = min(max(self.volume_db + by_db, QUIETEST_DB), 0.0)

    def quiet(self) -> None:
        """What has been playing stops; what this event still asks for is heard."""
        self._quiet = True

    def go(self) -> float:
        """All that was asked for has been gathered; returns how long it will last."""
        wanted, quiet = tuple(self._wanted), self._quiet
        self._wanted, self._quiet = [], False
        if wanted:
            self._speaker.play(tuple(piece.file for piece in wanted), self.volume_db)
            self._playing = wanted
        elif quiet:
            self._speaker.stop()
            self._playing = ()
        return sum(piece.seconds for piece in wanted)

    @property
    def speaking(self) -> bool:
        """A prompt, a tone or a voice is in the room: the microphone hears it too."""
        return self._speaker.playing

    def place(self) -> tuple[str, float]:
        """Whose voice is heard now (TAKE, DISC or ''), and since when, in seconds."""
        if not self._speaker.playing:
            return '', 0.0
        at_s = self._speaker.played_s
        for piece in self._playing:
            if at_s < piece.seconds:
                return piece.name, at_s if piece.name else 0.0
            at_s -= piece.seconds
        return '', 0.0

    def ended(self) -> bool:
        """Whether the visitor's voice has just been heard to its end; says so once."""
        if self._speaker.playing or not self._playing:
            return False
        heard = any(piece.name for piece in self._playing)
        self._playing = ()
        return heard

    def _add(self, file: Path | None, name: str = '') -> None:
        if file is not None and (seconds := length_s(file)) > 0:
            self._wanted.append(Piece(file, seconds, name))
