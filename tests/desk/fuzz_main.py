"""Fuzzes with coverage guidance, by atheris; `tools/fuzz` runs it. Words of libFuzzer go to it as they are."""

import shlex
import sys

import atheris

with atheris.instrument_imports(include=['appliance', 'tests', 'json']):
    from tests.desk import fuzzed


def main():
    itself = f'{shlex.quote(sys.executable)} -m tests.desk.fuzz_main'  # merging, it begins itself anew by this
    atheris.Setup([itself, *sys.argv[1:]], fuzzed.one)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
