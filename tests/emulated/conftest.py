"""Whole computers are emulated here: minutes of processor time, and hundreds of megabytes to fetch the first time."""

import pytest


@pytest.fixture(scope='session', autouse=True)
def heavy(with_all):
    """With --all alone (`tools/emulate_pi` is that for these)."""
