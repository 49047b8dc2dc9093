"""Two hundred letters: kept, cut, spoiled, handed over, forgotten, walked away from, with and without a clock.

What is done is also noted here, line by line, by the test's own hand.
"""

from collections import Counter

import numpy as np

from appliance.message import Keeping, Take
from appliance.message.host import Address
from tests.message.store_rig import Rig, speech

DAY_S = 86_400.0
STEPS = ('language', 'level check', 'listen', 'load disc')
CAUSES = ('lid', 'stop', 'stall', 'visitor')
LANGUAGES = ('en', 'de', 'ja')


class Story:
    """Each day is one of both kinds: a date while the clock is set, and the day the booth has lived by then."""

    def __init__(self, root, seed, letters=200):
        self.rig = Rig(root, Keeping('keep', 30, 3.0))
        self.rig.stores.recover()
        self.random = np.random.default_rng(seed)
        self.done = []  # (date or None, lived day, what, detail)
        self.addresses, self.gone, self.open = {}, set(), []
        self._take = None
        self.rig.stores.counters.add_blanks(300, 'anna')
        self.note('by hand', 300)
        while sum(what == 'letter' for _, _, what, _ in self.done) < letters:
            self.visit()
            if self.random.random() < 0.02:
                self.rig.stores.counters.stylus_changed('anna')
                self.note('stylus', 0)
            if self.random.random() < 0.05:
                self.between()

    def note(self, what, detail):
        self.done.append((self.rig.stores.stamp().date, int(self.rig.stores.life.lived_s() // DAY_S) + 1, what, detail))

    def between(self):
        """The next morning: the clock goes on, is lost or set again, and the program is started anew now and then."""
        rig, hours = self.rig, float(self.random.integers(6, 30))
        rig.trusted = bool(self.random.random() < 0.8)
        rig.wall_s += hours * 3600
        rig.now_s += hours * 3600
        if self.random.random() < 0.5:
            rig.stores.close()
            rig.killed().recover()

    def visit(self):
        """One visitor; a letter in most cases."""
        stores, chance = self.rig.stores, self.random.random
        language = LANGUAGES[self.random.integers(3)]
        if chance() < 0.25:
            step, how = STEPS[self.random.integers(4)], 'walked away' if chance() < 0.7 else 'left'
            stores.note(f'{how} at {step}', language)
            self.note(how, step)
            self.note('language', language)
            return
        number = self.keep()
        if chance() < 0.4:
            address = Address((f'Sender-{number}',), (f'Recipient-{number}', f'Road-{number}'), note=f'Note-{number}')
            stores.addresses.put(number, address)
            self.addresses[number] = address
        while chance() < 0.2:
            self.spoil(number)
        if chance() < 0.1:  # nothing was cut, no blank was spent
            stores.begin_cut(number)
            stores.cut_ended(number, 'refused', 'lid')
            self.note('refused', number)
        if chance() < 0.85:
            self.disc(number, '')
            if chance() < 0.2:
                stores.order_discs(number, 1, 'anna')
                self.disc(number, 'anna')
            if chance() < 0.05:
                stores.discs.void(number, '', 'scratched')
                self.note('void', number)
        self.open.append(number)
        if chance() < 0.3:
            self.forget(self.open.pop(int(self.random.integers(len(self.open)))))

    def keep(self):
        rig = self.rig
        rig.stores.begin_take().write(speech(0.05, int(self.random.integers(1 << 30))))
        self.note('take', 0)
        take = rig.stores.end_take()
        assert isinstance(take, Take)
        number = rig.stores.keep().number
        self.note('letter', number)
        rig.stores.discard()
        return number

    def spoil(self, number):
        cause = CAUSES[self.random.integers(4)]
        self.rig.stores.begin_cut(number)
        self.rig.stores.cut_ended(number, 'stopped' if cause != 'stall' else 'fault', cause)
        self.rig.stores.spoiled(number, cause)
        self.note('spoiled', cause)

    def disc(self, number, who):
        seconds = float(self.random.integers(5, 100))
        folder = self.rig.stores.begin_cut(number)
        folder.mkdir()
        (folder / 'playback.wav').write_bytes(b'VOICE-%d-' % number)
        self.rig.stores.shelf.master(number).write_bytes(b'VOICE-%d-' % number)
        self.rig.stores.mastered(number, f'digest-{number}-')
        self.rig.stores.cut_done(number, {'letter_s': seconds})
        self.rig.stores.handed_over(number)
        for what, detail in (('disc', number), ('stylus_s', seconds), ('handed over', number)):
            self.note(what, detail)
        if who:
            self.note('copy', number)

    def forget(self, number):
        self.rig.stores.forget(number)
        self.gone.add(number)
        self.note('forgotten', number)

    def told(self, what, day):
        """Details of what was done on a day: a date, or the number of a lived one."""
        return [told for date, lived, kind, told in self.done if kind == what and day in (date, lived)]

    def count(self, what, day):
        return dict(Counter(self.told(what, day)))
