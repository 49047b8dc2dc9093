"""What all tests share: a skip can be made a failure, so that CI proves that everything ran."""

import pytest

from appliance.machine import load_disc, load_machine


def pytest_addoption(parser):
    parser.addoption('--no-skips', action='store_true', help='a skipped test is a failure')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and item.config.getoption('--no-skips') and not hasattr(report, 'wasxfail'):
        report.outcome = 'failed'
        report.longrepr = f'skipped, which --no-skips forbids: {report.longrepr}'
    return report


@pytest.fixture(scope='session')
def machine():
    return load_machine('virtual')


@pytest.fixture(scope='session')
def disc():
    return load_disc('xray-25')
