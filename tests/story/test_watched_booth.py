"""Several hosts at one booth: who looks on sees it live, one has its command, and maintenance ends by itself."""

import io
import itertools
import json
import tarfile

import pytest

from tests.story.hosted import Hosted, needs_memory

pytestmark = [needs_memory, pytest.mark.timeout(900)]
STREET, OURS = 'Lindenstraße 5', 'Maria Schmidt'


@pytest.fixture
def booth(browser, tmp_path):
    with Hosted(tmp_path, browser, '[timeouts]\nmaintenance_s = 30.0\n') as booth:
        yield booth


def test_a_visit_is_watched_live_and_what_helps_from_afar_holds_nothing_of_it(booth):
    first, second = booth.begin('watch', '--every', '0.2', '--json'), booth.begin('watch', '--every', '1')
    booth.press()
    booth.shows('language')
    booth.begin_take()
    seen, levels = [], []
    while len(levels) < 20 or len(set(levels)) < 6:  # four seconds, or as many more as the meter takes to move
        seen.append(first.stdout.readline().rstrip())
        row = json.loads(seen[-1])
        levels += [row['level, dB']] if row['state'] == 'recording' else []
    booth.end_take()
    booth.cut()
    assert [row['doing'] for row in booth.rows('who')].count('watch') == 2
    said = []
    for watch in (first, second):
        watch.terminate()
        said.append(watch.stdout.read().splitlines()[:-1])
        watch.wait(timeout=60)
        watch.stdout.close()
        watch.stderr.close()
    seen += itertools.takewhile(lambda line: line != '{', said[0])  # then how it ended
    rows = [json.loads(line) for line in seen]
    assert all(row['level, dB'] is None for row in rows if row['state'] in ('attract', 'load disc', 'cutting'))
    down = [row for row in rows if row['head down']]
    assert {round(row['platter, rpm'], 1) for row in down} <= {78.2, 78.3}
    radii = [row['radius, mm'] for row in down]
    assert radii[0] - radii[-1] > 1.0
    assert radii == sorted(radii, reverse=True)
    assert min(row['buffer, ms'] for row in down) >= 20
    assert any('rpm' in line and 'buffer' in line for line in said[1])
    booth.take()
    booth.shows('attract')
    booth('address', 'set', '1', OURS, STREET, '10969 Berlin')
    with tarfile.open(fileobj=io.BytesIO(booth('support').stdout)) as bundle:
        files = [bundle.extractfile(member).read() for member in bundle if member.isfile()]
    assert len(files) > 4
    for secret in (OURS.encode(), STREET.encode(), b'Lindenstra', b'10969', b'RIFF', b'ssh-', b'PRIVATE KEY'):
        assert not [name for name in files if secret in name], secret
    voice = (booth.data / 'letters/000001/letter.wav').read_bytes()
    assert not [data for data in files if voice[4000:4032] in data]


def test_one_has_the_command_and_maintenance_ends_when_no_more_comes(booth):
    with booth.begin('watch', '--every', '0.5') as watch, booth.begin(stdin=-1) as first:
        first.stdin.write('maintain\n')
        first.stdin.flush()
        booth.shows('maintenance')
        booth.says('The host is at work here')
        told = booth('close', code=3).stderr.decode()
        assert 'has the command of the booth; take over moves it to you' in told
        assert booth.facts('status')[0]['open'] == 'yes', 'who only looks is not kept from it'
        booth('take', 'over')
        booth('jog', 'carriage', '1')
        booth.shows('attract')  # thirty seconds later, and nobody has said resume
        assert booth.rows('logs', '--since', '1m')[-1]['text'] == 'time up: maintenance -> attract'
        watch.terminate()
        watch.communicate(timeout=60)
        first.communicate('', timeout=60)
