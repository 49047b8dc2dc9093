"""All that a screen may know, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance.workflow.values import Item, State

WIDTH, HEIGHT = 320, 240
Card = Literal['', 'pattern', 'groove']  # test cards for the host


@dataclass(frozen=True, slots=True)
class Meter:
    """What the microphone hears now. Levels in dB re full scale."""

    peak_db: float = -120.0
    rms_db: float = -120.0
    clipped: bool = False


NOTHING_HEARD = Meter()


@dataclass(frozen=True, slots=True)
class CutView:
    """What is being cut, read from the machine."""

    part: float = 0.0  # 0..1
    left_s: float = 0.0
    radius_start_mm: float = 0.0  # outermost groove
    radius_mm: float = 0.0  # where the stylus is
    disc_radius_mm: float = 125.0
    label_radius_mm: float = 50.0
    spiral: tuple[tuple[float, float], ...] = ()  # (angle_rad, radius_mm) as cut, outermost first, thinned


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the booth. `language` is a code such as 'en'; numbers not used by a state keep their default."""

    state: State
    language: str = 'en'
    languages: tuple[str, ...] = ('en',)  # what the visitor may choose from
    dark: bool = False
    seconds_left: float | None = None  # of the state's deadline, or of the take
    seconds: float = 0.0  # recorded, or played
    length_s: float = 0.0  # of the take
    meter: Meter = Meter()
    waveform: tuple[float, ...] = ()  # peaks 0..1, at most WIDTH of them
    playing: str = ''  # 'take', 'disc' or ''
    can_retake: bool = True
    can_replay: bool = True
    planning: bool = False  # the plan is not ready yet
    making: bool = False  # the disc that was asked to be heard is not made yet
    disc: str = 'xray-25'
    disc_cm: int = 25
    total_s: float = 0.0  # the whole cut: letter, run-up, travel, lead-in
    lid_closed: bool = True
    blank: bool = False
    disc_is_cut: bool = False  # a finished disc still lies on the platter
    held: bool = False  # there is a take or letter that is safe (FAULT, STOPPED)
    letter: int = 0
    copy: tuple[int, int] = (0, 0)  # of several discs of one letter: which one, of how many
    cut: CutView = CutView()
    microphone: bool = True  # present
    reason: str = ''  # class of the fault, a key of appliance.words.reasons; CLOSED: host, hours or quota
    opens: tuple[str, str] = ('', '')  # CLOSED: the day (an English word of appliance.words.texts), the time
    keys: int = 0  # CODE: pressed so far
    item: Item = Item.CUT_AGAIN  # ATTENDANT: chosen
    done: bool = False  # and just done
    open: bool = True
    called: bool = False  # the host
    note: str = ''  # MAINTENANCE: what moves, for the host alone
    card: Card = ''  # MAINTENANCE: in place of everything else
