"""What the host keeps in the ledger: addresses, counters, deeds, and when all this was."""

import pytest

from appliance.errors import OptionError
from appliance.message import Keeping
from appliance.message.host import Address
from tests.message.store_rig import Rig

DAY_S = 86_400.0
OTTO = Address(('Anna Berg', 'Hafen 1'), ('Otto Zwei', 'Lindenweg 3', '10115 Berlin'), 'Germany', 'de', 'fragile')


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.recover()
    return rig


def bytes_of(rig):
    rig.stores.close()
    return b''.join(path.read_bytes() for path in rig.root.rglob('*') if path.is_file())


def test_an_address_is_kept_as_it_was_written_and_in_place_of_the_one_before(rig):
    number = rig.letter().number
    assert rig.stores.addresses.of(number) is None
    rig.stores.addresses.put(number, Address(recipient=('Old',)))
    rig.stores.addresses.put(number, OTTO)
    assert rig.stores.addresses.all() == {number: OTTO}
    rig.stores.addresses.remove(number)
    assert rig.stores.addresses.all() == {}
    assert b'Lindenweg' not in bytes_of(rig)


def test_an_address_goes_with_its_letter_by_hand_by_retention_and_when_the_forgetting_is_broken_off(tmp_path):
    for way in ('hand', 'days', 'broken off'):
        (tmp_path / way).mkdir()
        rig = Rig(tmp_path / way, Keeping('days', 3, 3.0))
        number = rig.letter().number
        rig.stores.addresses.put(number, OTTO)
        assert any(b'Lindenweg' in path.read_bytes() for path in rig.data.glob('ledger*'))
        if way == 'hand':
            rig.stores.forget(number)
        elif way == 'days':
            rig.now_s += 4 * DAY_S
            rig.stores.retire()
        else:
            rig.stores.ledger.run("UPDATE letter SET state = 'forgetting'")
            rig.killed().recover()
        assert rig.stores.addresses.all() == {}
        for path in rig.root.rglob('*'):
            assert path.is_dir() or not any(word in path.read_bytes() for word in (b'Lindenweg', b'Anna')), path


def test_there_is_no_address_for_a_letter_that_is_not_there(rig):
    number = rig.letter().number
    rig.stores.forget(number)
    for gone in (number, 17):
        with pytest.raises(OptionError, match=str(gone)):
            rig.stores.addresses.put(gone, OTTO)


@pytest.mark.parametrize(
    'wrong', [{'sender': ('x',) * 9}, {'recipient': ('x' * 101,)}, {'recipient': ('a\nb',)}, {'note': 'a\x1b[2J'},
              {'country': 'x\x00'}],
)  # fmt: skip
def test_what_no_label_can_print_is_refused_by_name(wrong):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        Address(**wrong)


def test_blanks_are_set_added_and_spent(rig):
    counters = rig.stores.counters
    assert counters.blanks() is None
    assert counters.add_blanks(20, 'anna') == 20
    rig.cut(rig.letter().number)
    assert counters.add_blanks(-4, 'anna') == 15
    counters.set_blanks(3, 'ben')
    rows = rig.stores.ledger.rows('SELECT who, name, was, value FROM counted')
    assert [tuple(row) for row in rows] == [
        ('anna', 'blanks', None, 20), ('anna', 'blanks', 19, 15), ('ben', 'blanks', 15, 3),
    ]  # fmt: skip
    for wrong in (-1, 100_001):
        with pytest.raises(OptionError, match='blanks'):
            counters.set_blanks(wrong, 'ben')
    counters.set_blanks(None, 'ben')
    assert counters.blanks() is None


def test_a_new_stylus_and_an_empty_bin_begin_at_nothing(rig):
    rig.cut(rig.letter().number)
    rig.cut(rig.letter(seed=2).number)
    counters = rig.stores.counters
    assert (counters.stylus().used_s, counters.swarf().discs, counters.swarf().cut_s) == (3.0, 2, 3.0)
    rig.wall_s += 60.0
    assert counters.stylus_changed('anna').used_s == 3.0
    assert counters.swarf_emptied('ben').discs == 2
    stylus, swarf = counters.stylus(), counters.swarf()
    assert (stylus.used_s, stylus.total_s, stylus.changes, stylus.changed_by) == (0.0, 3.0, 1, 'anna')
    assert stylus.changed_s == rig.wall_s
    assert (swarf.discs, swarf.emptied_by) == (0, 'ben')
    rig.stores.begin_cut(1)
    rig.stores.cut_ended(1, 'stopped', 'lid', 0.5)  # spoiled, and its swarf lies in the bin all the same
    rig.cut(1)
    assert (counters.stylus().used_s, counters.swarf().discs) == (2.0, 2)
    assert counters.due(2.0 / 3600, 2) == ('stylus', 'swarf')
    assert counters.due(2.1 / 3600, 3) == ()
    assert counters.due(2.1 / 3600, 0) == ()


def test_deeds_and_visits_say_when_and_a_date_only_where_the_clock_was_set(rig):
    rig.stores.deed('anna', 'letters forget 217', 'done')
    rig.trusted = False
    rig.now_s += 100.0
    rig.stores.deed('ben', 'open', 'refused: somebody is served')
    rig.stores.note('walked away at load disc', 'ja')
    rows = rig.stores.ledger.rows('SELECT who, what, how, at_s, lived_s, date FROM deed')
    assert [tuple(row) for row in rows] == [
        ('anna', 'letters forget 217', 'done', 1.8e9, 0.0, '2027-01-15'),
        ('ben', 'open', 'refused: somebody is served', 1.8e9, 100.0, None),
    ]
    visit = rig.stores.ledger.row('SELECT what, step, language, date FROM visit')
    assert tuple(visit) == ('walked away at load disc', 'load disc', 'ja', None)
