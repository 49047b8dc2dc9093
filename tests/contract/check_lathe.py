"""What every lathe promises, real or virtual: run each of CHECKS on a bench that `make` puts up.

A bench has `lathe`, `score` (a short one), `other(**changes)` (the score with fields replaced), `lasting()` (a score
that cannot be over before `go()` is called), `open_lid()`, `wait()` (until the run is over) and `close()`.
"""

import dataclasses

import numpy as np
import pytest

from appliance.errors import MachineRefusesError, StorageError
from appliance.lathe.api import State

MANY = 20_000
OVER = (State.DONE, State.STOPPED, State.FAULT)


def check_ready_before_the_start(bench):
    assert bench.lathe.ready().ready
    assert bench.lathe.ready().reason == ''
    assert bench.lathe.progress().state is State.READY


def check_a_cut_runs_to_its_end(bench):
    bench.lathe.start(bench.score)
    bench.wait()
    progress = bench.lathe.progress()
    assert progress.state is State.DONE
    assert progress.frame == progress.frames == bench.score.frames
    assert (progress.underruns, progress.cause) == (0, '')


def check_progress_only_grows(bench):
    bench.lathe.start(bench.score)
    seen = [bench.lathe.progress()]
    while seen[-1].state not in OVER and len(seen) < MANY:
        seen.append(bench.lathe.progress())
    bench.wait()
    seen.append(bench.lathe.progress())
    frames = [progress.frame for progress in seen]
    assert frames == sorted(frames)
    order = [State.CUTTING, State.STOPPING, State.DONE]
    assert [order.index(progress.state) for progress in seen] == sorted(order.index(p.state) for p in seen)


def check_a_lathe_is_good_for_one_run(bench):
    bench.lathe.start(bench.lasting())
    assert not bench.lathe.ready().ready
    with pytest.raises(MachineRefusesError):
        bench.lathe.start(bench.score)
    bench.go()
    bench.wait()
    with pytest.raises(MachineRefusesError):
        bench.lathe.start(bench.score)
    assert bench.lathe.progress().state is State.DONE


def check_an_open_lid_keeps_it_from_starting(bench):
    bench.open_lid()
    readiness = bench.lathe.ready()
    assert not readiness.ready
    with pytest.raises(MachineRefusesError, match='lid'):
        bench.lathe.start(bench.score)
    assert bench.lathe.progress().state is State.READY


def check_an_open_lid_stops_the_cut(bench):
    bench.lathe.start(bench.lasting())
    bench.open_lid()
    bench.go()
    bench.wait()
    progress = bench.lathe.progress()
    assert progress.state is State.STOPPED
    assert 'lid' in progress.cause


def check_a_stop_keeps_its_first_cause(bench):
    bench.lathe.start(bench.lasting())
    bench.lathe.stop('the visitor walked off')
    bench.lathe.stop('and somebody else pressed stop')
    bench.go()
    bench.wait()
    progress = bench.lathe.progress()
    assert (progress.state, progress.cause) == (State.STOPPED, 'the visitor walked off')


def check_a_stop_without_a_run_changes_nothing(bench):
    bench.lathe.stop('nothing to stop')
    assert bench.lathe.progress().state is State.READY
    bench.lathe.start(bench.score)
    bench.wait()
    bench.lathe.stop('too late')
    assert (bench.lathe.progress().state, bench.lathe.progress().cause) == (State.DONE, '')


def check_a_drive_that_fails_is_a_fault(bench):
    def drive():
        yield np.zeros(12_000, np.float32)
        raise StorageError('the scratch file is gone', where='scratch')

    bench.lathe.start(bench.other(drive=drive))
    bench.wait()
    progress = bench.lathe.progress()
    assert (progress.state, progress.cause) == (State.FAULT, 'scratch: the scratch file is gone')


def check_a_drive_that_is_too_short_is_a_fault(bench):
    bench.lathe.start(bench.other(drive=lambda: iter([np.zeros(12_000, np.float32)])))
    bench.wait()
    assert bench.lathe.progress().state is State.FAULT
    assert '12000 samples' in bench.lathe.progress().cause


def check_a_score_past_a_limit_is_refused(bench):
    fast = bench.score.platter.copy()
    fast['velocity'] *= 3
    with pytest.raises(MachineRefusesError, match='platter'):
        bench.lathe.start(bench.other(platter=fast))
    assert bench.lathe.progress().state is State.READY


def check_close_is_safe_in_every_state_and_twice(bench):
    bench.lathe.close()
    bench.lathe.close()


def check_close_ends_a_run(bench):
    bench.lathe.start(bench.lasting())
    bench.go()
    bench.lathe.close()
    bench.lathe.close()
    assert bench.lathe.progress().state in OVER


def check_close_keeps_the_end(bench):
    bench.lathe.start(bench.score)
    bench.wait()
    bench.lathe.close()
    assert bench.lathe.progress().state is State.DONE


CHECKS = [value for name, value in sorted(globals().items()) if name.startswith('check_')]


def with_changes(score, **changes):
    return dataclasses.replace(score, **changes)
