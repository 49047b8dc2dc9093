"""The feeder's cost is counted in instructions, which do not depend on how busy the machine is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import bench
from appliance.commands import main

AARCH64, ARMV6 = (next(target for target in bench.TARGETS if target.name == name) for name in ('aarch64', 'armv6'))
HERE = bench.TARGETS[0]
ROOT = Path(__file__).parents[1]


def skip_without(target):
    if missing := bench.missing_tools(target):
        pytest.skip(f'needs the packages {" ".join(missing)}')


@pytest.mark.with_all
def test_the_feeder_stays_within_its_budget_and_makes_the_same_words_on_both_processors():
    skip_without(HERE)
    skip_without(AARCH64)
    here, there = bench.count_feeder(HERE), bench.count_feeder(AARCH64)
    assert there['instructions_per_s_of_cut'] <= 30e6  # the budget: 150 a frame
    assert there['instructions_per_s_of_cut'] > 5e6  # and it did work
    assert here['hash'] == there['hash']
    assert 20_000 < there['control_blocks_per_s_of_cut'] < 80_000


@pytest.mark.with_all
@pytest.mark.parametrize('target', [AARCH64, ARMV6], ids=lambda target: target.name)
def test_every_word_edge_and_register_write_is_the_same_on_each_processor(target):
    """Of a cut whose carriage turns back, that is stopped on the way, and is found and ended by a later start."""
    skip_without(HERE)
    skip_without(target)
    here, there = bench.hash_whole(HERE), bench.hash_whole(target)
    assert here == there
    assert here['hash'] != bench.count_feeder(HERE)['hash']


def test_a_missing_tool_is_named_by_its_package():
    nowhere = bench.Target('nowhere', 'no-such-compiler', (), {'no-such-compiler': 'gcc-for-nowhere', 'sh': 'dash'})
    assert bench.missing_tools(nowhere) == ['gcc-for-nowhere']


def test_an_answer_that_needs_no_sound_and_no_picture_loads_no_library_for_them():
    code = "import sys; from appliance.commands import main; main(['discs']); print(*sys.modules)"
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {'numpy', 'scipy', 'PIL', 'soundfile', 'soxr', 'sounddevice', 'rich', 'reportlab', 'aiohttp'}


@pytest.mark.with_all
@pytest.mark.timeout(600)
def test_starting_stays_within_its_budget():
    """Generous: what goes beyond it is a library that is loaded where nobody asked for it."""
    counted = bench.count_start()
    if 'skipped' in counted:
        pytest.skip('needs the package valgrind')
    assert 10 < counted['python'] < counted['discs'] < counted['booth']
    assert counted['discs'] <= 700
    assert counted['booth'] <= 4000


@pytest.mark.with_all
@pytest.mark.timeout(900)
def test_a_booth_is_measured_in_real_time_alone_and_beside_full_load(capsys):
    assert main(['bench', '--only', 'booth', '--seconds', '5', '--json']) == 0
    told = json.loads(capsys.readouterr().out)['booth']
    for case in (told['alone'], told['full_load']):
        assert case['presses'] > 10
        assert 0 < case['press_to_screen_ms']['median'] <= case['press_to_screen_ms']['max']
        assert case['recorded_s'] > 3
        assert {'idle', 'recording', 'cutting'} <= set(case)
