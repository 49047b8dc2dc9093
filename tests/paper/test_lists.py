"""Lists of addresses as spreadsheets write them, and as nobody should."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import OptionError
from appliance.message.host import Address
from appliance.paper.lists import decoded, entries, written
from appliance.paper.lists.decode import CODECS
from appliance.paper.lists.read import FORMULA
from appliance.words.languages import messages, translator

GERMAN = 'number;from;to;to2;to3;country\r\n7;Jürgen Groß;Frau Zoë Müller;Königstraße 5;70173 Stuttgart;Österreich\r\n'
FRENCH = 'number;to;to2\n7;Hélène Lefèvre;12, rue de l’Été à Nîmes — 1er étage\n'
RUSSIAN = (
    'number;to;to2;to3\n7;Анна Ёлкина;ул. Ленина, д. 5, кв. 12;г. Санкт-Петербург\n8;Семён Щукин;пр-т Мира 1;Москва\n'
)
GREEK = 'number,to,to2\n7,Γιώργος,Οδός Ερμού 12\n'
POLISH = 'number;to;to2\n7;Łukasz Żółć;ul. Długa 5\n'
JAPANESE = 'number,to,to2\n7,髙橋 花子,東京都千代田区一丁目\n'
CASES = [(GERMAN, 'windows-1252'), (FRENCH, 'windows-1252'), (RUSSIAN, 'windows-1251')]


def read(data):
    return entries(decoded(data)[0])


def first(text):
    return entries(text)[0].address


@pytest.mark.parametrize('text', [GERMAN, FRENCH, RUSSIAN, GREEK, POLISH, JAPANESE])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be'])
def test_unicode_proves_itself(text, encoding):
    assert decoded(text.encode(encoding))[0] == text
    assert read(text.encode(encoding))[0].number == 7


@pytest.mark.parametrize(('text', 'encoding'), CASES)
def test_what_only_one_encoding_makes_sense_of_is_read_in_it(text, encoding):
    assert decoded(text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize(
    ('text', 'encoding'),
    [
        (POLISH, 'windows-1250'),
        (GREEK, 'windows-1253'),
        (JAPANESE, 'shift-jis'),
        (RUSSIAN, 'koi8-r'),
        ('number,to\n7,à\n', 'windows-1252'),
        ('number,to\n7,ÄÖÜ\n', 'windows-1252'),
        ('number,to\n7,и в\n', 'windows-1251'),
        ('number,to\n7,Muller и Aнна\n', 'windows-1251'),  # its first A is Latin
    ],
)
def test_what_cannot_be_told_is_asked_for_and_not_guessed(text, encoding):
    data = text.encode(CODECS.get(encoding, encoding))
    with pytest.raises(
        OptionError, match='encoding of this file cannot be told for sure; name it with --encoding: utf-8'
    ):
        decoded(data)
    assert decoded(data, encoding) == (text, encoding)


@pytest.mark.parametrize(
    ('language', 'encoding'),
    [('ru', 'windows-1251'), ('de', 'windows-1252'), ('fr', 'windows-1252'), ('es', 'windows-1252')],
)
def test_of_many_short_texts_none_is_read_wrongly_and_most_are_read(language, encoding):
    """Each sentence of the booth by itself: less to go by than any list has."""
    texts = [text for text in map(translator(language), messages()) if not text.isascii()]
    right = 0
    for text in texts:
        try:
            data = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        try:
            assert decoded(data) == (text, encoding)
            right += 1
        except OptionError:
            continue
    assert right > 0.7 * len(texts), f'{right} of {len(texts)}'


def test_an_encoding_that_was_named_wrongly_is_told_with_the_line():
    with pytest.raises(OptionError, match=r'^encoding: line 2 is not utf-8; name it'):
        decoded(GERMAN.encode('windows-1252'), 'utf-8')
    with pytest.raises(OptionError, match='line 1 is not utf-16'):
        decoded(b'abc', 'utf-16')


@pytest.mark.parametrize('delimiter', [',', ';', '\t'])
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('head', ['number,to,to2,country', 'Country,TO 2,"To",No.'])
def test_separators_line_ends_and_orders_of_columns(delimiter, end, head):
    names = head.replace('"', '').split(',')
    cells = {'number': '7', 'no.': '7', 'to': 'A, B; C', 'to2': 'D\tE', 'to 2': 'D\tE', 'country': 'F'}
    text = io.StringIO(newline='')
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([names, [cells[n.casefold()] for n in names]])
    (entry,) = entries(text.getvalue())
    assert entry.number == 7
    assert entry.address == Address(recipient=('A, B; C', 'D E'), country='F')


def test_the_mark_of_a_spreadsheet_for_its_separator_is_known():
    (entry,) = entries('sep=;\nnumber;to\n7;a,b\n')
    assert (entry.line, entry.address.recipient) == (3, ('a,b',))


def test_a_cell_may_hold_several_lines_and_lines_are_counted_on():
    found = entries('number,to,from\n7,"Anna\nStreet 5\r\nTown",B\n\n,,\n8,C,D\n')
    assert [entry.line for entry in found] == [2, 7]
    assert found[0].address.recipient == ('Anna', 'Street 5', 'Town')


def test_what_nobody_sees_is_left_out_and_letters_are_composed():
    assert first('number,to\n7,"\u200b Mu\u0308ller\u00ad\ufeff "\n').recipient == ('Müller',)


HEAD = 'number,to\n'
HOSTILE = [
    (HEAD + '7,a\n8,"never closed\n9,b\n', 'line 3: a quote that is never closed'),
    (HEAD + '7,"a"b\n', 'line 2: a quote that is never closed, or stands where none may'),
    (HEAD + '7,a\0b\n', r'line 2: the character U\+0000 cannot be printed'),
    (HEAD + '7,a\x1b[31m\n', r'line 2: the character U\+001B'),
    (HEAD + '7,a\u202eb\n', r'line 2: the character U\+202E'),
    (HEAD + '7,a\n8,' + 3000 * 'x' + '\n', 'line 3: a cell has more than 2000 characters'),
    (HEAD + '7,' + 300_000 * 'x' + '\n', 'line 2: field larger than field limit'),
    (HEAD + '7,' + 101 * 'x' + '\n', 'line 2: recipient: 101 characters in one line'),
    (HEAD + '7,"' + 9 * 'x\n' + '"\n', 'line 2: recipient: 9 lines, 8 fit'),
    (HEAD + '7,a\n7,b\n', r'line 3: letter no\. 7 stands in line 2 already'),
    (HEAD + '7,a,b\n', r"line 2: 'b' stands in column 3, which has no name"),
    (HEAD + '7,a' + 1000 * ',' + 'b\n', r"line 2: 'b' stands in column 1002"),
    (HEAD + 'seven,a\n', "line 2: 'seven' is no number of a letter"),
    (HEAD + '-7,a\n', "line 2: '-7' is no number"),
    (HEAD + '0,a\n', "line 2: '0' is no number"),
    (HEAD + '٧,a\n', "line 2: '٧' is no number"),
    (HEAD + '99999999999,a\n', r"line 2: '99999999999' is no number"),
    (HEAD + '=1+6,a\n', "line 2: '=1.6' is no number"),
    (HEAD + '7\n', r'line 2: letter no\. 7 has nobody it goes to'),
    (HEAD + '7,"  \n "\n', r'line 2: letter no\. 7 has nobody it goes to'),
    ('number,to,language\n7,a,xx\n', r"line 2: there is no language 'xx'; one of en, ru"),
    ('number,to,to\n7,a,b\n', 'line 1: the column to is there twice'),
    ('number,to,recipient\n7,a,b\n', 'line 1: the column to is there twice'),
    ('number,to,contry\n7,a,b\n', "line 1: unknown column 'contry'; did you mean country?"),
    ('number,to,=cmd|x\n7,a,b\n', r"line 1: unknown column '=cmd\|x'; columns are number, to"),
    ('to,from\na,b\n', 'line 1: no column is called number'),
    (HEAD, 'there is no address in it'),
    ('', 'no column is called number'),
    ('\n' * 1000, 'no column is called number'),
    (HEAD + ''.join(f'{n},a\n' for n in range(1, 6000)), 'line 5002: more than 5000 addresses'),
]


@pytest.mark.parametrize(('text', 'said'), HOSTILE, ids=[said[:40] for _, said in HOSTILE])
def test_what_is_wrong_is_named_with_its_line(text, said):
    with pytest.raises(OptionError, match=said) as refused:
        read(text.encode('utf-8'))
    assert len(str(refused.value)) < 300
    assert str(refused.value).isprintable()


def test_a_file_without_end_is_refused():
    with pytest.raises(OptionError, match='more than 1048576 bytes'):
        decoded(b'x' * (1 << 21))


@pytest.mark.parametrize(
    'cell', ["=cmd|' /C calc'!A0", '+49 30 1234', '-5', '@SUM(1)', '＝1', "'=1", "''=1", "'quoted'"]
)
def test_a_formula_is_a_text_and_goes_out_as_one(cell):
    address = Address(recipient=(cell,), sender=('a',), country=cell, note=cell)
    assert first(f'number,to\n7,"{cell}"\n').recipient == (cell.removeprefix("'") if '=1' in cell else cell,)
    data = written({7: address})
    rows = list(csv.reader(io.StringIO(data.decode('utf-8-sig'), newline='')))
    assert not [field for row in rows for field in row if field.startswith(FORMULA)]
    (entry,) = read(data)
    assert entry.address == address


LINE = st.text(st.characters(codec='utf-8', categories=('L', 'N', 'P', 'S')), min_size=1, max_size=20)


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 10**9 - 1), st.tuples(st.lists(LINE, min_size=1, max_size=8), LINE), min_size=1))
def test_what_goes_out_comes_in_again(told):
    def composed(text):
        return unicodedata.normalize('NFC', text)

    addresses = {
        number: Address(recipient=tuple(map(composed, lines)), note=composed(note))
        for number, (lines, note) in told.items()
    }
    assert {entry.number: entry.address for entry in read(written(addresses))} == addresses


@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: ('number,to\n' + text).encode('utf-8')))
)
def test_whatever_comes_is_read_or_refused(data):
    try:
        found = read(data)
    except OptionError:
        return
    assert all(entry.address.recipient for entry in found)
