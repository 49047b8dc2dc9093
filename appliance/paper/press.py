"""Begins the child that prints. It takes a second or two of a small computer, gives way to the booth, and what its
libraries need of memory goes with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading

from appliance.errors import MachineRefusesError, OptionError
from appliance.paper.orders import DaySheet, Order, packed
from appliance.urgency import give_way

CHILD = ('-m', 'appliance.paper')
LISTEN_S = 0.1  # between two looks whether it is still wanted
LONGEST_S = 120.0
LAST_DAY_S = 253_402_300_799  # 9999-12-31: no PDF has a later date


def press(order: Order, cancelled: threading.Event) -> bytes:
    """The PDF; OptionError for what cannot be printed so."""
    with subprocess.Popen(
        (sys.executable, *CHILD),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {'SOURCE_DATE_EPOCH': str(_date_s(order))},
    ) as child:
        give_way(child.pid)
        try:
            pdf, said = _result(child, packed(order), cancelled)
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
    if child.returncode:
        raise _error(said)
    return pdf


def _date_s(order: Order) -> int:
    """Of the letter, not of today: the same order is the same file."""
    at_s = 0.0 if isinstance(order, DaySheet) else order.subject.at_s
    return int(min(max(at_s, 0.0), LAST_DAY_S))


def _result(child: subprocess.Popen[bytes], order: bytes, cancelled: threading.Event) -> tuple[bytes, bytes]:
    given: bytes | None = order
    waited_s = 0.0
    while waited_s < LONGEST_S and not cancelled.is_set():
        try:
            return child.communicate(given, timeout=LISTEN_S)
        except subprocess.TimeoutExpired:
            given, waited_s = None, waited_s + LISTEN_S
    raise MachineRefusesError('printing was given up', remedy='ask again')


def _error(said: bytes) -> Exception:
    """The child's own, or what Python said of a mistake."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        told = json.loads(said)
        return OptionError(str(told['what']), where=str(told['where']), remedy=str(told['remedy']))
    last = said.decode('utf-8', 'replace').strip().splitlines()[-1:] or ['it said nothing']
    return MachineRefusesError(f'the child that prints has failed: {last[0][:300]}', remedy='look into the log')
