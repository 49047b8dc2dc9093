"""Second copies and editions in the ledger: numbered, counted, resumed, and within the host's quota."""

import pytest

from appliance.errors import MachineRefusesError, OptionError
from appliance.message import Keeping
from tests.message.store_rig import Rig


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.recover()
    return rig


def cut(rig, number, how='done'):
    """One disc, as the kiosk has it cut; its mark."""
    folder = rig.stores.begin_cut(number)
    mark = rig.stores.discs.mark()
    if how == 'done':
        folder.mkdir()
        rig.stores.cut_done(number, {'letter_s': 1.5})
        rig.stores.handed_over(number, more=rig.stores.discs.left(number) > 0)
    else:
        rig.stores.cut_ended(number, how, 'lid')
        rig.stores.spoiled(number, 'lid')
    return mark


def test_copies_are_the_second_and_third_disc_of_their_letter(rig):
    number = rig.letter().number
    assert cut(rig, number) == f'{number}'
    rig.stores.order_discs(number, 2, 'anna')
    assert [cut(rig, number, how) for how in ('done', 'stopped', 'done')] == ['1-2', '1-3', '1-3']
    assert rig.stores.discs.left(number) == 0
    told = [(disc.mark, disc.good, disc.who, disc.spent) for disc in rig.stores.discs.of(number)]
    assert told == [('1', True, '', True), ('1-2', True, 'anna', True), ('1-3', False, 'anna', True),
                    ('1-3', True, 'anna', True)]  # fmt: skip
    assert rig.stores.ledger.row('SELECT state FROM edition')['state'] == 'done'
    assert rig.stores.letter(number).state == 'handed over'


def test_an_edition_is_numbered_and_one_that_was_broken_off_is_gone_on_with(rig):
    number = rig.letter().number
    cut(rig, number)
    rig.stores.order_discs(number, 3, 'anna', numbered=True)
    assert [cut(rig, number) for _ in range(2)] == ['1 1/3', '1 2/3']
    rig.stores.order_discs(number, 1, 'ben')  # somebody wants a plain copy between
    assert cut(rig, number) == '1-2'
    rig.stores.order_discs(number, 3, 'anna', numbered=True)
    assert rig.stores.discs.left(number) == 1
    assert cut(rig, number) == '1 3/3'
    with pytest.raises(OptionError, match='all 3'):
        rig.stores.order_discs(number, 3, 'anna', numbered=True)
    assert rig.stores.discs.void(number, '2/3', 'scratched').mark == '1 2/3'
    rig.stores.order_discs(number, 3, 'anna', numbered=True)
    assert [cut(rig, number, how) for how in ('fault', 'done')] == ['1 2/3', '1 2/3']


def test_a_spoiled_disc_is_cut_again_for_nothing_and_a_quota_counts_good_ones(tmp_path):
    rig = Rig(tmp_path, Keeping('days', 30, 3.0, copies_a_letter=1, discs_a_day=3))
    number = rig.letter().number
    cut(rig, number)
    rig.stores.order_discs(number, 1, 'anna')
    for how in ('stopped', 'fault', 'done'):
        cut(rig, number, how)
    with pytest.raises(MachineRefusesError, match='copies_a_letter'):
        rig.stores.order_discs(number, 1, 'anna')
    rig.stores.discs.void(number, '', 'the needle jumps')
    rig.stores.order_discs(number, 1, 'anna')
    cut(rig, number)
    other = rig.letter(seed=2).number
    cut(rig, other)
    assert rig.stores.discs.good_today() == 3
    with pytest.raises(MachineRefusesError, match='discs_a_day'):
        rig.stores.order_discs(other, 1, 'anna')
    rig.wall_s += 86_400.0
    rig.stores.order_discs(other, 1, 'anna')


@pytest.mark.parametrize('trusted', [True, False])
def test_a_day_is_one_of_the_calendar_or_one_that_the_booth_has_run(tmp_path, trusted):
    rig = Rig(tmp_path, Keeping('days', 30, 3.0))
    rig.trusted = trusted
    cut(rig, rig.letter().number)
    rig.wall_s += 86_400.0
    assert rig.stores.discs.good_today() == (not trusted)
    rig.now_s += 86_400.0
    assert rig.stores.discs.good_today() == 0


def test_what_cannot_be_ordered_says_why(rig):
    number = rig.letter().number
    for copies in (0, -1, 201):
        with pytest.raises(OptionError, match='copies'):
            rig.stores.order_discs(number, copies, 'anna')
    rig.speak(seed=2)
    held = rig.stores.hold().number
    with pytest.raises(OptionError, match='held'):
        rig.stores.order_discs(held, 1, 'anna')  # its visitor has not said yes
    rig.stores.forget(number)
    with pytest.raises(OptionError, match='forgotten'):
        rig.stores.order_discs(number, 1, 'anna')
    with pytest.raises(OptionError, match='no letter'):
        rig.stores.order_discs(99, 1, 'anna')
    with pytest.raises(OptionError, match='no good disc'):
        rig.stores.discs.void(held, '', 'x')
    with pytest.raises(OptionError, match='reason'):
        rig.stores.discs.void(held, '', ' ')


def test_a_crash_at_any_moment_of_an_edition_leads_back_to_its_next_disc(rig):
    number = rig.letter().number
    cut(rig, number)
    rig.stores.order_discs(number, 3, 'anna', numbered=True)
    rig.stores.wait_for_disc(number)
    for copies in (3, 2):
        told = rig.killed().recover()
        assert (told.kept.number, told.copies) == (number, copies), 'before the press'
        folder = rig.stores.begin_cut(number)
        told = rig.killed().recover()
        assert (told.cutting.number, told.copies) == (number, copies), 'while it was cut'
        folder = rig.stores.begin_cut(number)
        folder.mkdir()
        told = rig.killed().recover()
        assert (told.finished.number, told.copies) == (number, copies), 'when it was done'
        rig.stores.handed_over(number, more=True)
    rig.stores.discard()  # nobody came any more
    assert rig.killed().recover().kept is None
    assert rig.stores.letter(number).state == 'handed over'
    assert [disc.mark for disc in rig.stores.discs.of(number) if disc.good] == ['1', '1 1/3', '1 2/3']


def test_a_letter_whose_disc_is_waited_for_is_not_retired(tmp_path):
    rig = Rig(tmp_path, Keeping('days', 3, 3.0))
    number = rig.letter().number
    cut(rig, number)
    rig.stores.wait_for_disc(number)
    rig.now_s += 4 * 86_400.0
    rig.stores.retire()
    assert rig.stores.letter(number).state == 'handed over'
    rig.stores.discard()
    rig.stores.retire()
    assert rig.stores.letter(number).state == 'forgotten'


def test_a_master_is_noted_of_letter_and_disc_stays_through_a_crash_and_goes_with_the_letter(rig):
    number = rig.letter().number
    rig.stores.begin_cut(number).mkdir()
    rig.stores.shelf.master(number).write_bytes(b'VOICE')
    rig.stores.mastered(number, 'ab12')
    rig.stores.cut_done(number, {'letter_s': 1.5})
    rig.stores.handed_over(number)
    rig.killed().recover()
    letter = rig.stores.letter(number)
    assert (letter.master.digest, letter.master.path.read_bytes()) == ('ab12', b'VOICE')
    assert rig.stores.discs.of(number)[0].master == 'ab12'
    rig.stores.forget(number)
    assert rig.stores.letter(number).master is None
    assert not any(b'ab12' in path.read_bytes() for path in rig.data.rglob('*') if path.is_file())


def test_a_disc_that_the_attendant_gives_up_is_no_good_one(rig):
    number = rig.letter().number
    rig.cut(number)
    rig.stores.spoiled(number, 'attendant')
    disc = rig.stores.discs.of(number)[0]
    assert (disc.state, disc.void, disc.good, disc.mark) == ('done', 'attendant', False, '1')
    assert cut(rig, number) == '1'
