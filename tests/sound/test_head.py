import dataclasses

import numpy as np
import pytest

from appliance.machine import load_machine
from appliance.sound.head import head_inverse
from tests.sound.oracle import head_system


@pytest.mark.parametrize('drag', [0.0, 0.5])
def test_it_is_the_inverse_of_the_equations(drag: float) -> None:
    machine = load_machine('virtual')
    machine = dataclasses.replace(machine, head=dataclasses.replace(machine.head, cut_ns_per_m=drag))
    system = head_system(machine)
    inverse = head_inverse(machine)
    for f_hz in np.geomspace(5, 20_000, 40):
        s = 2j * np.pi * f_hz
        states = np.linalg.solve(s * np.eye(5) - system.A, system.B)
        x, i = (system.C @ states)[:, 0]
        assert inverse.bridge_v(s) * x == pytest.approx(1, abs=1e-9)
        assert inverse.current_a(s) * x / i == pytest.approx(1, abs=1e-9)


def test_at_rest_the_spring_alone_holds_it() -> None:
    """K x = Bl i and u = R i: 10 um on 8.9e4 N/m takes 0.148 A and 0.888 V."""
    inverse = head_inverse(load_machine('virtual'))
    assert inverse.current_a(np.array(0j)) * 10e-6 == pytest.approx(0.148, abs=0.0005)
    assert inverse.bridge_v(np.array(0j)) * 10e-6 == pytest.approx(0.888, abs=0.0005)
