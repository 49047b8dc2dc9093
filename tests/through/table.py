"""Every failure at every moment, and what was measured: `./tools/try_failures [FAILURE...]`."""

import sys
import tempfile
from pathlib import Path

from tests.through.failures import FAILURES, MOMENTS, Seen, at, befallen, keep_a_letter
from tests.through.virtual import DEEDS, VIRTUAL_MOMENTS, off_after, virtual_booth
from tests.through.world import OFF_MS

ALL = [*FAILURES, *DEEDS]
WIDE = max(map(len, ALL))


def measured(kept, moment, failure):
    if failure in DEEDS:
        if moment not in VIRTUAL_MOMENTS:
            return Seen(0.0, 0.0, None, 0)
        with virtual_booth(kept / 'letter.wav', moment, DEEDS[failure]) as booth:
            return Seen(*off_after(booth), None, 0)
    with at(kept, moment) as world:
        return befallen(world, failure)


def row(kept, failure):
    """A line of the table, shown cell by cell; the longest time in it."""
    print(f'{failure:{WIDE}}', end='', flush=True)
    longest = 0.0
    for moment in MOMENTS:
        seen = measured(kept, moment, failure)
        longest = max(longest, seen.power_ms, seen.head_ms)
        print(f'{seen.power_ms:6.0f} {seen.head_ms:4.0f}{" " * (len(moment) - 10)} ', end=' ', flush=True)
    print(f'| {longest:.0f}', flush=True)
    return longest


def main(names):
    unknown = set(names) - set(ALL)
    if unknown:
        print(f'there is no failure {min(unknown)!r}; known are {", ".join(ALL)}', file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix='audioletter-') as folder:
        keep_a_letter(Path(folder))
        print('ms of model time until power off and head up, at these moments of a cut; last the longest')
        print(' ' * WIDE + ''.join(f'{moment:>11}  ' for moment in MOMENTS))
        longest = max(row(Path(folder), failure) for failure in names or ALL)
    print(f'longest {longest:.0f} ms, {OFF_MS} ms are allowed')
    return int(longest > OFF_MS)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
