"""The interlock's causes in words: a sentence for the host, and the entry of `appliance.words.reasons`."""

from __future__ import annotations

from appliance.interlock import guard

CAUSES: dict[int, tuple[str, str]] = {
    guard.WELL: ('the interlock refuses and gives no cause; are both of one version?', 'interlock'),
    guard.STOP: ('the stop button is pressed; pull it out', 'stop'),
    guard.LID: ('the lid is open; close it', 'lid'),
    guard.HEAD_HOT: ('the head is too hot; let it cool', 'hot'),
    guard.HEAD_SENSOR: ("the head's thermistor says nothing sensible; check interlock.head_adc", 'interlock'),
    guard.DRIVER_HOT: ('the motor drivers are too hot; let them cool', 'hot'),
    guard.DRIVER_SENSOR: ("the drivers' thermistor says nothing sensible; check interlock.driver_adc", 'interlock'),
    guard.SUPPLY_LOW: ('the supply of the motors is too low; check it, and interlock.supply_adc', 'supply'),
    guard.SUPPLY_HIGH: ('the supply of the motors is too high; check it', 'supply'),
    guard.SUPPLY_SENSOR: (
        'the supply of the motors cannot be measured; check its divider, and interlock.supply_adc',
        'interlock',
    ),
    guard.CURRENT_HIGH: ('motors and head take more current than they may; look for a short', 'current'),
    guard.CURRENT_SENSOR: ('the current sensor does not answer; check interlock.sda and interlock.scl', 'interlock'),
    guard.RELAY: (
        'the power relay does not follow: it is welded, or interlock.relay or interlock.relay_contact is broken',
        'interlock',
    ),
    guard.PERMIT_LATE: ('the supervisor was silent for too long; look into the log', 'interlock'),
    guard.NO_BEAT: ('power was asked for and nothing began to move; look into the log', 'interlock'),
    guard.BEAT_LOST: ('the heartbeat of the chain stopped in the middle of a cut', 'underrun'),
    guard.BEAT_WILD: ('the heartbeat of the chain has the wrong rate; check its wire', 'interlock'),
    guard.STALL: ('the platter stands still while its motor is stepped; see that nothing holds it', 'stall'),
    guard.NO_STEP: (
        'the platter was to turn and the interlock counts no steps; check pins.platter_step and interlock.step',
        'interlock',
    ),
    guard.STRAY_STEP: ('the platter is stepped though it was to stand; check interlock.step', 'interlock'),
    guard.INDEX: ('the index sensor pulses too often; check its wire and its gap', 'interlock'),
    guard.SEQUENCE_BROKEN: ('lines of the supervisor came out of order', 'interlock'),
    guard.SESSION: ('the interlock has started anew; its supply may be loose', 'interlock'),
    guard.GARBLED: ('the line to the interlock is garbled; check its wires', 'interlock'),
    guard.LOOP_LATE: ('the interlock itself was late; start it anew', 'interlock'),
    guard.BAD_ORDER: ('the supervisor said what makes no sense; are both of one version?', 'interlock'),
}


# What the two contacts of a stop that disagree say of their wires, by what each reads.
OPEN = 'both are open: with the button out, interlock.stop_closed is broken, with it pressed, interlock.stop_open'
CLOSED = 'both are closed: with the button out, interlock.stop_open is shorted, with it pressed, interlock.stop_closed'


def in_words(cause: int, inputs: int = 0) -> tuple[str, str]:
    """Sentence and key; a number of a newer interlock is told as it is. `inputs`: of the same status line."""
    if cause == guard.STOP_WIRES:
        told = CLOSED if inputs & guard.BREAK_CLOSED and inputs & guard.MAKE_CLOSED else OPEN
        return f'the two contacts of the stop button disagree: {told}', 'interlock'
    return CAUSES.get(cause, (f'the interlock gives a cause that this program does not know ({cause})', 'interlock'))
