"""What all tests share: a skip can be made a failure, so that CI proves that everything ran."""

import shutil

import pytest

from appliance.machine import load_disc, load_machine

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
         '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']  # fmt: skip


def pytest_addoption(parser):
    parser.addoption('--no-skips', action='store_true', help='a skipped test is a failure')
    parser.addoption('--lots', type=int, default=0, help='other lots than usual, where a test draws any')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and item.config.getoption('--no-skips') and not hasattr(report, 'wasxfail'):
        report.outcome = 'failed'
        report.longrepr = f'skipped, which --no-skips forbids: {report.longrepr}'
    return report


@pytest.fixture(scope='session')
def lot(request):
    """How many a test draws: `lot(few, all)`; all of them with --all, where time does not matter."""
    return lambda few, many: many if request.config.getoption('--no-skips') else few


@pytest.fixture(scope='session')
def machine():
    return load_machine('virtual')


@pytest.fixture(scope='session')
def disc():
    return load_disc('xray-25')


@pytest.fixture(scope='session')
def browser():
    """Debian's Chromium: one for all tests, since a process can drive but one."""
    playwright = pytest.importorskip('playwright.sync_api')
    if CHROMIUM is None:
        pytest.skip('Chromium is not installed; on Debian: apt install chromium')
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
