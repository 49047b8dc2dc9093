"""What a terminal is told for its prompt, without having asked."""

import pytest

from appliance.workflow.values import State
from tests.desk.desk_rig import DeskRig


@pytest.fixture
def rig(tmp_path):
    with DeskRig(tmp_path) as rig:
        yield rig


def test_a_terminal_is_told_how_the_booth_is_and_who_has_its_command(rig):
    anna, bob = rig.client('anna', greet=False), rig.client('bob', greet=False)
    for client, who in ((anna, 'anna'), (bob, 'bob')):
        client.hear()
        client.say(protocol=1, who=who, width=40, terminal=True)
        assert client.hear() == {'state': 'attract', 'command': '', 'yours': False}
    anna.say(id=1, do=['change', '5'])
    assert [line for line in anna.until_end() if 'state' in line] == [
        {'state': 'attract', 'command': 'anna', 'yours': True}]  # fmt: skip
    assert bob.hear() == {'state': 'attract', 'command': 'anna', 'yours': False}
    rig.desk.state = State.MAINTENANCE
    assert bob.hear() == {'state': 'maintenance', 'command': 'anna', 'yours': False}
    anna.close()
    assert bob.hear() == {'state': 'maintenance', 'command': '', 'yours': False}
