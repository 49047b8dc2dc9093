"""The README's journey of a message is kept true: every file and function it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
PLACES = sorted(set(re.findall(r'`((?:appliance|native|tools|tests|boot)/[\w./-]+?)(?::(\w+))?`', README)))
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


@pytest.mark.parametrize('link', LINKS)
def test_each_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()
