"""A served fake booth, and a page of it."""

import numpy as np
import pytest
from fakebooth import FakeBooth, served


@pytest.fixture
def booth(tmp_path):
    sample = tmp_path / 'sample.flac'
    sample.write_bytes(b'the sample')
    return FakeBooth(sample)


@pytest.fixture
def rng():
    return np.random.default_rng(78)


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / 'run'
    folder.mkdir()
    return folder


@pytest.fixture
def url(booth, scratch, monkeypatch):
    """Who does not answer a ping is given up later than by a booth: on a busy computer, or who reads nothing."""
    monkeypatch.setattr('appliance.panel.tab.HEARTBEAT_S', 600.0)
    with served(booth, scratch) as address:
        yield address


@pytest.fixture
def wrong():
    """What a page complained of: nothing, at the end of each test."""
    return []


@pytest.fixture
def page(browser, url, wrong):
    context = browser.new_context(viewport={'width': 1280, 'height': 900}, permissions=['microphone'])
    page = context.new_page()
    page.on('pageerror', lambda error: wrong.append(str(error)))
    page.on('console', lambda line: wrong.append(line.text) if line.type == 'error' else None)
    page.goto(url)
    page.wait_for_selector('body[data-state]')
    yield page
    context.close()
    assert wrong == []
