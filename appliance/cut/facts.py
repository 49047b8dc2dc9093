"""The facts that travel with a trace and a groove: whoever reads the file needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from appliance.cut.choice import Chosen
from appliance.machine import Disc, Machine, bit
from appliance.timeline.score import Score


def facts(machine: Machine, disc: Disc, chosen: Chosen, score: Score, original_s: float) -> dict[str, Any]:
    """Everything an outside player must know, in the words and units of the contract."""
    programme, plan = chosen.programme, chosen.plan
    return {
        **_wiring(machine),
        **_mechanics(machine),
        'pulse_at': 'end' if machine.pwm.pulse_at == 'end' else 'start',
        'speed_rpm': plan.speed_rpm,
        'curve': programme.curve.name,
        'curve_us': list(programme.curve.curve_us),
        'cm_s_per_unit': programme.cm_s_per_unit,
        'level_db': programme.level_db,
        'message_frame': score.marks.message_frame,
        'message_end_frame': score.marks.message_end_frame,
        'message_offset_s': programme.message_offset_s,
        'original_s': original_s,
        'letter_s': programme.letter_s,
        'head_down_frame': score.marks.head_down_frame,
        'head_up_frame': score.marks.head_up_frame,
        'groove_width_um': disc.groove.width_um,
        'land_um': disc.groove.land_um,
        'stylus_um': disc.groove.stylus_um,
        'disc': disc.name,
        'material': disc.material,
        'diameter_mm': disc.diameter_mm,
        'label_radius_mm': disc.label_radius_mm,
        'machine': asdict(machine),
    }


def _wiring(machine: Machine) -> dict[str, Any]:
    pins = machine.pins
    named = (
        'platter_step', 'platter_dir', 'carriage_step', 'carriage_dir', 'enable', 'bridge_enable', 'head_lift',
        'heartbeat',
    )  # fmt: skip
    return {
        'pins': {name: getattr(pins, name) for name in named},
        'enable_active': bit(pins.enable_active),
        'bridge_enable_active': bit(pins.bridge_enable_active),
        'lift_down': bit(pins.lift_down),
        'platter_forward_level': bit(pins.platter_forward),
        'carriage_inward_level': bit(pins.carriage_inward),
    }


def _mechanics(machine: Machine) -> dict[str, Any]:
    head = machine.head
    return {
        'platter_steps_per_turn': machine.platter.steps_per_turn,
        'platter_gear': machine.platter.gear,
        'carriage_mm_per_step': machine.carriage.mm_per_step,
        'radius_at_start_mm': machine.carriage.park_radius_mm,
        'bridge_v': machine.bridge.supply_v,
        'filter': {'l_h': machine.filter.l_h, 'c_f': machine.filter.c_f},
        'head': {
            name: getattr(head, name)
            for name in ('r_ohm', 'l_h', 'bl_n_per_a', 'mass_kg', 'f0_hz', 'q', 'cut_ns_per_m')
        },
    }
