"""`audioletter shell`: the host's commands, to a booth that runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.shell.words import checked, leading, split

if TYPE_CHECKING:
    from appliance.shell.errand import Ending
    from appliance.shell.link import Link

DESCRIPTION = """Talk to the booth that runs on this computer, as its host. Without words it is a shell with completion
and history; with words, one command; in a pipe, one command a line."""
EXAMPLES = """examples:
  audioletter shell                                   a prompt; help lists what there is
  audioletter shell status --json                     one command, for a program
  audioletter shell letters list
  audioletter shell < evening.txt                     a command a line, until one fails
  audioletter shell --keep-going --yes < evening.txt  all of them, each question answered with yes
  ssh booth status                                    the same from elsewhere (README, "The host's shell")

Options for this command stand before the words, and --json and --yes may stand behind them too.

exit codes: 0 done; 2 the words are wrong; 3 no booth runs, or it refuses; 4 a fault; 130 Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'words', nargs=argparse.REMAINDER, metavar='WORDS', help='a command of the host; help lists them'
    )
    parser.add_argument('--json', action='store_true', help='for programs: a line of JSON for each thing that is said')
    parser.add_argument('--yes', action='store_true', help='answers every question with yes')
    parser.add_argument('--keep-going', action='store_true', help='of a pipe: also behind a command that has failed')
    parser.add_argument(
        '--run', metavar='DIR', dest='folder', type=Path, help='where the booth runs, in place of the usual folder'
    )
    parser.add_argument('--ssh', metavar='KEYS', type=Path, help=argparse.SUPPRESS)  # as sshd's forced command
    parser.add_argument('--setup', metavar='MARK', type=Path, help=argparse.SUPPRESS)  # is not there: begin the wizard


def run(options: argparse.Namespace) -> int:
    """Words are those of the command line; at the end of an SSH connection, those that sshd was given."""
    words = checked(list(options.words))
    if options.ssh is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us has kept it off until now
        words = split(os.environ.get('SSH_ORIGINAL_COMMAND', ''))
    found, words = leading(words)
    found |= {f'--{name}' for name in ('json', 'yes') if getattr(options, name)}
    found |= {'--keep-going'} if options.keep_going else set()
    return _Shell(options.folder, options.ssh, options.setup).run(words, found)


class _Shell:
    """`keys`: the file of SSH keys, where sshd has let somebody in."""

    def __init__(self, folder: Path | None, keys: Path | None, set_up: Path | None) -> None:
        from appliance.shell.who import account, key_name

        self._keys, self._set_up = keys, set_up
        self._who = account() if keys is None else key_name(os.environ, keys)
        self._folder = folder if folder is not None else _usual_folder()
        self._how = 'audioletter shell' if keys is None else 'ssh booth'

    def run(self, words: list[str], found: set[str]) -> int:
        if words:
            from appliance.shell.batch import Wishes, one
            from appliance.shell.way_out import WAY_OUT

            if words == WAY_OUT:
                self._leave(self._recorded)
            with self._connect() as link:
                return one(link, words, Wishes.of(found, self._how))
        if sys.stdin.isatty() and sys.stdout.isatty():
            from appliance.shell.session import Host, Session

            return Session(Host(self._who, self._folder, self._connect, self._leave, self._how, self._set_up)).run()
        from appliance.shell.batch import Wishes, pipe

        with self._connect() as link:
            return pipe(link, Wishes.of(found, self._how))

    def _connect(self) -> Link:
        from appliance.shell.link import Link
        from appliance.shell.printing import is_terminal, width_now

        return Link(self._folder, self._who, width_now(), is_terminal(1))

    def _leave(self, record: Callable[[list[str]], Ending]) -> None:
        """To a system shell; returns only where there is no need to."""
        from appliance.config.load import load_config, usual_folders
        from appliance.errors import OptionError
        from appliance.shell.way_out import leave

        if self._keys is None:
            raise OptionError('you have come from one', where='system shell', remedy='exit leads back')
        roots, *_ = usual_folders()  # the others are the account's own: whoever writes there could name a key
        leave(self._who, load_config(system=roots)[0].shell.system_shell, record, os.environ)

    def _recorded(self, words: list[str]) -> Ending:
        from appliance.shell.errand import Errands
        from appliance.shell.printing import Text

        with self._connect() as link:
            return Errands(link, lambda line: None).run(words, Text())


def _usual_folder() -> Path:
    """Where a booth of this account runs, by the settings."""
    from appliance.config import load_config
    from appliance.config.places import folders

    return folders(load_config()[0], os.environ, os.geteuid()).run
