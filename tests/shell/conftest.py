"""What the tests of the shell share: a booth that only speaks the protocol, and the command to it."""

import pytest
from commanded import Shell
from fake_booth import FakeBooth


@pytest.fixture
def booth(tmp_path):
    with FakeBooth(tmp_path) as booth:
        yield booth


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)
