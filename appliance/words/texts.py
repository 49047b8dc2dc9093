"""What each screen says, in English (the key of every catalogue): a title, one line, and what the three controls do.

Placeholders: {seconds} {minutes} {cm} {number} {copy} {copies}, filled by `appliance.screens`. An empty label means
that the control does nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.workflow.values import State


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one screen."""

    title: str
    line: str = ''
    left: str = ''
    go: str = ''
    right: str = ''


SCREENS: dict[State, Texts] = {
    State.RECOVERING: Texts('One moment', 'The booth is waking up'),
    State.ATTRACT: Texts('Audio letters', 'Speak a letter and take it home on a disc', go='Begin'),
    State.LANGUAGE: Texts('Language', '', '▲', 'Choose', '▼'),
    State.LEVEL_CHECK: Texts('Say your name', 'Speak as you would to a friend', 'Back', 'Ready'),
    State.COUNTDOWN: Texts('Get ready', 'Speak after the tone', 'Back'),
    State.RECORDING: Texts('Speak now', 'Press when you have finished', go='Finish'),
    State.NOT_HEARD: Texts('We heard nothing', 'Come closer and try again', 'Leave', 'Try again'),
    State.LISTEN: Texts('Your letter', 'Do you want to keep it?', 'No', 'Keep', 'Hear'),
    State.DISCARD: Texts('Throw it away?', 'What you said will be forgotten', 'Say again', 'Leave', 'Go back'),
    State.SAVING: Texts('One moment', 'Your letter is being kept'),
    State.LOAD_DISC: Texts('Ready to cut', 'It takes {minutes} min on a {cm} cm disc', 'Not now', 'Cut'),
    State.DOES_NOT_FIT: Texts('Too long', 'It does not fit on the disc; say it shorter', 'Leave', 'Say again'),
    State.CUTTING: Texts('Cutting', '{minutes} min left; please keep the lid closed', right='Stop'),
    State.CANCEL: Texts('Really stop?', 'The disc will be lost; your letter will not', 'Go on', 'Stop', 'Go on'),
    State.TAKE_DISC: Texts('Take your disc', 'Letter no. {number}', 'Forget me'),
    State.FORGET: Texts('Forget it?', 'The disc is yours; our copy will be erased', 'Go back', 'Erase', 'Go back'),
    State.THANKS: Texts('Thank you', 'Have a good journey', go='Done'),
    State.STILL_THERE: Texts('Still there?', 'Press to go on: {seconds} s', 'Yes', 'Yes', 'Yes'),
    State.CLOSED: Texts('Closed', 'Please come back later'),
    State.OUT_OF_BLANKS: Texts('Out of discs', 'Please call the host'),
    State.SWARF_FULL: Texts('A short break', 'The machine must be cleaned; please call the host'),
    State.NO_MICROPHONE: Texts('No microphone', 'Please call the host'),
    State.NO_SPACE: Texts('No room left', 'Please call the host; what you said is safe for now', 'Leave', 'Try again'),
    State.FAULT: Texts('Out of order', 'Please call the host'),
    State.STOPPED: Texts('Stopped', 'Close the lid and pull out the stop button'),
    State.MAINTENANCE: Texts('Maintenance', 'The host is at work here'),
    State.CODE: Texts('Attendant', 'Enter the sequence'),
    State.ATTENDANT: Texts('Attendant', '', '▲', 'Choose', '▼'),
}

# One line in place of the screen's own, where the facts ask for another. Keys are used by `appliance.screens` alone.
LINES: dict[str, str] = {
    'disc waiting': 'A finished disc is still in the machine',
    'closer': 'Come closer',
    'too loud': 'A little softer',
    'good': 'That is good',
    'open lid': 'Open the lid and lay a {cm} cm blank',
    'used disc': 'Take out this disc first; your letter is safe',
    'close lid': 'Close the lid',
    'planning': 'The machine is still thinking',
    'seconds left': '{seconds} s left',
    'as spoken': 'As you said it',
    'as disc': 'As the disc will sound',
    'opens': 'Open again: {day}, {time}',
    'which': 'Disc {copy} of {copies}',
    'no more today': 'All discs of today have been cut; please come back tomorrow',
}

# Rows of the attendant's menu. A key is an item's value, or what it is called in the other case.
MENU: dict[str, str] = {
    'cut again': 'Cut no. {number} again',
    'no letter': 'No letter to cut again',
    'next blank': 'A new blank is in place',
    'close': 'Close the booth',
    'open': 'Open the booth',
    'quieter': 'Quieter',
    'louder': 'Louder',
    'call': 'Call the host',
    'called': 'The host is called',
    'leave': 'Leave this menu',
}

# When a closed booth opens: {day} of LINES['opens'].
DAYS = ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')
TODAY, TOMORROW = 'today', 'tomorrow'
