"""The one way from the host's shell to a system shell: for keys that stand in `[shell] system_shell` of the settings.

Those settings are files that only root writes; no command of the shell changes them. Whoever goes this way, or tries
to, is in the system's log; where a booth runs, in its ledger too. It is open when no booth runs, since that may be why.
"""

from __future__ import annotations

import os
import pwd
import syslog
from collections.abc import Callable, Mapping
from typing import NoReturn

from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.shell.errand import Ending
from appliance.shell.layout import harmless

FORWARDED = ('LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'SSH_TTY', 'SSH_CONNECTION')
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
KEY = 'shell.system_shell'
WAY_OUT = ['system', 'shell']


def leave(
    who: str, allowed: tuple[str, ...], record: Callable[[list[str]], Ending], environ: Mapping[str, str]
) -> NoReturn:
    """Become the account's own shell; MachineRefusesError for whoever is not named, or when the booth refuses.
    `record`: a command for the booth, whose ledger has it then."""
    if who not in allowed:
        _note(f'no system shell for the key {who!r}')
        _recorded(record, [*WAY_OUT, '--refused'])
        remedy = f'name the key in {KEY} in a file of /etc/audioletter, as root'
        raise MachineRefusesError(f'no system shell for {harmless(who)}', where=KEY, remedy=remedy)
    ending = _recorded(record, WAY_OUT)
    if ending.code:
        raise MachineRefusesError(ending.what or 'the booth refuses', where=ending.where, remedy=ending.remedy)
    _note(f'system shell for the key {who!r}')
    account = pwd.getpwuid(os.geteuid())
    shell = account.pw_shell or '/bin/sh'
    kept = {name: environ[name] for name in FORWARDED if name in environ}
    own = {'HOME': account.pw_dir, 'USER': account.pw_name, 'LOGNAME': account.pw_name, 'SHELL': shell, 'PATH': PATH}
    try:
        os.chdir(account.pw_dir)
        os.execve(shell, [f'-{os.path.basename(shell)}'], kept | own)
    except OSError as error:
        raise MachineRefusesError(f'it cannot be started ({error.strerror})', where=shell) from error


def _recorded(record: Callable[[list[str]], Ending], words: list[str]) -> Ending:
    try:
        return record(words)
    except AudioLetterError:  # no booth, or one that is lost: all the more reason to let them in
        return Ending(0)


def _note(text: str) -> None:
    syslog.openlog('audioletter', syslog.LOG_PID, syslog.LOG_AUTH)
    syslog.syslog(syslog.LOG_NOTICE, text)
