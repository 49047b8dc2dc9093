"""Who has the command of the booth: somebody who is there."""

import pytest

from appliance.desk.office import Office, Place
from appliance.errors import MachineRefusesError


@pytest.mark.parametrize('take', [Office.claim, Office.take_over])
def test_whoever_has_left_takes_no_command_along(take):
    office, gone, here = Office(), Place('anna', 0.0, print), Place('max', 0.0, print)
    office.sit(gone)
    office.sit(here)
    office.leave(gone)
    with pytest.raises(MachineRefusesError, match=r'anna .* has gone'):
        take(office, gone)
    office.claim(here)
    assert office.command_for(here) == ('max', True)
