"""The cutting head and its output filter, backwards: which voltage makes the stylus move as wanted.

    Lf iL' = u - vC      Cf vC' = iL - i      L i' = vC - R i - Bl v
    m v' = Bl i - (c + cut) v - K x           x' = v
    K = m (2 pi f0)^2    c = sqrt(K m) / Q

u is the voltage across the bridge, i flows in the coil, x > 0 is outward. The system has no zeros, so from x back to u
there is no pole: u = P(d/dt) x exactly, a polynomial of fifth order (groove-physics study, section 4 i).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import Machine

Complex = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class HeadInverse:
    """Voltage and current of the head for a sinusoidal displacement, per metre, at s = j 2 pi f."""

    bl_n_per_a: float
    r_ohm: float
    l_h: float
    mass_kg: float
    stiffness_n_per_m: float
    damping_ns_per_m: float
    filter_l_h: float
    filter_c_f: float

    def current_a(self, s: Complex) -> Complex:
        """Coil current per metre of displacement: the force that mass, damping and spring ask for, over Bl."""
        force_n = self.mass_kg * s**2 + self.damping_ns_per_m * s + self.stiffness_n_per_m
        return np.asarray(force_n / self.bl_n_per_a, np.complex128)

    def bridge_v(self, s: Complex) -> Complex:
        """Bridge voltage per metre of displacement: P(s)."""
        current = self.current_a(s)
        coil_v = (self.r_ohm + self.l_h * s) * current + self.bl_n_per_a * s
        return np.asarray(coil_v * (1 + self.filter_l_h * self.filter_c_f * s**2) + self.filter_l_h * s * current)


def head_inverse(machine: Machine) -> HeadInverse:
    """The inverse of this machine's head and filter."""
    head = machine.head
    stiffness = head.mass_kg * (2 * pi * head.f0_hz) ** 2
    return HeadInverse(
        bl_n_per_a=head.bl_n_per_a,
        r_ohm=head.r_ohm,
        l_h=head.l_h,
        mass_kg=head.mass_kg,
        stiffness_n_per_m=stiffness,
        damping_ns_per_m=sqrt(stiffness * head.mass_kg) / head.q + head.cut_ns_per_m,
        filter_l_h=machine.filter.l_h,
        filter_c_f=machine.filter.c_f,
    )
