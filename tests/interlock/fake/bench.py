"""The bench under the firmware: one line of the test before each turn of its loop, such as `lid=0 beats=3 ms=2`; the
answer is what the outputs are after that turn. `lid` and its like stay, pulses and milliseconds are used up.
"""

import os
import sys

import wiring

state = {'stop_closed': 1, 'stop_open': 0, 'lid': 1, 'relay_contact': 0, 'home': 0, 'head_adc': 32767,
         'driver_adc': 32767, 'supply_adc': 43330, 'shunt': 1000, 'bus': 1, 'beats': 0, 'steps': 0, 'turns': 0,
         'watchdog': 0, 'fed': 0, 'said': 0}  # fmt: skip
names = {
    getattr(wiring, name.upper()): name
    for name in ('stop_closed', 'stop_open', 'lid', 'relay_contact', 'home', 'head_adc', 'driver_adc', 'supply_adc')
}
outputs = {}
_orders = open(os.getenv('BENCH_IN'))
_answers = open(os.getenv('BENCH_OUT'), 'w')
_ticks = [int(os.getenv('BENCH_TICKS') or 0)]
PERIOD, HALF = 1 << 30, 1 << 29  # of MicroPython's own on 32 bits


def ticks_ms():
    return _ticks[0] % PERIOD


def ticks_diff(a, b):
    return (a - b + HALF) % PERIOD - HALF


def sleep_ms(ms):
    """Between two turns: what was made of the last one is told, and the next is asked for."""
    told = [f'{name}={outputs.get(getattr(wiring, name.upper()), 0)}' for name in ('relay', 'lift', 'lamp')]
    _answers.write(' '.join(told) + f' fed={state["fed"]} said={state["said"]}\n')
    order = _orders.readline()
    if not order:
        raise SystemExit
    for word in order.split():
        name, number = word.split('=')
        if name == 'ms':
            _ticks[0] += int(number)
        elif name in ('beats', 'steps', 'turns'):
            state[name] += int(number)
        else:
            state[name] = int(number)
    if state.get('stopped_by_hand'):
        raise KeyboardInterrupt


class Time:
    ticks_ms, ticks_diff, sleep_ms = ticks_ms, ticks_diff, sleep_ms


def start():
    """As the microcontroller does: boot.py, then main.py."""
    sys.modules['time'] = Time
    import board
    import main

    import boot

    assert boot
    board.urandom = lambda count: bytes(count - 1) + b'M'  # session 77, so that every run is the same
    try:
        main.run(board.Board())
    except (SystemExit, KeyboardInterrupt):
        _answers.write(f'relay={outputs[wiring.RELAY]} watchdog_cleared={state.get("register_4005b000", 0)}\n')
