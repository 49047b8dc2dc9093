"""Fuzzes with coverage guidance, by atheris; `tools/fuzz` runs it. Words of libFuzzer go to it as they are."""

import sys

import atheris

with atheris.instrument_imports(include=['appliance', 'tests', 'json']):
    from tests.desk import fuzzed


def main():
    atheris.Setup(sys.argv, fuzzed.one)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
