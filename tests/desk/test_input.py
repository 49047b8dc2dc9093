"""What a client sends after a command: all of it or nothing."""

import pytest

from tests.desk.desk_rig import DeskRig


@pytest.mark.parametrize('go', [lambda client: client.say(id=1, cancel=True), lambda client: client.close()])
def test_half_a_file_is_none(tmp_path, go):
    with DeskRig(tmp_path) as rig:
        client = rig.client()
        client.say(id=1, do=['read'])
        assert client.hear() == {'id': 1, 'want': 'input'}
        client.say(id=1, input='YWJj', more=True)
        go(client)
    assert rig.desk.ended.empty(), 'the command went on with what was there'
