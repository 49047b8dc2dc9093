"""A whole virtual booth whose supervisor is frozen, killed or only stopped for a while, in the middle of a cut.

All moments, and the times measured: ./tools/try_failures 'virtual booth, supervisor frozen'
"""

import os
import signal

import pytest

from tests.through.failures import letter
from tests.through.virtual import DEEDS, VIRTUAL_MOMENTS, off_after, virtual_booth
from tests.through.world import OFF_MS

pytestmark = pytest.mark.timeout(900)  # 20 s each on two cores, more beside others
USUAL = [('virtual booth, supervisor frozen', 'programme')]


@pytest.mark.parametrize('moment', VIRTUAL_MOMENTS)
@pytest.mark.parametrize('failure', DEEDS)
def test_power_is_off_and_the_head_up_in_time(tmp_path, failure, moment, request):
    if (failure, moment) not in USUAL and not request.config.getoption('--no-skips'):
        pytest.skip('with --no-skips, or ./tools/try_failures')
    with virtual_booth(letter(tmp_path), moment, DEEDS[failure]) as booth:
        power_ms, head_ms = off_after(booth)
        assert 0 <= power_ms <= OFF_MS
        assert 0 <= head_ms <= OFF_MS
        if DEEDS[failure] != 'SIGSTOP':
            return
        lets = len(booth.lets)
        while booth.until('said ').split()[1] not in ('Fault', 'Refused'):  # it is not waited for any more
            pass
        os.kill(booth.process.pid, signal.SIGCONT)
        booth.until('-> fault')
        told = 'gives no sign of life' if moment == 'homing' else 'was silent for too long'
        assert any(line.startswith('interlock: ') and f'the supervisor {told}' in line for line in booth.log)
        assert not any(power or head for _, power, head in booth.lets[lets:]), 'nothing is on again'
        assert len(list((booth.folder / 'data/letters').iterdir())) == 1, 'and the letter is kept'


def test_a_booth_that_is_stopped_as_a_whole_goes_on_where_it_was(tmp_path, request):
    """As by Ctrl-Z in its terminal, and fg."""
    if not request.config.getoption('--no-skips'):
        pytest.skip('with --no-skips')
    with virtual_booth(letter(tmp_path), 'programme', 'SIGWINCH') as booth:  # which does nothing
        booth.until('done ')
        os.killpg(booth.process.pid, signal.SIGSTOP)
        os.killpg(booth.process.pid, signal.SIGCONT)
        booth.until('cut done: cutting -> take disc')
