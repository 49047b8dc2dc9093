"""`python -m appliance` and `audioletter`: hands the words of the command line to `appliance.commands`."""

import sys

from appliance.commands import main
from appliance.commands.process import open_streams


def program() -> int:
    """The whole program, streams made sure of; returns its exit code."""
    open_streams()
    return main()


if __name__ == '__main__':
    sys.exit(program())
