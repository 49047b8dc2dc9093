"""Whatever an address holds, it is printed in its place or refused in one line."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import OptionError
from appliance.paper.__main__ import drawn
from appliance.paper.orders import Label, Slip
from tests.paper.orders import HOUSE, LETTER
from tests.paper.test_paper import apart

LETTERS = st.characters(codec='utf-8', categories=('L', 'M', 'N', 'P', 'S', 'Zs'), max_codepoint=0x9FFF)
USUAL = st.sampled_from('abcXYZ  éößŁżЖя Ωή漢字カナ 123,.-/№')
LINES = st.lists(st.text(USUAL | LETTERS, max_size=100) | st.text(USUAL, max_size=100), max_size=8).map(tuple)


def printed(order):
    """Pages, or why not."""
    try:
        return drawn(order), ''
    except OptionError as error:
        return None, error.line


@settings(deadline=None, max_examples=60)
@given(LINES, LINES, st.text(USUAL, max_size=100))
def test_it_stands_in_its_place_or_is_refused(sender, recipient, country):
    subject = replace(LETTER, sender=sender, recipient=recipient, country=country)
    house = replace(HOUSE, paper='A6')
    for order in (Label(subject, house, 'de'), Slip(subject, house, 'ja')):
        pages, refused = printed(order)
        if pages is None:
            assert refused.isprintable()
            continue
        apart(pages.taken)
        for taken in pages.taken:
            assert taken.box.left >= 4.9
            assert taken.box.right <= (100.1 if taken.page == 1 and isinstance(order, Label) else 143.1)
        assert pages.pdf().startswith(b'%PDF-')
