"""The microphone is pulled out in each state of a visit: where it is needed a screen says so within two seconds, else
the visit goes on; plugged in again, all goes on without a restart."""

import pytest

from tests.story.booth import Story, plan_at

pytestmark = pytest.mark.timeout(600)  # half a minute on two cores, some minutes beside others
NEEDED = ('level check', 'countdown', 'recording')


@pytest.fixture
def story(request, tmp_path):
    with Story(plan_at(tmp_path), quick='[cutting]' not in request.node.name) as story:
        yield story


@pytest.mark.parametrize('state', ['attract', 'language', *NEEDED])
def test_where_it_is_needed_it_is_missed_within_two_seconds(story, state):
    story.to(state)
    story.booth.fault('microphone', True)
    story.came_to('no microphone', within_s=2.0)
    assert story.texts[0] == 'No microphone'
    story.pause(3)
    story.booth.fault('microphone', False)
    on = ('attract',) if state in ('attract', 'language') else ('level check', 'listen')  # what was said may be heard
    story.came_to(*on, within_s=2.0)


@pytest.mark.parametrize('state', ['listen', 'load disc', 'cutting', 'take disc'])
def test_where_it_is_not_needed_the_visit_goes_on(story, state):
    story.to(state)
    story.booth.fault('microphone', True)
    story.pause(0.5)
    assert 'no microphone' not in story.seen
    story.on_to('thanks')
    story.came_to('no microphone', within_s=30)
    story.booth.fault('microphone', False)
    story.came_to('attract', within_s=2.0)
    assert len(story.letters) == 1
