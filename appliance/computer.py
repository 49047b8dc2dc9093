"""The computer under the booth: the booth's own, or one that it is a guest on. Chosen here, and nowhere else."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable

from appliance.errors import MachineRefusesError

ANSWER_S = 30.0
SYSTEMCTL = 'systemctl'


class OwnComputer:
    """It serves nothing but the booth. systemd ends the booth by SIGTERM, which stops in good order, and goes on."""

    virtual = False

    def __init__(self, program: str = SYSTEMCTL) -> None:
        self._program = program

    def reboot(self) -> None:
        self._ask('reboot')

    def power_off(self) -> None:
        self._ask('poweroff')

    def _ask(self, what: str) -> None:
        try:
            asked = subprocess.run(
                (self._program, what), stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MachineRefusesError(f'{what} cannot be asked for ({error})', where=self._program) from error
        if asked.returncode != 0:
            told = asked.stderr.decode('utf-8', 'replace').strip().partition('\n')[0] or f'code {asked.returncode}'
            remedy = f'this account must be allowed to {what}'
            raise MachineRefusesError(f'{what} was refused ({told})', where=self._program, remedy=remedy)


class GuestComputer:
    """It serves somebody: the booth on it is ended, or begins anew, and nothing else is."""

    virtual = True

    def __init__(self, restart: Callable[[], None], end: Callable[[], None]) -> None:
        self._restart, self._end = restart, end

    def reboot(self) -> None:
        """Not in the thread that asks: its session ends with the booth."""
        threading.Thread(target=self._restart, name='restart').start()

    def power_off(self) -> None:
        self._end()


def computer_of(own: bool, restart: Callable[[], None], end: Callable[[], None]) -> OwnComputer | GuestComputer:
    """`own`: as the unit of an appliance says (`--appliance`); nobody else's computer is ever switched off."""
    return OwnComputer() if own else GuestComputer(restart, end)
