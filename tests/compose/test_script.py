"""Scripts of a visit: read with line numbers, played turn by turn, and failing where the booth is elsewhere."""

from pathlib import Path

import pytest

from appliance.compose.script import Player, parse
from appliance.errors import CutFaultError, OptionError
from appliance.workflow.values import Kind, State


class Hands:
    """Writes down what was touched."""

    def __init__(self):
        self.did = []
        self.made, self.labelled = False, False

    def set(self, name, on):
        self.did.append((name, on))

    def speak(self, file):
        self.did.append(('speak', file))

    def fault(self, name, on):
        self.did.append((name, on))

    def tell(self, event):
        self.did.append(event.kind)

    def save_screen(self, file):
        self.did.append(file)

    def results(self, folder):
        return self.made

    def ready(self):
        return self.labelled


def player(text, hands, said=None):
    return Player(parse(text, 'visit.txt'), hands, (said if said is not None else []).append, Path('sample.flac'))


def test_a_press_goes_down_stays_and_comes_up_before_the_next_step():
    hands = Hands()
    play = player('press record\npress record', hands)
    seen = []
    for turn in range(80):
        play.turn(turn * 0.01, State.ATTRACT)
        seen.append(len(hands.did))
    assert hands.did == [('record', True), ('record', False)] * 2
    assert play.over
    assert seen.index(2) >= 15  # 0.15 s down
    assert seen.index(3) - seen.index(2) >= 14  # and as long up


def test_what_a_visitor_and_a_host_can_do_reaches_the_hands():
    hands, said = Hands(), []
    play = player(
        '# a comment\n\nlay blank\nclose lid\npress stop\nspeak sample\nspeak a b.wav\nsilence\nfault full disk\n'
        'mend microphone\nhost close\nscreen x.png\nsay hello there\nexpect attract', hands, said)  # fmt: skip
    play.turn(0.0, State.ATTRACT)
    assert play.over
    assert said == ['hello there']
    assert hands.did == [
        ('blank', True), ('lid_closed', True), ('stop_pressed', True), ('speak', Path('sample.flac')),
        ('speak', Path('a b.wav')), ('speak', None), ('full disk', True), ('microphone', False), Kind.CLOSE,
        Path('x.png'),
    ]  # fmt: skip


def test_waiting_ends_with_the_state_or_fails_after_its_time():
    hands = Hands()
    play = player('wait load disc 5\nlay blank', hands)
    play.turn(0.0, State.LISTEN)
    play.turn(4.9, State.LISTEN)
    assert hands.did == []
    with pytest.raises(CutFaultError, match=r"line 1.*after 5 s the booth is in 'listen', not 'load disc'"):
        play.turn(5.1, State.LISTEN)
    play.turn(5.2, State.LOAD_DISC)
    assert hands.did == [('blank', True)]


def test_the_button_is_pressed_once_the_lcd_says_what_it_does():
    hands = Hands()
    play = player('wait ready 5\npress record', hands)
    play.turn(0.0, State.LOAD_DISC)
    assert hands.did == []
    hands.labelled = True
    play.turn(4.0, State.LOAD_DISC)
    assert hands.did == [('record', True)]
    never = player('wait ready 5', Hands())
    never.turn(0.0, State.ATTRACT)
    with pytest.raises(CutFaultError, match=r"after 5 s the booth is in 'attract', not 'ready'"):
        never.turn(5.1, State.ATTRACT)


def test_a_pause_and_results_are_waited_for():
    hands = Hands()
    play = player('pause 2\nresults out', hands)
    play.turn(0.0, State.THANKS)
    play.turn(1.9, State.THANKS)
    play.turn(2.1, State.THANKS)
    assert not play.over
    hands.made = True
    play.turn(3.0, State.THANKS)
    assert play.over


def test_an_expectation_that_does_not_hold_names_its_line():
    with pytest.raises(CutFaultError, match=r"line 3.*'attract', not 'cutting'"):
        player('say a\nsay b\nexpect cutting', Hands()).turn(0.0, State.ATTRACT)


@pytest.mark.parametrize(
    ('line', 'said'),
    [
        ('press recrod', r"visit\.txt:2: 'recrod'.*did you mean 'record'"),
        ('wait cuting', r"did you mean 'cutting'"),
        ('fault fire', r'one of microphone'),
        ('pause soon', r"'soon' is no time"),
        ('pause -1', r'no time in seconds'),
        ('dance', r"'dance' is no step of a script"),
        ('speak', r"'speak' is no step"),
        ('host shout', r"'shout' is not known"),
    ],
)
def test_what_is_no_step_is_refused_with_file_and_line(line, said):
    with pytest.raises(OptionError, match=said):
        parse(f'lay blank\n{line}', 'visit.txt')
