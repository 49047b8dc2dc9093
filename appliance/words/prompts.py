"""What the booth says aloud, and its tones: the texts, and where the sound files are.

A host's own recording replaces a shipped one of the same name: FOLDER/LANGUAGE/NAME.wav (or .flac, .ogg), tones in
FOLDER/tones. The shipped files are made by `tools/make_prompts` from the texts below and their translations.
"""

from __future__ import annotations

from pathlib import Path

from appliance.workflow.values import State

# Japanese is not among them: espeak-ng reads most kanji as "Chinese letter". A host may record it; the screen has it.
LANGUAGES = ('en', 'ru', 'de', 'fr', 'es')
SHIPPED = Path(__file__).with_name('spoken')
SUFFIXES = ('.wav', '.flac', '.ogg')

# Each says what the three controls do now, so that a visit can be made without looking.
SPOKEN: dict[State, str] = {
    State.LANGUAGE: 'For English, press the big button. For another language, touch the left or the right pad.',
    State.LEVEL_CHECK: 'Please say your name. Then press the big button and speak after the tone. '
    'Press it again when you have finished. Left pad: back.',
    State.NOT_HEARD: 'We heard nothing. Big button: try again. Left pad: leave.',
    State.LISTEN: 'This is your letter. Big button: keep it. Right pad: hear it. Left pad: do not keep it.',
    State.DISCARD: 'Throw your letter away? Left pad: say it again. Big button: leave. Right pad: go back.',
    State.LOAD_DISC: 'Lay a blank disc on the platter and close the lid. Big button: cut the disc. Left pad: not now.',
    State.DOES_NOT_FIT: 'Your letter is too long for this disc. Big button: say it again, shorter. Left pad: leave.',
    State.CUTTING: 'Your letter is being cut. Please keep the lid closed. Right pad: stop.',
    State.CANCEL: 'Really stop? The disc will be lost, your letter will not. Big button: stop. Either pad: go on.',
    State.TAKE_DISC: 'Your disc is ready. Open the lid and take it. Left pad: erase our copy of your letter.',
    State.FORGET: 'Erase our copy? The disc is yours. Big button: erase. Either pad: go back.',
    State.THANKS: 'Thank you. Have a good journey.',
    State.STILL_THERE: 'Are you still there? Press any button to go on.',
    State.NO_SPACE: 'We cannot go on just now. Please call the host. Big button: try again. Left pad: leave.',
    State.NO_MICROPHONE: 'The microphone is missing. Please call the host.',
    State.FAULT: 'Something is not right. Please call the host.',
    State.STOPPED: 'The machine has stopped. Close the lid and pull out the stop button.',
}

# Where something that is offered above cannot be done any more (no retake, no replay left), or where another reason is
# why a letter cannot be cut; the workflow asks for these by name.
OTHERWISE: dict[str, str] = {
    'not heard last': 'We heard nothing. Please call the host. Left pad: leave.',
    'listen last': 'This is your letter. Big button: keep it. Left pad: do not keep it.',
    'discard last': 'Throw your letter away? Big button: leave. Right pad: go back.',
    'does not fit last': 'Your letter is too long for this disc. Please call the host. Left pad: leave.',
    'no plan': 'Your letter cannot be cut as it is. Big button: say it again. Left pad: leave.',
    'no plan last': 'Your letter cannot be cut as it is. Please call the host. Left pad: leave.',
}
PROMPTS: dict[str, str] = {state.value: text for state, text in SPOKEN.items()} | OTHERWISE

# Said in the words of another state, where the same is to be done; a host may record a prompt of its own.
ALIKE = {State.OUT_OF_BLANKS: State.NO_SPACE, State.SWARF_FULL: State.NO_SPACE}

# What a tone means; frequencies and lengths are in `tools/make_prompts`.
TONES = {
    'record': 'speak now',
    'tick': 'one second of the countdown',
    'thirty': 'thirty seconds left',
    'ten': 'ten seconds left',
    'still': 'are you still there?',
    'chime': 'done, or ready',
    'error': 'something went wrong',
}


def file_name(name: str) -> str:
    """Without a space: 'level check' is level-check."""
    return name.replace(' ', '-')


def prompt(name: str, language: str, folder: str = '') -> Path | None:
    """The sound file of a state's prompt in `language`, the host's own first; None where it is not spoken."""
    file = _find(language, name, folder)
    alike = {state.value: other.value for state, other in ALIKE.items()}.get(name)
    return _find(language, alike, folder) if file is None and alike else file


def tone(name: str, folder: str = '') -> Path | None:
    """The sound file of a tone, the host's own first; None for a tone that is not known."""
    return _find('tones', name, folder)


def _find(room: str, name: str, folder: str) -> Path | None:
    places = ([Path(folder).expanduser()] if folder else []) + [SHIPPED]
    files = (place / room / (file_name(name) + suffix) for place in places for suffix in SUFFIXES)
    return next((file for file in files if file.is_file()), None)
