"""Every error this appliance raises on purpose: what, where, and what to do about it.

The exit code of the command line is the class's own (README, "Exit codes"). A screen for visitors chooses its sentence
by `key`, an entry of `appliance.words.reasons`, never from the text.
"""

from __future__ import annotations

import errno


class AudioLetterError(Exception):
    """Something the user, the machine or the medium caused; `str()` is one line: where, what, what to do."""

    exit_code = 4
    usual_key = 'lathe'

    def __init__(self, what: str, *, where: str = '', remedy: str = '', key: str = '') -> None:
        self.key = key or self.usual_key
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """One line: where, what, what to do."""
        text = f'{self.where}: {self.what}' if self.where else self.what
        return f'{text}; {self.remedy}' if self.remedy else text


class RecordingError(AudioLetterError, ValueError):
    """The recording cannot be read or is not sound (exit 2)."""

    exit_code = 2
    usual_key = 'plan'


class OptionError(AudioLetterError, ValueError):
    """An option or an output folder is wrong (exit 2)."""

    exit_code = 2
    usual_key = 'plan'


class MachineFileError(AudioLetterError, ValueError):
    """A machine or disc file is wrong: file, key, value and limit are in the text (exit 2)."""

    exit_code = 2


class DoesNotFitError(AudioLetterError, ValueError):
    """The message does not fit the disc at the asked speed or level (exit 3)."""

    exit_code = 3
    usual_key = 'too long'


class MachineRefusesError(AudioLetterError, RuntimeError):
    """The machine is not ready, or would be driven past a limit (exit 3)."""

    exit_code = 3


class CutFaultError(AudioLetterError, RuntimeError):
    """A fault ended the cut: underrun, lost word, stop, interlock (exit 4)."""


class StorageError(AudioLetterError, OSError):
    """A disk is full or a file cannot be written (exit 4). `cause`: its key in words/reasons."""

    def __init__(self, what: str, *, where: str = '', remedy: str = '', cause: str = 'storage') -> None:
        self.cause = cause
        super().__init__(what, where=where, remedy=remedy)

    usual_key = 'storage'


class GrooveFileError(AudioLetterError, ValueError):
    """A groove or trace file cannot be read (exit 2)."""

    exit_code = 2
    usual_key = 'storage'


class NativeError(AudioLetterError, RuntimeError):
    """A sentence of the C core that no caller translated (exit 4)."""


FULL = (errno.ENOSPC, errno.EDQUOT)


def key_of(error: BaseException) -> str:
    """The entry of `appliance.words.reasons` that tells what `error` means; a full disk is found behind whatever was
    made of it."""
    if isinstance(error, OSError):
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.errno in FULL:
                return 'disk full'
            cause = cause.__cause__
    if isinstance(error, AudioLetterError):
        return error.key
    return 'storage' if isinstance(error, OSError) else 'cutter'
