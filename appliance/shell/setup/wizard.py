"""The first evening with a booth: languages, machine file, wiring and sound, each with a check that can be seen.

It asks the booth for nothing that its other commands do not do, and says which ones they are. Languages answered with
Enter stay as they are; Ctrl-D or Ctrl-C leaves, and the next time it begins again. When all has been seen, a mark says
so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import StorageError
from appliance.shell.errand import Ending

WORD = 'setup'
YES, NO = ('y', 'yes'), ('n', 'no')
SHUTS = 'maintain'  # the booth is its visitors' again when the wizard ends
BEGINS = (
    'This booth has not been set up yet. Six steps, each with something to see; Ctrl-D leaves, and "setup" begins it '
    'again.'
)


@dataclass(frozen=True, slots=True)
class Step:
    """`runs`: commands before the question. `sets`: the key that an answer is for; without one it is a yes or a no, and
    `otherwise` says what to do after a no."""

    title: str
    runs: tuple[str, ...]
    asks: str
    sets: str = ''
    otherwise: str = ''


STEPS = (
    Step(
        '1. Languages',
        ('config get voice.languages',),
        'Languages in the order of the menu (de en fr), or Enter to keep them: ',
        sets='voice.languages',
    ),
    Step(
        '2. This computer and its machine file',
        ('doctor',),
        'Is it well, and is it the machine that stands here? [y/n] ',
        otherwise='Do what the remedies say. Another machine file: lay it on the boot partition as machine.toml.',
    ),
    Step(
        '3. Buttons and pads: press each one three times, open and close the lid, push the stop and pull it out',
        (SHUTS, 'calibrate touch'),
        'Was each of them seen? [y/n] ',
        otherwise='A wire is missing or in the wrong place: "wire" asks for one at a time, and names what moved.',
    ),
    Step(
        '4. Every pin, as it is now',
        ('pins',),
        'Does each say what is so? [y/n] ',
        otherwise='Compare the wire with the pin that the machine file names, as boot/BUILDING.md shows.',
    ),
    Step(
        '5. The microphone: be silent, then speak',
        ('calibrate microphone',),
        'Was your voice heard? [y/n] ',
        otherwise='"doctor" names the sound card that the machine file asks for.',
    ),
    Step(
        '6. The speaker: a tone',
        ('calibrate speaker',),
        'Was it heard, as loud as a voice should be? [y/n] ',
        otherwise='"config set voice.volume_db" sets how loud; "doctor" names the sound card.',
    ),
)


@dataclass(frozen=True, slots=True)
class Wizard:
    """`ask` gives a line that was typed (EOFError at Ctrl-D), `run` runs a command of the booth, `say` prints."""

    ask: Callable[[str], str]
    run: Callable[[list[str]], Ending]
    say: Callable[[str], None]
    mark: Path | None = None

    @property
    def wanted(self) -> bool:
        """Whether it begins by itself: there is a mark to be made, and it is not there."""
        return self.mark is not None and not self.mark.exists()

    def whole(self) -> bool:
        """All steps, in their order; True when each has been seen. The booth is given back to its visitors."""
        self.say(BEGINS)
        done = shut = False
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            for step in STEPS:
                shut = shut or SHUTS in step.runs
                if not self._step(step):
                    break
            else:
                done = True
        if shut:
            self.run(['resume'])
        if done:
            self._done()
        self.say('It is set up.' if done else 'It is not set up yet; "setup" begins again.')
        return done

    def _step(self, step: Step) -> bool:
        self.say('')
        self.say(step.title)
        for words in step.runs:
            ending = self.run(words.split())
            if ending.code and not step.otherwise:
                return False
        while True:
            answer = self.ask(step.asks).strip()
            if not step.sets:
                if answer.lower() in YES:
                    return True
                if answer.lower() in NO:
                    self.say(step.otherwise)
                    return False
                self.say('y or n; Ctrl-D leaves')
                continue
            if not answer:
                return True
            if self.run(['config', 'set', step.sets, *answer.replace(',', ' ').split()]).code == 0:
                return True

    def _done(self) -> None:
        if self.mark is None:
            return
        try:
            self.mark.touch(mode=0o600)
        except OSError as error:
            raise StorageError(f'cannot be written ({error.strerror})', where=str(self.mark)) from error
