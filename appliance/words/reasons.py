"""Everything that can be the matter, once: what the visitor reads, and what the host reads and does.

The LCD, the shell and the handbook all take their words from here. The key is what events and the ledger carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Reason:
    """Visitor's sentence and action, host's reason and action."""

    visitor: str
    action: str
    host: str
    host_action: str


CALL = 'Please call the host'
AGAIN = 'Lay a new blank and try again'
WRONG = 'Something is not right'

REASONS: dict[str, Reason] = {
    'microphone': Reason('The microphone is missing', CALL, 'No sound comes from the microphone.',
                         'Plug it in again; audioletter doctor sound names it.'),
    'lid': Reason('The lid was opened', 'Close the lid', 'The lid was opened while the machine was cutting.',
                  'Take out the spoiled disc and lay a new blank.'),
    'stop': Reason('The stop button is pressed', 'Pull the button out', 'Somebody pressed the emergency stop.',
                   'Look why, then pull the button out.'),
    'underrun': Reason('The machine lost its thread', AGAIN, 'The computer fed the cut too late.',
                       'Stop other work on this computer; audioletter bench shows its speed.'),
    'stall': Reason('The platter stood still', AGAIN, 'The platter motor did not follow its steps.',
                    'Turn the platter by hand and look for what brakes it.'),
    'swarf': Reason('A thread got tangled', CALL, 'Swarf is tangled at the head.',
                    'Lift the head, remove the thread, check the suction.'),
    'timeout': Reason('The cut took too long', AGAIN, 'The cut was not over when it had to be.',
                      'Home the carriage and make a test cut.'),
    'power': Reason('The power went away', AGAIN, 'Power was lost or the program ended during a cut.',
                    'Take out the spoiled disc; check the supply.'),
    'visitor': Reason('You stopped the cut', AGAIN, 'The visitor stopped the cut.', 'Nothing.'),
    'host': Reason('The host stopped the cut', AGAIN, 'The host stopped the cut with the command stop.', 'Nothing.'),
    'blanks': Reason('Out of discs', CALL, 'No blanks are left.', 'Lay new ones in and count them.'),
    'swarf full': Reason('A short break', 'The machine must be cleaned; please call the host', 'The swarf bin is full.',
                         'Empty it, then tell the booth: swarf emptied.'),
    'disk full': Reason('There is no room left', CALL, 'The data disk is full.',
                        'Export or forget letters, or shorten their retention.'),
    'disk small': Reason('There is no room left', CALL, 'The data disk has no room for one letter, and holds none.',
                         'Look what else fills it; else take a larger one, or lower policy.max_message_s.'),
    'storage': Reason('Letters cannot be kept now', CALL, 'The data folder cannot be written.',
                      'Check the card and the rights of the data folder.'),
    'lathe': Reason('The machine is not ready', CALL, 'The lathe refuses to start.',
                    'audioletter doctor names the cause.'),
    'interlock': Reason('The machine is not ready', CALL, 'The interlock gives no power, and no hand is the cause.',
                        'audioletter doctor names the wire or the part.'),
    'firmware': Reason(WRONG, CALL, 'The interlock runs other firmware than this program would flash.',
                       'It cuts all the same; tools/flash_interlock brings the firmware of here onto it.'),
    'hot': Reason('The machine is not ready', CALL, 'The head or the motor drivers are too hot.',
                  'Let them cool; check fan and suction, and that nothing brakes the platter.'),
    'supply': Reason('The machine is not ready', CALL, 'The supply of motors and head is too low or too high.',
                     'Check the power supply and its plugs.'),
    'current': Reason('The machine is not ready', CALL, 'Motors and head took more current than they may.',
                      'Something is shorted: look at motors, drivers, head and their wires before you go on.'),
    'cutter': Reason('The machine lost its thread', AGAIN, 'The cutting process ended by itself.',
                     'It was started again; look into the log if it comes back.'),
    'plan': Reason('This letter cannot be planned', 'Say it again', 'Mastering or planning failed.',
                   'The cause is in the log; the recording is kept.'),
    'too long': Reason('It does not fit on the disc', 'Say it shorter', 'The message is longer than the disc.',
                       'A larger disc or a lower speed takes longer letters.'),
    'left': Reason('The cut was broken off', AGAIN, 'The visit ended while its disc was being cut.',
                   'Take out the spoiled disc; the letter is kept, letters list shows it.'),
    'attendant': Reason('The disc is no good', AGAIN, 'The attendant has a letter cut again: its disc was no good.',
                        'Look at the disc: depth, centre, swarf; make a test cut if it is not the first.'),
    # Parts of the booth that are not well while the visit can go on. The host reads the driver's own words beside it.
    'controls': Reason(WRONG, CALL, 'Buttons, lid and stop cannot be read, and count as unsafe.',
                       'Check the plug of the panel; pins shows what each reads.'),
    'display': Reason(WRONG, CALL, 'The LCD takes no picture; the booth goes on and speaks.',
                      'Check its plug and its supply; audioletter doctor names it.'),
    'speaker': Reason(WRONG, CALL, 'Nothing can be heard from the speaker.',
                      'Plug it in again; audioletter doctor sound names it.'),
    'clock': Reason(WRONG, CALL, 'Nobody has set the clock: opening hours are not kept.',
                    'Give the computer its network or a clock with a battery; until then open and close by hand.'),
    'card reader': Reason(WRONG, CALL, 'The card reader cannot be read.',
                          'Plug it in again; config get attendant.reader shows which device is meant, and the user of '
                          'the booth must be in the group input.'),
    'called': Reason(WRONG, CALL, 'The attendant has called you.',
                     'Go to the booth, or call there; maintain ends the call, and so does its menu.'),
    'unknown': Reason(WRONG, CALL, 'A cause that this program does not know.', 'Look into the log.'),
}  # fmt: skip


def reason_for(key: str) -> Reason:
    """The entry of `key`; a cause in words of its own is told to the host as it is, and beside that of the part it is
    about ('speaker: unplugged')."""
    part, _, cause = key.partition(': ')
    if cause and part in REASONS:
        reason = REASONS[part]
        return replace(reason, host=f'{reason.host.rstrip(".")} ({cause}).')
    return REASONS.get(key) or Reason(REASONS['unknown'].visitor, CALL, key, REASONS['unknown'].host_action)
