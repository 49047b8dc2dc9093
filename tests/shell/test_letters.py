"""A terminal that does not know every letter."""

import json

import pytest

ASCII = {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0', 'PYTHONIOENCODING': ''}
LATIN = {'PYTHONIOENCODING': 'iso-8859-1'}


@pytest.mark.parametrize('environ', [ASCII, LATIN], ids=['ascii', 'latin'])
def test_what_it_does_not_know_is_written_as_in_a_program(booth, shell, environ):
    done = shell('letters', 'list', environ=environ)
    assert (done.returncode, done.stderr) == (0, b'')
    assert b'\\u7530\\u4e2d \\u82b1\\u5b50' in done.stdout
    done = shell('letters', 'list', '--json', environ=environ)
    assert (done.returncode, done.stderr) == (0, b'')
    assert json.loads(done.stdout)[1]['name on the label'] == '田中 花子'
