"""How long an emulated computer is waited for: as long as it says something, however slow the real one is."""

import sys

import pytest

from tests.emulated.debian import EmulationError
from tests.emulated.pc import heard


def test_all_that_it_says_is_heard_until_it_ends(tmp_path):
    said = heard(
        [sys.executable, '-c', 'import sys; print("on stdout", flush=True); print("and", file=sys.stderr)'], tmp_path
    )
    assert said == 'on stdout\nand\n'


def test_one_that_says_nothing_more_is_ended(tmp_path):
    with pytest.raises(EmulationError, match='nothing for 1 s'):
        heard(['sleep', '1000'], tmp_path, quiet_s=1.0)
