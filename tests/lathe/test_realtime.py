"""Priority and locked memory for the feeder: an account without rights gets neither, and hears of both."""

import subprocess
import sys
from pathlib import Path

ASKED = """
import os, resource
from appliance.native import ffi, lib
for limit in (resource.RLIMIT_MEMLOCK, resource.RLIMIT_RTPRIO):
    resource.setrlimit(limit, (0, 0))
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
refused = lib.engine_go_realtime()
print('' if refused == ffi.NULL else ffi.string(refused).decode())
"""


def test_with_no_rights_at_all_both_are_named():
    """Who is given the one right after the first message should not have to read another for the second."""
    words = [sys.executable, '-c', ASKED]
    told = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True).stdout
    assert 'memory cannot be locked (CAP_IPC_LOCK)' in told
    assert 'no real-time priority (CAP_SYS_NICE)' in told
