"""The folder a cut leaves its results in: everything or nothing.

Results are made in a hidden folder inside it and moved out when all are whole. `report.json` is there only after
success, `fault.json` only after a failure.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from appliance.errors import AudioLetterError, OptionError, StorageError

REPORT, FAULT = 'report.json', 'fault.json'


class OutputFolder:
    """`--out DIR`: made if it is not there; raises OptionError if it cannot be, StorageError if the disk is full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            for stale in (REPORT, FAULT):
                (path / stale).unlink(missing_ok=True)
            self.staging = Path(tempfile.mkdtemp(prefix='.audioletter-', dir=path))
        except OSError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> AudioLetterError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageError('the disk is full', where=str(self.path), remedy='free some space and cut again')
        reason = error.strerror or 'not possible'
        return OptionError(
            f'cannot write there ({reason})', where=f'--out {self.path}', remedy='name a folder you may write to'
        )

    def publish(self, report: dict[str, Any]) -> None:
        """Move every result out of the hidden folder, the report last."""
        try:
            for made in sorted(self.staging.iterdir()):
                os.replace(made, self.path / made.name)
            self._write(REPORT, report)
        except OSError as error:
            raise StorageError(
                f'cannot write the results ({error.strerror})',
                where=str(self.path),
                remedy='free some space and cut again',
            ) from error
        finally:
            self.discard()

    def fail(self, fault: dict[str, Any]) -> None:
        """Leave nothing but `fault.json`; not even that if the disk has no room for it."""
        self.discard()
        try:
            self._write(FAULT, fault)
        except OSError:
            (self.path / FAULT).unlink(missing_ok=True)

    def discard(self) -> None:
        """Take the hidden folder away."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        part = self.path / f'.{name}.part'
        try:
            with part.open('w', encoding='utf-8') as file:
                file.write(json.dumps(content, indent=2) + '\n')
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.path / name)
        finally:
            part.unlink(missing_ok=True)
