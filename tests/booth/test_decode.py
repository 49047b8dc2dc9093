"""Sound files for the booth: prompts, and what is dropped on its page."""

import pytest

from appliance.booth.decode import SoundFile
from appliance.errors import RecordingError


@pytest.mark.parametrize(
    'content', [b'', b'no sound', b'RIFF\x24\x00\x00\x00WAVEfmt '], ids=['empty', 'text', 'cut short']
)
def test_what_is_no_sound_is_refused_without_a_word_of_where_it_lay(tmp_path, content):
    """The page's copy lies in memory under a name that nobody gave it."""
    file = tmp_path / 'voice-4711'
    file.write_bytes(content)
    with pytest.raises(RecordingError) as refused:
        SoundFile(file)
    assert refused.value.what.startswith('this is no sound file that can be read (')
    assert file.name not in refused.value.what
    assert '..' not in refused.value.what + '.'
    assert refused.value.where == str(file)
