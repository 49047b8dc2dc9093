"""Every error this appliance raises on purpose: what, where, and what to do about it.

The exit code of the command line is the class's own (README, "Exit codes"). A screen for visitors chooses its sentence
by class, never from the text.
"""

from __future__ import annotations


class AudioLetterError(Exception):
    """Something the user, the machine or the medium caused; `str()` is one line: where, what, what to do."""

    exit_code = 4

    def __init__(self, what: str, *, where: str = '', remedy: str = '') -> None:
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


class OptionError(AudioLetterError, ValueError):
    """An option or an output folder is wrong (exit 2)."""

    exit_code = 2


class MachineFileError(AudioLetterError, ValueError):
    """A machine or disc file is wrong: file, key, value and limit are in the text (exit 2)."""

    exit_code = 2


class DoesNotFitError(AudioLetterError, ValueError):
    """The message does not fit the disc at the asked speed or level (exit 3)."""

    exit_code = 3


class MachineRefusesError(AudioLetterError, RuntimeError):
    """The machine is not ready, or would be driven past a limit (exit 3)."""

    exit_code = 3


class CutFaultError(AudioLetterError, RuntimeError):
    """A fault ended the cut: underrun, lost word, stop, interlock (exit 4)."""


class StorageError(AudioLetterError, OSError):
    """A disk is full or a file cannot be written during the cut (exit 4)."""


class GrooveFileError(AudioLetterError, ValueError):
    """A groove or trace file cannot be read (exit 2)."""

    exit_code = 2


class NativeError(AudioLetterError, RuntimeError):
    """A sentence of the C core that no caller translated (exit 4)."""
