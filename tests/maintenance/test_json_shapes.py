"""What a program reads of a command is of one shape, whatever there is to tell; its help says which."""

import json
from dataclasses import replace

import pytest

from appliance.config.changes import FILE, HostFile
from appliance.desk import lines
from appliance.desk.book import Line
from appliance.desk.catalogue import Catalogue
from appliance.desk.writing import written
from appliance.maintenance import commands, system
from appliance.message.host import Address
from tests.maintenance.checklist_rig import kept
from tests.maintenance.stick_rig import with_a_letter

CATALOGUE = Catalogue(commands())
LOOKS = [one for one in commands() if not (one.changes or one.urgent or one.noted)]
# They play, write a file, or speak to a person who stands there.
OTHERS = {'letters play', 'letters export', 'address export', 'label', 'slip', 'daysheet', 'checklist picture',
          'backup', 'backup verify', 'copy', 'support', 'handbook'}  # fmt: skip
WORDS = {'watch': '--rows 1', 'letters show': '1', 'address show': '1', 'config get': 'voice.volume_db'}


@pytest.fixture(scope='module', params=['nothing', 'all'])
def rig(request, tmp_path_factory):
    """A booth in which as little has happened as can be, or a good deal."""
    folder = tmp_path_factory.mktemp('booth')
    system.examined, original = lambda call: [], system.examined
    with with_a_letter(folder) as rig:
        file = HostFile(folder / FILE, (folder,))
        rig.kiosk.settings = rig.kiosk._doer.settings = replace(rig.kiosk.settings, file=file)
        kept(rig, lambda stores: stores.addresses.put(1, Address(('\U00012000',))))
        if request.param == 'all':
            rig.sticks.plug()
            for words in (
                'backup',
                'blanks set 0',
                'close',
                'swarf full',
                'stylus changed --yes',
                'config set policy.retakes 3',
            ):
                rig.run(words)
        else:
            kept(rig, lambda stores: stores.ledger.run('DELETE FROM cut'))
        yield rig
    system.examined = original


def test_each_command_that_only_looks_says_what_a_program_gets():
    assert {one.name for one in LOOKS if not one.gives} == OTHERS


@pytest.mark.parametrize('command', [one for one in commands() if one.gives], ids=lambda one: one.name)
def test_its_shape_is_always_the_same(rig, command):
    said = rig.run(f'{command.name} {WORDS.get(command.name, "")} --json')
    assert tuple(map(type, said)) == command.gives
    assert all(json.loads(json.dumps(getattr(one, 'facts', getattr(one, 'rows', None)))) is not None for one in said)


def test_the_names_in_an_object_are_always_the_same(rig, request):
    objects = ('status', 'watch --rows 1', 'figures', 'bin', 'letters show 1')
    names = {words: list(rig.run(f'{words} --json')[0].facts) for words in objects}
    seen = request.config.stash.setdefault(SEEN, names)
    assert names == seen


SEEN = pytest.StashKey()


def test_help_says_so(rig):
    said = [one.text for one in rig.run('help letters show') if isinstance(one, Line)]
    assert 'With --json: an object, then a list of objects, a line each.' in said


@pytest.mark.parametrize('words', ['', 'letters', 'letters show', 'handbook', 'help'])
def test_help_has_one_shape_for_one_command_and_for_all(rig, words):
    said = rig.run(f'help {words} --json')
    assert [one.columns for one in said] == [
        ('command', 'usage', 'summary', 'asks', 'changes', 'maintenance', 'json'),
        ('command', 'text'),
        ('command', 'parameter', 'help'),
        ('command', 'example'),
    ]
    named = {row[0] for row in said[0].rows}
    assert named == {one.name for one in commands() if words in (one.name, one.name.split()[0], '')}
    assert all({row[0] for row in table.rows} <= named for table in said)
    assert {row[0] for row in said[3].rows} == named, 'each has an example'


def test_no_text_of_help_is_cut_short_on_its_way(rig):
    for table in rig.run('help --json'):
        sent = [json.loads(line)['say']['rows'] for line in written(lines.Say(1, table))]
        assert [tuple(row) for rows in sent for row in rows] == list(table.rows)
