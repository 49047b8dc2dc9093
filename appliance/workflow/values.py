"""The words of the workflow: states, events, effects, and the booth they act on. Frozen values, no behaviour."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.Enum):
    """What the booth is doing; each has its screen."""

    RECOVERING = 'recovering'  # after power-up: stores are being repaired
    ATTRACT = 'attract'
    LANGUAGE = 'language'
    LEVEL_CHECK = 'level check'
    COUNTDOWN = 'countdown'
    RECORDING = 'recording'
    NOT_HEARD = 'not heard'  # the take holds no voice
    LISTEN = 'listen'  # hear it, then keep it or not
    DISCARD = 'discard'  # asked: throw it away?
    SAVING = 'saving'
    LOAD_DISC = 'load disc'
    DOES_NOT_FIT = 'does not fit'
    CUTTING = 'cutting'
    CANCEL = 'cancel'  # asked while it cuts: really stop?
    TAKE_DISC = 'take disc'
    FORGET = 'forget'  # asked: forget the letter?
    THANKS = 'thanks'
    STILL_THERE = 'still there'
    CLOSED = 'closed'
    OUT_OF_BLANKS = 'out of blanks'
    SWARF_FULL = 'swarf bin full'
    NO_MICROPHONE = 'no microphone'
    NO_SPACE = 'no space'  # nothing more can be kept
    FAULT = 'fault'
    STOPPED = 'stopped'  # lid or stop while it cut: the disc is spoiled, the letter is not
    MAINTENANCE = 'maintenance'
    CODE = 'attendant code'  # both pads were held: the sequence is waited for
    ATTENDANT = 'attendant'  # the menu of whoever looks after the booth


class Kind(enum.Enum):
    """What can happen. `text` and `number` of the event are named behind it where they mean something."""

    # controls
    RECORD = 'record pressed'
    LEFT = 'left pad'
    RIGHT = 'right pad'
    LID_OPENED = 'lid opened'
    LID_CLOSED = 'lid closed'
    STOP_PRESSED = 'stop pressed'
    STOP_RELEASED = 'stop released'
    BLANK_LAID = 'blank laid'
    BLANK_TAKEN = 'blank taken'
    SCRAP_CUT = 'scrap cut'  # what lies on the platter was tried on by the host: no visitor's blank any more
    # clock
    TIME_UP = 'time up'  # the deadline of the state
    # sound
    MICROPHONE_LOST = 'microphone lost'
    MICROPHONE_FOUND = 'microphone found'
    LEVEL_GOOD = 'level good'
    SILENCE = 'silence'  # nothing heard for a while
    VOICE = 'voice'  # heard again
    TAKE_FULL = 'take full'  # as long as a letter may be
    TAKE_HEARD = 'take heard'  # recording has ended and there is a voice in it; number: milliseconds
    TAKE_EMPTY = 'take empty'  # recording has ended, no voice in it
    PLAYED = 'played'  # to the end
    # store
    KEPT = 'kept'  # number: of the letter
    KEEP_FAILED = 'keep failed'  # text: cause
    FORGOTTEN = 'forgotten'
    SPACE_LOW = 'space low'  # text: cause
    SPACE_OK = 'space ok'
    # plan and cut
    FITS = 'fits'  # number: milliseconds of the whole cut
    DOES_NOT_FIT = 'does not fit'  # text: why
    CUT_DONE = 'cut done'
    CUT_STOPPED = 'cut stopped'
    CUT_FAULT = 'cut fault'  # text: cause; number: 1 if the head was never down, and the blank is as good as new
    # machine and host
    FAULT = 'fault'  # text: cause; the machine or a part of the booth is not well
    MENDED = 'mended'
    OPEN = 'open'
    CLOSE = 'close'  # after the visit that is going on
    BLANKS_OUT = 'blanks out'
    BLANKS_IN = 'blanks in'
    SWARF_FULL = 'swarf bin full'
    SWARF_EMPTIED = 'swarf bin emptied'
    HOURS_OVER = 'hours over'  # the opening hours; the visit that is going on is finished
    HOURS_BEGIN = 'hours begin'
    MACHINE_OUT = 'machine out'  # it would refuse a cut now; text: why. It comes back by itself, without a hand
    MACHINE_IN = 'machine in'
    QUOTA_USED = 'quota used'  # as many discs as a day may have
    QUOTA_FREE = 'quota free'
    MAINTAIN = 'maintain'
    RESUME = 'resume'
    HOST_STOP = 'host stop'  # whatever moves is to stop
    # number: of a kept letter that is to have another disc, or so many copies; nothing is cut before a press
    AGAIN = 'cut again'
    NO_LETTER = 'no letter'  # there is none that could be cut again
    # attendant
    KNOCK = 'knock'  # both pads held for a while
    ATTEND = 'attend'  # a token was shown that is known; text: whose
    # boot; number: milliseconds of a take that a crash left unkept; or a letter, with text 'cut': the crash ended its
    # cut, 'done': its disc was cut and not handed over yet, 'kept': nothing was cut yet
    RECOVERED = 'recovered'


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    kind: Kind
    text: str = ''
    number: int = 0
    take: int = 0  # that it answers for, as counted when the work was begun; 0: it concerns whoever is there
    copies: int = 0  # of AGAIN and RECOVERED: discs of a letter that the host wants


class Act(enum.Enum):
    """What the kiosk is to do. `text` of the effect is named behind it where it means something."""

    HEAR = 'hear'  # open the microphone for the level meter
    DEAFEN = 'deafen'  # close it
    RECORD = 'record'  # begin a take
    END_RECORDING = 'end recording'  # answered by TAKE_HEARD or TAKE_EMPTY
    WIPE_TAKE = 'wipe take'  # what was not kept is forgotten: take, plan, preview
    HOLD_TAKE = 'hold take'  # keep it for the host instead (policy); never cut
    PLAY_TAKE = 'play take'
    PLAY_DISC = 'play disc'  # as the disc will sound
    QUIET = 'quiet'  # stop whatever plays
    KEEP = 'keep'  # answered by KEPT or KEEP_FAILED; asked again for the same take, the answer is the same letter
    PREPARE = 'prepare'  # master and plan take or letter, in the background; answered by FITS or DOES_NOT_FIT
    CUT = 'cut'  # a visitor has just pressed for it; answered by CUT_DONE, CUT_STOPPED or CUT_FAULT
    STOP_CUT = 'stop cut'  # at once; text: cause
    SPOILED = 'spoiled'  # the ledger notes a lost blank; text: cause
    HANDED_OVER = 'handed over'  # the disc has been taken (or left to its owner); text: 'more' if another follows
    FORGET_LETTER = 'forget letter'  # answered by FORGOTTEN
    SAY = 'say'  # text: name of the prompt (a state's value, or one of appliance.words.prompts)
    TONE = 'tone'  # text: name of the tone
    NOTE = 'note'  # the ledger's visit log; text: what
    FIND_LETTER = 'find letter'  # the last that can be cut again; answered by AGAIN or NO_LETTER
    NEXT_BLANK = 'next blank'  # the one before is lost: one less
    VOLUME = 'volume'  # text: decibels more than now
    DEED = 'deed'  # the ledger notes what the attendant did; text: who, and what


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to do."""

    act: Act
    text: str = ''


class Held(enum.Enum):
    """What there is of the visitor's voice."""

    NOTHING = 'nothing'
    RECORDING = 'recording'
    ENDING = 'ending'  # the recording is being closed; TAKE_HEARD or TAKE_EMPTY will say what it is
    UNSAVED = 'unsaved'
    KEPT = 'kept'


class Plan(enum.Enum):
    """Whether the take can be cut."""

    NONE = 'none'
    PENDING = 'pending'
    FITS = 'fits'
    REFUSED = 'refused'


class Item(enum.Enum):
    """What the attendant's menu offers, in its order."""

    CUT_AGAIN = 'cut again'
    NEXT_BLANK = 'next blank'
    CLOSE = 'close'  # or open
    QUIETER = 'quieter'
    LOUDER = 'louder'
    CALL = 'call'  # the host; or not any more
    LEAVE = 'leave'


@dataclass(frozen=True, slots=True)
class Ready:
    """What the sensors and stores say; true is good."""

    lid_closed: bool = True
    stop_out: bool = True
    blank: bool = False  # a blank (or a disc) lies on the platter
    disc_is_cut: bool = False  # and it is a disc already
    microphone: bool = True
    space: bool = True
    no_space: str = ''  # why not
    blanks: bool = True
    swarf: bool = True
    fault: str = ''
    machine: str = ''  # why it would refuse a cut
    open: bool = True  # the host or the attendant says so
    hours: bool = True  # within the opening hours
    quota: bool = True  # there may be more discs today


@dataclass(frozen=True, slots=True)
class Booth:
    """All that the workflow knows."""

    state: State = State.RECOVERING
    back: State | None = None  # where a question or an interruption returns to
    until_s: float | None = None  # deadline of the state
    language: int = 0  # index into the host's languages
    dark: bool = False  # the screen sleeps: the first touch only wakes it
    held: Held = Held.NOTHING
    plan: Plan = Plan.NONE
    letter: int = 0  # number of the kept letter
    take: int = 1  # counts what is recorded; an answer for an earlier one means nothing any more
    retakes: int = 0
    replays: int = 0
    asked: int = 0  # how often the visitor has been called in this state
    cut_ms: int = 0  # the whole cut, as planned
    copies: int = 0  # discs of the letter that the host wants, the one in hand included; 0: a visitor wants one
    cut_until_s: float = 0.0  # when a cut that goes on has failed
    reason: str = ''  # of FAULT, STOPPED, DOES_NOT_FIT: for the host
    ready: Ready = Ready()
    keys: tuple[Kind, ...] = ()  # of the sequence, as far as it was entered
    wrong: int = 0  # sequences in a row
    locked_until_s: float = 0.0  # no further try before
    attendant: str = ''  # whose token opened the menu, or 'sequence'
    item: Item = Item.CUT_AGAIN  # that is chosen
    done: bool = False  # and was done just now
    called: bool = False  # the host, by the attendant
