"""The fonts of the paper: what they hold, by an independent reader, and that a letter they lack is told."""

import pytest
from fontTools.ttLib import TTFont

from appliance.errors import OptionError
from appliance.paper.fonts import BOLD, JAPANESE, SANS, faces, missing, refuse_missing, runs
from appliance.words.languages import NAMES, messages, translator

ALPHABETS = {
    'latin': 'ÀÇÐÑØÞßæœłŁżŻőűğışŞĿŀŉŋƏəǅȘșȚțẞĄĘŮǾ',
    'vietnamese': 'ẠảẤầẬẮằẶẸẻẾềỆỊỌỏỐồỘỚờỢỤỦứỰỲỵỸ',
    'greek': 'ΑΆΒΓΔΕΈΩΏαάϊΐϋΰώ ἀἁἄὁ',
    'cyrillic': 'АЁЖЩЪЫЬЭЮЯабвёђѓєѕіїјљњћќўџґғқҳӣӯҷәөүһѣѳ',
    'japanese': 'あアぁァんンヴヶー々〆東京都千代田区鷺ノ宮髙﨑濵德渡邊澤嶋凜彌碼薔薇纏ｱ〒',
    'signs': '№€£§°½⅓“”‘’„«»–—…†•′″µ',
}


@pytest.mark.parametrize('face', faces(), ids=lambda face: face.name)
def test_what_a_font_has_is_what_an_independent_reader_finds(face):
    assert face.codes == set(TTFont(face.path).getBestCmap())


@pytest.mark.parametrize('name', ALPHABETS)
def test_letters_of_addresses_are_there(name):
    assert missing(ALPHABETS[name].replace(' ', ''), faces()) == ''


@pytest.mark.parametrize('language', NAMES)
def test_every_text_of_the_booth_can_be_printed(language):
    translate = translator(language)
    assert not [text for text in messages() if missing(translate(text).replace('▲', '').replace('▼', ''), faces())]


def test_a_letter_that_no_font_has_is_named():
    assert missing('Ali عل 서울 Ali', faces()) == 'عل서울'
    with pytest.raises(OptionError, match=r'^post\.font: no font here has ع \(U\+0639\), ل \(U\+0644\);'):
        refuse_missing('Ali عل', faces())
    with pytest.raises(OptionError, match=r'and 1 more'):
        refuse_missing('가나다라마바', faces())


def test_a_text_of_several_scripts_is_set_in_several_fonts():
    assert runs('Bern 東京 5', faces()) == [(SANS, 'Bern '), (JAPANESE, '東京'), (SANS, ' 5')]
    assert runs('No. 217', faces(), bold=True) == [(BOLD, 'No. 217')]
    assert runs('ἀ 217', faces(), bold=True) == [(SANS, 'ἀ'), (BOLD, ' 217')]


def test_a_mark_stays_with_its_letter():
    (name, text), *rest = runs('a\u0301\u0323', faces())
    assert (name, text, rest) == (SANS, 'a\u0301\u0323', [])


def test_the_hosts_own_font_is_read_too(tmp_path):
    own = tmp_path / 'own.ttf'
    font = TTFont(faces()[0].path)
    for table in font['cmap'].tables:
        table.cmap[0x0639] = 'A'
    font.save(own)
    assert missing('ع', faces(str(own))) == ''
    assert runs('aع', faces(str(own))) == [(SANS, 'a'), ('own', 'ع')]


@pytest.mark.parametrize(
    'data', [b'', b'\0\1\0\0', b'\0\1\0\0' + b'\xff' * 4000, b'OTTO' + b'\0' * 400, b'\x89PNG\r\n']
)
def test_a_file_that_is_no_font_is_refused_by_name(tmp_path, data):
    own = tmp_path / 'own.ttf'
    own.write_bytes(data)
    with pytest.raises(OptionError, match=r'post\.font: .*own\.ttf'):
        faces(str(own))
    with pytest.raises(OptionError, match='No such file'):
        faces(str(tmp_path / 'none.ttf'))
