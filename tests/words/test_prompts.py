"""What the booth says aloud: a text and a file for each, heard by measuring, the host's own first."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.config import load_config
from appliance.kiosk.live import Live, Settings
from appliance.kiosk.view import view
from appliance.machine import load_disc
from appliance.orders import Order
from appliance.screens.wording import wording
from appliance.words.languages import NAMES, translator
from appliance.words.prompts import ALIKE, LANGUAGES, PROMPTS, SHIPPED, SPOKEN, TONES, file_name, prompt, tone
from appliance.words.reasons import CALL
from appliance.words.texts import SCREENS
from appliance.workflow import moves, turn
from appliance.workflow.rules import Rules
from appliance.workflow.values import Booth, Held, State

RATE_HZ = 24_000
RULES = Rules()
ALL = [(language, state) for language in LANGUAGES for state in SPOKEN]
# What the spoken text must name where the screen has a label, by language: button, left, right.
CONTROLS = {
    'en': ('button', 'left|either|any', 'right|either|any'),
    'de': ('knopf', 'linke|beide|einen knopf', 'rechte|beide|einen knopf'),
    'fr': ('bouton', 'gauche|un bouton', 'droit|un bouton'),
    'es': ('botón', 'izquierd|cualquier', 'derech|cualquier'),
    'ru': ('кнопк', 'лева|люб', 'прав|люб'),
}


def heard(path):
    sound, rate_hz = soundfile.read(path, dtype='float64')
    return sound, rate_hz


def speech_db(sound):
    """Root mean square of the 20 ms pieces that hold speech."""
    power = (sound[: len(sound) // 480 * 480].reshape(-1, 480) ** 2).mean(axis=1)
    return 10 * np.log10(power[power > power.max() * 1e-4].mean())


@pytest.mark.parametrize('language', LANGUAGES)
def test_every_prompt_is_heard_as_loud_as_the_others(language):
    levels = []
    for state, english in PROMPTS.items():
        sound, rate_hz = heard(prompt(state, language))
        assert (sound.ndim, rate_hz) == (1, RATE_HZ)
        assert np.abs(sound).max() < 0.95, state
        per_letter_s = len(sound) / rate_hz / len(translator(language)(english))
        assert 0.04 < per_letter_s < 0.13, (state, per_letter_s)  # 8 to 25 letters a second: nothing is cut off
        assert np.abs(sound[:24]).max() < 0.05, state  # no click at either end
        assert np.abs(sound[-24:]).max() < 0.05, state
        levels.append(speech_db(sound))
    assert -24 < min(levels) <= max(levels) < min(levels) + 2


def test_the_files_are_made_of_the_texts_of_today():
    """Otherwise: tools/make_prompts."""
    manifest = json.loads((SHIPPED / 'manifest.json').read_text(encoding='utf-8'))
    texts = {f'{lang}/{file_name(p)}.ogg': translator(lang)(PROMPTS[p]) for lang in LANGUAGES for p in PROMPTS}
    assert manifest == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    files = {p.relative_to(SHIPPED).as_posix() for p in SHIPPED.rglob('*') if p.is_file()}
    assert files == {'manifest.json', *texts, *(f'tones/{name}.flac' for name in TONES)}
    assert sum((SHIPPED / name).stat().st_size for name in files) < 3.5e6


@pytest.mark.parametrize(('language', 'state'), ALL)
def test_a_prompt_names_every_control_that_does_something(language, state):
    text = translator(language)(SPOKEN[state]).lower()
    texts = SCREENS[state]
    for label, words in zip((texts.go, texts.left, texts.right), CONTROLS[language], strict=True):
        if label and state is not State.THANKS:  # it ends by itself
            assert re.search(words, text), (label, words)


@pytest.mark.parametrize('reason', ['', 'too long', 'plan'])
@pytest.mark.parametrize('spent', [{}, {'retakes': RULES.retakes}, {'replays': RULES.replays}])
@pytest.mark.parametrize('state', [State.NOT_HEARD, State.LISTEN, State.DISCARD, State.DOES_NOT_FIT])
@pytest.mark.parametrize('language', LANGUAGES)
def test_nothing_is_offered_aloud_that_the_screen_does_not_offer(language, state, spent, reason):
    booth = Booth(state=state, held=Held.UNSAVED, reason=reason if state is State.DOES_NOT_FIT else '', **spent)
    name = turn.prompt(state, booth, RULES)
    assert prompt(name, language).stem == file_name(name)
    text = translator(language)(PROMPTS[name]).lower()
    config, _ = load_config()
    texts = wording(view(booth, Live(), Settings(config, load_disc('xray-25'), Order('xray-25')), RULES, 0.0))
    for label, words in zip((texts.go, texts.left, texts.right), CONTROLS[language], strict=True):
        assert bool(re.search(words, text)) == bool(label), (label, words, text)
    assert ('call the host' in PROMPTS[name]) == (texts.line == CALL)
    assert ('too long' in PROMPTS[name]) == (texts.title == SCREENS[State.DOES_NOT_FIT].title)


@pytest.mark.parametrize(
    'state', [State.OUT_OF_BLANKS, State.SWARF_FULL, State.NO_SPACE, State.NO_MICROPHONE, State.FAULT]
)
@pytest.mark.parametrize('language', LANGUAGES)
def test_whoever_cannot_see_hears_that_the_host_must_be_called(language, state):
    """In every state in which a visit waits for somebody else: silence would be taken for the end of it."""
    assert prompt(state.value, language) is not None
    assert 'call the host' in SPOKEN[ALIKE.get(state, state)]


def test_tones_are_short_clear_and_without_a_click():
    for name in TONES:
        sound, rate_hz = heard(tone(name))
        assert rate_hz == RATE_HZ
        assert 0.05 < len(sound) / rate_hz < 1.5, name
        assert 0.05 < np.abs(sound).max() < 0.5, name
        assert abs(sound[0]) < 0.01, name
        assert abs(sound[-1]) < 0.01, name
    assert tone('no such tone') is None


def test_the_tone_before_speaking_is_one_note():
    sound, rate_hz = heard(tone('record'))
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * rate_hz / len(sound) == pytest.approx(880, abs=3)


def test_the_workflow_asks_for_no_tone_that_is_not_there():
    room = Path(moves.__file__).parent
    asked = {t for p in room.glob('*.py') for t in re.findall(r"Act\.TONE, '(\w+)'", p.read_text(encoding='utf-8'))}
    assert asked
    assert asked <= set(TONES)


@pytest.mark.parametrize('suffix', ['.wav', '.flac', '.ogg'])
def test_the_hosts_own_recording_comes_first(tmp_path, suffix):
    own = tmp_path / 'ja' / f'level-check{suffix}'
    own.parent.mkdir()
    own.touch()
    (tmp_path / 'tones').mkdir()
    (tmp_path / 'tones' / f'record{suffix}').touch()
    assert prompt('level check', 'ja', str(tmp_path)) == own
    assert prompt('level check', 'en', str(tmp_path)) == SHIPPED / 'en' / 'level-check.ogg'
    assert tone('record', str(tmp_path)).parent == tmp_path / 'tones'
    assert prompt('level check', 'ja') is None  # the screen has the text
    assert prompt('attract', 'en') is None
    assert set(LANGUAGES) < set(NAMES)


def test_finding_a_prompt_loads_no_sound_library():
    code = "import sys, appliance.words.prompts; sys.exit('soundfile' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, '-c', code], check=True)
