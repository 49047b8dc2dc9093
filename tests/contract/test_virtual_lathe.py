"""The virtual lathe keeps the promises of every lathe."""

import threading

import pytest

from appliance.virtual.lathe import VirtualLathe
from tests.contract.check_lathe import CHECKS, with_changes
from tests.native.engine_rig import machine, score

LONGEST_S = 30.0


class Bench:
    def __init__(self):
        self.score = score(machine())
        self.lathe = VirtualLathe(machine())
        self.going = threading.Event()

    def other(self, **changes):
        return with_changes(self.score, **changes)

    def lasting(self):
        """Time stands still on the virtual Pi while samples are missing."""
        whole = list(self.score.drive())

        def drive():
            yield whole[0][:9000]
            self.going.wait(LONGEST_S)
            yield whole[0][9000:]

        return self.other(drive=drive)

    def go(self):
        self.going.set()

    def open_lid(self):
        self.lathe.interlock.lid_closed = False

    def wait(self):
        assert self.lathe.wait(LONGEST_S)

    def close(self):
        self.lathe.close()


@pytest.mark.parametrize('check', CHECKS, ids=lambda check: check.__name__)
def test_promise(check):
    bench = Bench()
    try:
        check(bench)
    finally:
        bench.go()
        bench.close()
