"""The booth as a whole, at the host's desk."""

from tests.maintenance.rig import CommandRig


def test_status_says_whether_somebody_is_served(tmp_path):
    with CommandRig(tmp_path) as rig:
        (facts,) = rig.run('status')
        assert (facts.facts['state'], facts.facts['visitor']) == ('attract', False)
        rig.to_recording()
        (facts,) = rig.run('status --json')
        assert (facts.facts['state'], facts.facts['visitor']) == ('recording', True)
