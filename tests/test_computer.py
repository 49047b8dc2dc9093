"""The computer under the booth: switched off only where it is the booth's own."""

import threading

import pytest

from appliance.computer import OwnComputer, computer_of
from appliance.errors import MachineRefusesError


def program(tmp_path, text):
    path = tmp_path / 'systemctl'
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)
    return str(path)


def test_a_guest_ends_or_begins_anew_and_leaves_the_computer_alone():
    begun, ended = threading.Event(), threading.Event()
    computer = computer_of(False, begun.set, ended.set)
    assert computer.virtual
    computer.reboot()
    assert begun.wait(10)
    assert not ended.is_set()
    computer.power_off()
    assert ended.is_set()


def test_its_own_computer_is_asked_of_systemd(tmp_path):
    asked = tmp_path / 'asked'
    computer = OwnComputer(program(tmp_path, f'echo "$@" >> {asked}'))
    computer.reboot()
    computer.power_off()
    assert asked.read_text() == 'reboot\npoweroff\n'
    assert isinstance(computer_of(True, asked.unlink, asked.unlink), OwnComputer)
    assert asked.exists()


@pytest.mark.parametrize(
    ('text', 'what'), [('echo denied >&2; exit 1', 'denied'), ('exit 7', 'code 7'), (None, 'cannot be asked for')]
)
def test_a_refusal_is_one_line(tmp_path, text, what):
    computer = OwnComputer(program(tmp_path, text) if text else str(tmp_path / 'none'))
    with pytest.raises(MachineRefusesError, match=what):
        computer.reboot()
