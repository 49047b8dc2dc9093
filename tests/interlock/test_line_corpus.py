"""What fuzzing of the interlock's line has found worth keeping goes through again, at both ends, in both languages."""

import subprocess
from pathlib import Path

from line_fuzzed import TARGETS, framed, heard, one
from pico_rig import micropython

from appliance.interlock.firmware import files, lay_out
from appliance.interlock.wire import crc16
from appliance.machine import load_machine

CORPUS = sorted((Path(__file__).parent / 'corpus').iterdir())
READ = """
import sys
from appliance.interlock.wire import parse
for row in sys.stdin:
    print(repr(parse(bytes.fromhex(row.strip()))))
"""


def test_there_is_a_corpus_for_each_way_in():
    assert {path.read_bytes()[:1] for path in CORPUS} >= set(TARGETS)


def test_each_input_is_taken_or_refused_at_its_end():
    for path in CORPUS:
        try:
            one(path.read_bytes())
        except AssertionError as error:
            raise AssertionError(f'{path.name}: {error}') from error


def test_the_other_hand_knows_the_published_check():
    """CRC-16/CCITT-FALSE of nine digits is 0x29B1, in Python's library and here."""
    assert framed(b'123456789').endswith(b'*29B1\n')
    assert crc16(b'123456789') == 0x29B1


def test_micropython_reads_every_line_of_the_corpus_as_python_does(tmp_path):
    """Each as it is, and in a right frame; both as an outside library's check has it."""
    inputs = [path.read_bytes()[1:] for path in CORPUS]
    lines = sorted({raw for data in inputs for raw in [*data.split(b'\n'), *framed(data).split(b'\n')]})
    flash = tmp_path / 'flash'
    lay_out(files(load_machine(), 'virtual'), flash)
    code = f'import sys; sys.path[:] = [{str(flash)!r}, ".frozen"]\n{READ}'
    said = subprocess.run(
        [micropython(), '-c', code], input='\n'.join(raw.hex() for raw in lines) + '\n',
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == [repr(heard(raw)) for raw in lines]
    assert sum(row != 'None' for row in said.stdout.splitlines()) > 40
