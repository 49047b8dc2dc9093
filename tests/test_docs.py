"""The README's journey of a message is kept true: every file and function it names exists; and so is what is packed."""

import ast
import importlib
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from appliance.commands import COMMANDS, Parser
from appliance.desk.catalogue import Catalogue
from appliance.maintenance import commands

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
PLACES = sorted(set(re.findall(r'`((?:appliance|native|tools|tests|boot)/[\w./-]+?)(?::(\w+))?`', README)))
TYPED = sorted({' '.join(said.split('#')[0].split('<')[0].split()) for said in re.findall(
    r'(?:^\./tools/|`(?:\./tools/)?)audioletter ([^`\n]+)', README, re.M)})  # fmt: skip
SHELL = sorted(set(re.findall(r'`([a-z][a-z ]*)`', README.partition('| commands | what')[2].partition('\n\n')[0])))
HANDBOOK = sorted(set(re.findall(r'`([a-z][a-z -]+)`', README.partition('written by tools/make_handbook')[2])))
LINKS = sorted(set(re.findall(r'\]\((?!https?:)([^)#]+)\)', README)))


def defined(path):
    """Names that a Python or C file defines."""
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.py':
        return {node.name for node in ast.walk(ast.parse(text)) if hasattr(node, 'name')}
    return set(re.findall(r'^[\w *]*?\b(\w+)\([^;]*?\)\s*\n?\{', text, re.M))


def test_the_readme_names_places_at_all():
    assert len(PLACES) > 20


@pytest.mark.parametrize(('file', 'name'), PLACES, ids=[':'.join(filter(None, place)) for place in PLACES])
def test_each_place_the_readme_names_exists(file, name):
    assert (ROOT / file).exists()
    if name:
        assert name in defined(ROOT / file)


def test_the_readme_tells_of_commands_at_all():
    assert (len(TYPED) > 15, len(SHELL) > 20, len(HANDBOOK) > 15) == (True, True, True)


@pytest.mark.parametrize('typed', TYPED)
def test_each_command_of_the_readme_is_one(typed):
    words = [word for word in shlex.split(typed) if word != '--help']
    assert words[0] in COMMANDS
    parser = Parser(prog=words[0])
    importlib.import_module(f'appliance.commands.{words[0]}').add_arguments(parser)
    if len(words) > 1:
        parser.parse_args(words[1:])


def test_each_word_in_the_table_of_the_shell_begins_a_command():
    assert set(SHELL) <= {command.name.split()[0] for command in commands()}


@pytest.mark.parametrize('typed', HANDBOOK)
def test_each_command_of_the_handbook_is_one(typed):
    Catalogue(commands()).find(shlex.split(typed))


@pytest.mark.parametrize('link', LINKS)
def test_each_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()


def test_whatever_the_appliance_reads_of_its_own_is_in_its_wheel():
    """All but the pictures of the README."""
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))
    packed = project['tool']['setuptools']['package-data']['appliance']
    tracked = subprocess.run(['git', 'ls-files', 'appliance'], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [Path(line).relative_to('appliance') for line in tracked.stdout.splitlines() if not line.endswith('.py')]
    assert len(files) > 100
    assert [str(f) for f in files if not any(f.match(p) for p in packed) and f.parts[0] != 'samples'] == []
    assert all(f.suffix == '.png' for f in files if f.parts[0] == 'samples' and not any(f.match(p) for p in packed))


def test_a_laptop_gets_what_the_first_step_of_the_guide_needs_there():
    """BUILDING.md, "Nothing but a laptop": each wire of the LCD has its line, the power-up its ten steps."""
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text(encoding='utf-8'))
    assert [line for line in project['project']['dependencies'] if line.startswith('luma.lcd') and ';' not in line]
