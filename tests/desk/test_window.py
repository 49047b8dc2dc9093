"""A terminal whose window is drawn wider or narrower."""

from tests.desk.desk_rig import DeskRig


def test_how_wide_it_is_holds_from_the_next_command_on(tmp_path):
    with DeskRig(tmp_path) as rig:
        client = rig.client()
        assert client.do('width')[0]['say']['text'] == '80 columns'
        client.say(width=33)
        assert client.do('width')[0]['say']['text'] == '33 columns'
