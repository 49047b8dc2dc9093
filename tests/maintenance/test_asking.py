"""What cannot be done is refused before anybody is asked whether it shall be."""

import pytest

from appliance.desk.book import Call, Command
from appliance.desk.catalogue import run, syntax
from appliance.errors import AudioLetterError, MachineRefusesError
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('letters forget 4', r'no letter no\. 4'),
        ('address clear 4', r'no\. 4 has no address'),
        ('update x', 'no updater is installed'),
        ('restore', 'no stick is plugged in'),
        ('copy 4', r'no letter no\. 4'),
        ('test tone', 'no disc lies on the platter'),
    ],
)
def test_what_is_not_there_is_told_at_once(rig, words, why):
    rig.maintain()
    with pytest.raises(AudioLetterError, match=why):
        rig.run(words, answer=False)
    assert rig.asked == []


@pytest.mark.parametrize('words', ['reboot', 'shutdown', 'update /etc/hostname'])
def test_nobody_is_asked_while_a_visitor_is_served(rig, words):
    rig.to_recording()
    with pytest.raises(MachineRefusesError, match='a visitor is being served'):
        rig.run(words, answer=False)
    assert rig.asked == []


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('test tone --seconds 500', 'a test of 500 s'),
        ('test tone --disc gold-30', 'gold-30'),
    ],
)
def test_a_test_cut_that_cannot_be_is_told_before_the_scrap_is_asked_for(rig, words, why):
    rig.set('blank', True)
    rig.maintain()
    with pytest.raises(AudioLetterError, match=why):
        rig.run(words, answer=False)
    assert rig.asked == []


def test_what_has_become_impossible_meanwhile_is_not_done():
    looked, done = [], []

    def asks(call):
        looked.append(call)
        if len(looked) > 1:
            raise MachineRefusesError('too late')
        return 'Shall it?'

    def do(call):
        """Do it."""
        done.append(call)

    command = Command('do', do, asks=asks)
    with pytest.raises(MachineRefusesError, match='too late'):
        list(run(command, Call(None, ask=lambda question: True), syntax(command).bind([])))
    assert done == []
