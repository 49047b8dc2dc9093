"""Who comes first: what the computer allows is used, and no child inherits it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.urgency import cores_of, keep_to_isolated

ROOT = Path(__file__).parents[1]
OURS = os.getpriority(os.PRIO_PROCESS, 0)  # whoever begins the tests may give way already
LOOK = 'import os, json\ndef look(pid=0): return [os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid)]\n'


def run(program, *before):
    words = [*before, sys.executable, '-c', f'{LOOK}from appliance.urgency import come_first, give_way\n{program}']
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_what_is_said_is_what_the_kernel_has():
    said, (policy, nice) = run('said = come_first()\nprint(json.dumps([said, look()]))')
    if said == 'real time':
        assert policy == os.SCHED_RR
    else:
        assert policy == os.SCHED_OTHER
        assert nice == (-10 if said == 'nice -10' else OURS)


def test_threads_that_are_begun_later_come_first_too():
    program = (
        'import threading\ncome_first()\nseen = [look()]\n'
        'thread = threading.Thread(target=lambda: seen.append(look()))\nthread.start()\nthread.join()\n'
        'print(json.dumps(seen))'
    )
    mine, its = run(program)
    assert mine == its


def test_who_gives_way_is_of_usual_kind_and_nice_whatever_was_inherited():
    assert run('come_first()\ngive_way(0)\nprint(json.dumps(look()))') == [os.SCHED_OTHER, 10]


def test_the_cutter_s_child_gives_way_and_its_parent_does_not():
    program = (
        'from appliance.kiosk.cutter import Cutter\nsaid = come_first()\n'
        "cutter = Cutter(('-c', 'import os, sys; os.read(int(sys.argv[1]), 1)'))\n"  # until its pipe is closed
        'cutter._warm()\nseen = [said, look(), look(cutter.pid)]\ncutter.close()\n'
        'print(json.dumps(seen))'
    )
    said, (policy, nice), child = run(program)
    assert child == [os.SCHED_OTHER, 10]
    assert said == 'usual' or (policy, nice) != (os.SCHED_OTHER, 10)


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can drop what would be allowed')
def test_without_permission_nothing_is_claimed():
    try:
        said, (policy, nice) = run(
            'said = come_first()\nprint(json.dumps([said, look()]))',
            'setpriv',
            '--inh-caps=-all',
            '--bounding-set=-all',
        )
    except FileNotFoundError:
        pytest.skip('setpriv is not here')
    assert (said, policy, nice) == ('usual', os.SCHED_OTHER, OURS)


@pytest.mark.parametrize(
    ('text', 'cores'), [('', ()), ('\n', ()), ('3\n', (3,)), ('1,3-5\n', (1, 3, 4, 5)), ('0-1', (0, 1))]
)
def test_the_kernels_list_of_cores_is_read(text, cores):
    assert cores_of(text) == cores


def test_a_thread_keeps_to_the_isolated_cores_where_there_are_any(tmp_path):
    before = os.sched_getaffinity(0)
    core = min(before)
    told = tmp_path / 'isolated'
    try:
        assert keep_to_isolated(told) == ()
        told.write_text('not a list\n')
        assert keep_to_isolated(told) == ()
        assert os.sched_getaffinity(0) == before
        told.write_text(f'{core}\n')
        assert keep_to_isolated(told) == (core,)
        assert os.sched_getaffinity(0) == {core}
    finally:
        os.sched_setaffinity(0, before)
