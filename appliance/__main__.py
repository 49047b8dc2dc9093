"""`python -m appliance` and `audioletter`: hands the words of the command line to `appliance.commands`."""

import signal
import sys


def program() -> int:
    """The whole program, streams made sure of; returns its exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # and not off, as behind nohup
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C while it is still being read ends it without a word
    from appliance.commands import main
    from appliance.commands.process import open_streams

    open_streams()
    return main()


if __name__ == '__main__':
    sys.exit(program())
