"""Where commands leave what they make: a folder that gets everything or nothing, or one file.

Results are made in a hidden folder inside the folder and moved out when all are whole. `report.json` is there only
after success, `fault.json` only after a failure.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from appliance.errors import AudioLetterError, OptionError, StorageError
from appliance.files import HeldFolder

REPORT, FAULT = 'report.json', 'fault.json'
# Names that promise another kind of picture or sound than is written: no program would open the file.
KINDS = {'.png', '.svg', '.jpg', '.jpeg', '.gif', '.webp', '.pdf', '.wav', '.flac', '.mp3', '.ogg'}
STAGING = '.audioletter-cut-'
FAULT_ROOM = 4096  # bytes kept for fault.json, so that it can be written on a disk that is full


class OutputFolder:
    """`--out DIR`: made if it is not there, and one cut's alone until it is left.

    Raises OptionError if it cannot be made or another cut is at work there, StorageError if the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._take()
            for stale in (REPORT, FAULT):
                (path / stale).unlink(missing_ok=True)
            self._held = HeldFolder(path, STAGING)
            self.staging = self._held.path
            (self.staging / FAULT).write_bytes(b' ' * FAULT_ROOM)
        except OSError as error:
            self.close()
            raise self._refusal(error) from error

    def _take(self) -> None:
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks: two cuts at once cannot be told apart there
            return

    def _refusal(self, error: OSError) -> AudioLetterError:
        if isinstance(error, AudioLetterError):
            return error
        if isinstance(error, BlockingIOError):
            what, remedy = 'another cut is being written there', 'wait for it or name another folder'
            return OptionError(what, where=f'--out {self.path}', remedy=remedy)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageError('the disk is full', where=str(self.path), remedy='free some space and cut again')
        reason = error.strerror or 'not possible'
        return OptionError(
            f'cannot write there ({reason})', where=f'--out {self.path}', remedy='name a folder you may write to'
        )

    def publish(self, report: dict[str, Any], optional: Iterable[str] = ()) -> None:
        """Move every result out of the hidden folder, the report last. What an earlier cut left of `optional`, and this
        one did not make, is taken away: it would seem to belong to this groove."""
        made = sorted(path for path in self.staging.iterdir() if path.name != FAULT)
        for name in (REPORT, *optional, *(path.name for path in made)):
            if (self.path / name).is_dir():
                what, remedy = 'a folder has the name of a result', 'take it away or name another folder'
                raise OptionError(what, where=str(self.path / name), remedy=remedy)
        try:
            self._write(self.staging / REPORT, report)
            for name in {*optional} - {path.name for path in made}:
                (self.path / name).unlink(missing_ok=True)
            for path in (*made, self.staging / REPORT):
                path.replace(self.path / path.name)
        except OSError as error:
            raise StorageError(
                f'cannot write the results ({error.strerror})',
                where=str(self.path),
                remedy='free some space and cut again',
            ) from error

    def fail(self, fault: dict[str, Any]) -> None:
        """Leave no report, but `fault.json`; not even that if the file system does not take it."""
        with suppress(OSError):
            (self.path / REPORT).unlink(missing_ok=True)
            self._write(self.staging / FAULT, fault)
            (self.staging / FAULT).replace(self.path / FAULT)

    @staticmethod
    def _write(path: Path, content: dict[str, Any]) -> None:
        """Into the file that may be there already: its room on the disk is kept until all is written."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), 'wb') as file:
            file.write(json.dumps(content, indent=2).encode() + b'\n')
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Take the hidden folder away and let others in."""
        if hasattr(self, '_held'):
            self._held.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> OutputFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def out_file(named: str | None, beside: Path, suffix: str) -> Path:
    """The file a command is to write: `named`, or the name of its input with another suffix; OptionError, before any
    work, for one that cannot be written or that is the input."""
    path = beside.with_suffix(suffix) if named is None and beside.name else Path(named or '')
    remedy = 'name another with --out'
    if not path.name or path.is_dir():
        raise OptionError('this is no name for a file', where=f'--out {named or path}', remedy=remedy)
    if path.exists() and (not path.is_file() or (beside.exists() and path.samefile(beside))):
        what = 'this is not a plain file' if not path.is_file() else 'this is the groove itself'
        raise OptionError(what, where=str(path), remedy=remedy)
    if path.suffix.lower() in KINDS - {suffix}:
        what = f'what is written is no {path.suffix[1:]}'
        raise OptionError(what, where=str(path), remedy=f'name it {path.with_suffix(suffix).name}')
    if not os.access(path.parent, os.W_OK | os.X_OK):
        what = 'there is no such folder, or it may not be written to'
        raise OptionError(what, where=str(path.parent), remedy=remedy)
    return path
