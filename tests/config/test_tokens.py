"""Tokens: a card is known by its hash, and the hash tells nothing of the card."""

from dataclasses import replace

import pytest

from appliance.config import load_config
from appliance.config.tokens import check_attendant, token_of, whose
from appliance.errors import MachineFileError, OptionError

CARD = '0012345678'


def test_a_card_is_known_by_its_hash_alone(tmp_path):
    tokens = (token_of('ben', '0087654321'), token_of('anna', CARD))
    assert whose(CARD, tokens) == 'anna'
    assert whose('0012345679', tokens) == ''
    assert whose(CARD, ()) == ''
    assert CARD not in ''.join(tokens)
    assert token_of('anna', CARD) != token_of('anna', CARD), 'each has a salt of its own'
    config, _ = load_config(system=tmp_path)
    check_attendant(replace(config.attendant, tokens=tokens), 'mine.toml')


@pytest.mark.parametrize(
    ('name', 'card'), [('Anna', CARD), ('', CARD), ('a' * 21, CARD), ('anna', '123'), ('anna', 'x' * 65)]
)
def test_a_name_or_a_card_that_will_not_do_is_refused(name, card):
    with pytest.raises(OptionError):
        token_of(name, card)


def test_a_token_that_is_none_is_named(tmp_path):
    config, _ = load_config(system=tmp_path)
    good = token_of('anna', CARD)
    for bad in ('anna', 'anna:x:y', good + ':', good.replace('anna', 'An na'), good[:-4], ':::'):
        with pytest.raises(MachineFileError, match=r'mine\.toml.*attendant\.tokens'):
            check_attendant(replace(config.attendant, tokens=(bad,)), 'mine.toml')
    with pytest.raises(MachineFileError, match="'anna' twice"):
        check_attendant(replace(config.attendant, tokens=(good, token_of('anna', '99999999'))), 'mine.toml')
