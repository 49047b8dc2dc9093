"""Addresses and what is printed, by the commands of a booth that runs."""

import csv
import io
import sqlite3
from pathlib import Path

import pytest

from appliance.desk.book import Blob, Facts, Line, Table
from appliance.errors import OptionError
from appliance.maintenance.post import COMMANDS
from appliance.message.host import Address
from tests.maintenance.rig import CommandRig
from tests.message.store_rig import speech
from tests.paper import readers

FACTS = {'disc': 'xray-25', 'speed_rpm': 78.26, 'level_db': -3.0}


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


def letters(rig, count=1):
    """So many in the ledger, each planned; numbers of them."""

    def keep(stores):
        numbers = []
        for seed in range(count):
            stores.begin_take().write(speech(0.6, seed))
            numbers.append(stores.keep().number)
            stores.planned(numbers[-1], FACTS)
            stores.discard()
        return numbers

    return asked(rig, keep)


def asked(rig, do):
    """Done by the archivist, while the booth goes on."""
    answer = rig.kiosk.parts.archivist.ask('test', do)
    for _ in range(10_000):
        if answer.done():
            break
        rig.turn()
    return answer.result(timeout=60)


def addresses(rig):
    return asked(rig, lambda stores: stores.addresses.all())


def texts(said):
    return [one.text for one in said if isinstance(one, Line)]


def test_an_address_is_set_shown_changed_and_erased(rig):
    (number,) = letters(rig)
    words = '"Maria  Schmidt" "Lindenstr. 5" --country Germany --from "Anna / Nevsky 28" --note "+49 30"'
    said = rig.run(f'address set {number} {words}')
    assert texts(said) == [f'Letter no. {number} goes to Maria Schmidt.']
    (facts,) = rig.run(f'address show {number}')
    assert isinstance(facts, Facts)
    assert list(facts.facts.values()) == [
        number,
        'Maria Schmidt / Lindenstr. 5',
        'Germany',
        'Anna / Nevsky 28',
        '',
        '+49 30',
    ]
    rig.run(f'address set {number} --language ru')
    assert addresses(rig)[number].language == 'ru'
    assert addresses(rig)[number].recipient == ('Maria Schmidt', 'Lindenstr. 5')
    rig.run(['address', 'set', str(number), '--from', '', '--country', ''])
    assert addresses(rig)[number] == Address(recipient=('Maria Schmidt', 'Lindenstr. 5'), language='ru', note='+49 30')
    rig.run(f'address set {number} --country Germany')
    (table,) = rig.run('address list')
    assert table.rows == ((number, 'Maria Schmidt', 'Germany', '+49 30'),)
    rig.run(f'address clear {number}', answer=True)
    assert rig.asked == [f'Erase the address of letter no. {number}?']
    assert addresses(rig) == {}
    with pytest.raises(OptionError, match=f'letter no. {number} has no address'):
        rig.run(f'address show {number}')


def test_an_address_goes_with_its_letter_and_none_comes_back(rig):
    (number,) = letters(rig)
    rig.run(['address', 'set', str(number), 'Wilhelmine Hutzelbein'])
    asked(rig, lambda stores: stores.forget(number))
    assert addresses(rig) == {}
    for file in Path(rig.folders.data).rglob('*'):
        assert not file.is_file() or b'Hutzelbein' not in file.read_bytes()
    with pytest.raises(OptionError, match=f'no. {number} is forgotten'):
        rig.run(f'address set {number} Somebody')


def test_what_no_label_can_hold_is_refused_and_what_no_font_has_is_told(rig):
    (number,) = letters(rig)
    for words, said in (
        (['Ann\x1ba'], r'U\+001B cannot be printed'),
        (['x' * 101], '101 characters'),
        (['a'] * 9, '9 lines, 8 fit'),
        ([], 'nobody it goes to'),
        (['a', '--language', 'xx'], 'language cannot be'),
    ):
        with pytest.raises(OptionError, match=said):
            rig.run(['address', 'set', str(number), *words])
    assert addresses(rig) == {}
    with pytest.raises(OptionError, match=r'no\. 99 is no such letter'):
        rig.run('address set 99 Anna')
    (_, table) = rig.run(['address', 'set', str(number), 'Ali علي'])
    assert isinstance(table, Table)
    assert table.rows == ((number, 'ع (U+0639), ل (U+0644), ي (U+064A)'),)
    with pytest.raises(OptionError, match=r'no font here has ع'):
        rig.run(f'label {number}')


def test_a_list_is_taken_whole_or_not_at_all(rig):
    numbers = letters(rig, 3)
    good = 'number;to;country\r\n' + ''.join(f'{number};Frau Müller {number};Österreich\r\n' for number in numbers)
    said = rig.run('address import --dry-run', read=good.encode('cp1252'))
    assert said[0].rows[0] == (2, numbers[0], f'Frau Müller {numbers[0]}', 'Österreich')
    assert texts(said) == ['3 addresses would be taken; the list was read as windows-1252.']
    assert addresses(rig) == {}
    for wrong, why in ((f'{good}77;Anna;\r\n', r'list, line 5: no\. 77 is no such letter; mend the line; nothing'),
                       (f'{good}{numbers[0]};Anna;\r\n', f'line 5: letter no. {numbers[0]} stands in line 2'),
                       (f'{good}"', 'line 5: a quote that is never closed')):  # fmt: skip
        with pytest.raises(OptionError, match=why):
            rig.run('address import', read=wrong.encode())
        assert addresses(rig) == {}
    assert texts(rig.run('address import', read=good.encode())) == ['3 addresses taken; the list was read as utf-8.']
    assert addresses(rig)[numbers[2]] == Address(recipient=(f'Frau Müller {numbers[2]}',), country='Österreich')


def test_a_list_that_says_nothing_of_its_encoding_is_asked_about(rig):
    (number,) = letters(rig)
    data = f'number;to\n{number};Łukasz Żółć\n'.encode('cp1250')
    with pytest.raises(OptionError, match='cannot be told for sure; name it with --encoding'):
        rig.run('address import', read=data)
    rig.run('address import --encoding windows-1250', read=data)
    assert addresses(rig)[number].recipient == ('Łukasz Żółć',)


def test_a_list_with_a_formula_is_imported_harmlessly_and_goes_out_as_text(rig):
    (number,) = letters(rig)
    evil = "=cmd|' /C calc'!A0"
    rig.run('address import', read=f'number,to,note\n{number},"{evil}",@SUM(1)\n'.encode())
    (blob,) = rig.run('address export')
    assert blob.name == 'addresses.csv'
    rows = list(csv.reader(io.StringIO(blob.data.decode('utf-8-sig'))))
    assert [cell for cell in rows[1] if cell] == [str(number), f"'{evil}", "'@SUM(1)"]
    before = addresses(rig)
    rig.run('address import', read=blob.data)
    assert addresses(rig) == before


def printed(rig, words):
    (blob,) = rig.run(words)
    assert isinstance(blob, Blob)
    assert blob.data.startswith(b'%PDF-')
    return blob.name, readers.text(blob.data)


def test_label_and_slip_of_a_letter(rig, tmp_path):
    (number,) = letters(rig)
    rig.run(
        f'address set {number} "山﨑 太郎 様" "京都市中京区" --country Japan --from "Anna Żółkiewska" --language de'
    )
    name, said = printed(rig, f'label {number} --copies 2')
    assert name == f'label-{number}.pdf'
    assert said.count(f'Brief Nr. {number}') == 4
    assert said.count('78 U/min') == 4
    assert said.count('63,5') == 4
    assert '京都市' not in said
    name, said = printed(rig, f'slip {number} --language fr')
    assert name == f'slip-{number}.pdf'
    for text in ('山﨑 太郎 様', '京都市中京区', 'Japan', 'Anna Żółkiewska', 'ne pas plier'):
        assert text in said
    (blob,) = rig.run(f'slip {number}')
    (page,) = readers.pictures(blob.data, 200)
    assert readers.codes(tmp_path, page) == [f'AL:{number}']


def test_a_letter_of_an_unknown_day_is_dated_by_hand(rig):
    (number,) = letters(rig)
    asked(rig, lambda stores: stores.ledger.run('UPDATE letter SET date = NULL'))
    assert '20' not in printed(rig, f'label {number} --language de')[1]
    assert printed(rig, f'label {number} --language de --date 2026-11-27')[1].count('27.11.2026') == 2
    with pytest.raises(OptionError, match="'27/11' is no date; write it as 2026-11-27"):
        rig.run(f'label {number} --date 27/11')


def test_the_same_label_is_the_same_file(rig):
    (number,) = letters(rig)
    assert rig.run(f'label {number}') == rig.run(f'label {number}')


def test_what_cannot_be_printed_is_said(rig):
    (number,) = letters(rig)
    for words, said in (
        ('label 99', 'no. 99 is no such letter'),
        (f'slip {number}', 'has no address'),
        (f'label {number} --copies 0', '0 copies; give 1 to 100'),
        (f'label {number} --copies 101', '101 copies'),
        ('daysheet yesterday', 'is no day'),
    ):
        with pytest.raises(OptionError, match=said):
            rig.run(words)
    asked(rig, lambda stores: stores.forget(number))
    with pytest.raises(OptionError, match='is forgotten'):
        rig.run(f'label {number}')


def test_a_day_sheet_says_what_an_independent_query_finds(rig):
    numbers = letters(rig, 4)

    def cuts(stores):
        for number in numbers[:3]:
            stores.begin_cut(number).mkdir()
            stores.cut_done(number, {'letter_s': 45.0})
        stores.begin_cut(numbers[3])
        stores.cut_ended(numbers[3], 'fault', 'lid')
        for _ in range(2):
            stores.note('walked away at listen')
        stores.note('left at level check')
        stores.forget(numbers[0])

    asked(rig, cuts)
    with sqlite3.connect(rig.folders.data / 'ledger.sqlite') as ledger:
        day = asked(rig, lambda stores: stores.day()).day
        walked = ledger.execute("SELECT COUNT(*) FROM visit WHERE what = 'walked away at listen'").fetchone()[0]
        minutes = ledger.execute('SELECT SUM(stylus_s) / 60 FROM cut').fetchone()[0]
        spoiled = ledger.execute("SELECT COUNT(*) FROM cut WHERE state NOT IN ('done', 'refused')").fetchone()[0]
        blanks = ledger.execute('SELECT SUM(blank) FROM cut').fetchone()[0]
    ledger.close()
    name, said = printed(rig, 'daysheet')
    assert name == f'daysheet-{day.replace(" ", "-")}.pdf'
    assert (walked, minutes, spoiled, blanks) == (2, 2.25, 1, 4)
    for row in (f'Letters kept 4 {numbers[0]}-{numbers[3]}', 'Discs cut 3', 'Discs spoiled 1 The lid was opened 1',
                'Visitors who walked away 2 Your letter 2', 'Blanks used 4', 'Blanks left not counted',
                'Minutes the stylus has cut 2.2'):  # fmt: skip
        assert row in said, said
    assert printed(rig, ['daysheet', day, '--language', 'ja'])[1].startswith('日報')


def test_no_word_of_an_address_is_noted(rig):
    private = {command.name for command in COMMANDS if command.private}
    assert {'address set', 'address import', 'address show'} <= private
    assert {command.name for command in COMMANDS if command.changes} == {
        'address clear', 'address import', 'address set',
    }  # fmt: skip


@pytest.mark.parametrize('words', ['label 1 > label.pdf', 'daysheet > today.pdf', 'address import < list.csv'])
def test_an_arrow_that_was_typed_at_the_prompt_is_explained(rig, words):
    with pytest.raises(OptionError, match='files and pipes are those of your own computer'):
        rig.run(words)
