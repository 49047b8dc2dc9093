"""Fuzzes with coverage guidance, by atheris; `tools/fuzz` runs it. The first word is the module whose `one` takes each
input; words of libFuzzer go to it as they are.
"""

import importlib
import logging
import shlex
import sys

import atheris


def main():
    name = sys.argv[1]
    with atheris.instrument_imports(include=['appliance', 'tests', 'json']):
        fuzzed = importlib.import_module(name)
    itself = f'{shlex.quote(sys.executable)} -m tests.fuzz_main {name}'  # merging, it begins itself anew by this
    logging.disable()
    atheris.Setup([itself, *sys.argv[2:]], fuzzed.one)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
