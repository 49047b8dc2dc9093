"""Whole computers are emulated here: minutes of processor time, and hundreds of megabytes to fetch the first time."""

import platform

import pytest

from tests.emulated.debian import EmulationError, missing
from tests.emulated.pc import TOOLS, fetch_pc


def pytest_itemcollected(item):
    """With --all alone (`tools/emulate_pi` is that for these)."""
    item.add_marker('with_all')


@pytest.fixture(scope='session')
def pc():
    """An emulated PC with a Debian kernel, whose Python is this one."""
    if platform.machine() != 'x86_64':
        pytest.skip('the emulated PC runs this environment, which must be of x86-64')
    if packages := missing(TOOLS):
        pytest.skip(f'needs the packages {" ".join(packages)}')
    try:
        return fetch_pc()
    except EmulationError as error:
        pytest.skip(f'needs packages from Debian and PyPI: {error}')
