"""Archives: NumPy itself is the oracle of the format, a size limit of the process the full disk."""

import contextlib
import resource
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance import npz
from appliance.errors import GrooveFileError, StorageError
from appliance.npz import Column, NpzReader, Streamed, write_npz

RNG = np.random.default_rng(7)
MEMBERS = {
    'pwm': RNG.integers(0, 626, (1000, 2)).astype(np.uint16),
    'angle': RNG.standard_normal(777),
    'rate': np.int64(50_000),
    'nothing': np.zeros(0, np.float32),
    'facts': '{"disc": "xray-25", "name": "Невский"}',
}


def streamed(value, step=300):
    return Streamed(value.dtype, value.shape, (value[i : i + step] for i in range(0, len(value), step)))


def test_numpy_reads_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / 'a.npz'
    write_npz(path, {**MEMBERS, 'angle': streamed(MEMBERS['angle']), 'pwm': streamed(MEMBERS['pwm'])})
    with np.load(path, allow_pickle=False) as read:
        assert set(read.files) == set(MEMBERS)
        for name, value in MEMBERS.items():
            np.testing.assert_array_equal(read[name], value)
            assert read[name].dtype == np.asarray(value).dtype
            assert read[name].shape == np.shape(value)


def test_we_read_what_numpy_writes(tmp_path: Path) -> None:
    np.savez(tmp_path / 'a.npz', **MEMBERS)
    reader = NpzReader(tmp_path / 'a.npz')
    assert reader.names == list(MEMBERS)
    for name, value in MEMBERS.items():
        np.testing.assert_array_equal(reader.array(name), value)
    reader.close()


def test_a_part_is_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / 'a.npz'
    write_npz(path, MEMBERS)
    reader = NpzReader(path)
    assert 'pwm' in reader
    assert 'dust' not in reader
    assert reader.shape('pwm') == (1000, 2)
    assert reader.dtype('pwm') == np.uint16
    np.testing.assert_array_equal(reader.read('pwm', 990, 50), MEMBERS['pwm'][990:])
    np.testing.assert_array_equal(reader.read('angle', 5, 7), MEMBERS['angle'][5:12])
    assert len(reader.read('angle', 800, 5)) == 0
    assert [len(block) for block in reader.blocks('angle', 500)] == [500, 277]
    np.testing.assert_array_equal(np.concatenate(list(reader.blocks('angle', 500))), MEMBERS['angle'])
    reader.close()


def test_equal_members_give_equal_bytes(tmp_path: Path) -> None:
    write_npz(tmp_path / 'a.npz', MEMBERS)
    write_npz(tmp_path / 'b.npz', {**MEMBERS, 'pwm': streamed(MEMBERS['pwm'])})
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()
    with zipfile.ZipFile(tmp_path / 'a.npz') as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


@pytest.mark.parametrize('rows', [999, 1001])
def test_a_stream_of_another_length_is_refused(tmp_path: Path, rows: int) -> None:
    wrong = Streamed(np.uint16, (rows, 2), [MEMBERS['pwm']])
    with pytest.raises(ValueError, match=r'short|too long'):
        write_npz(tmp_path / 'a.npz', {'pwm': wrong})
    assert not list(tmp_path.iterdir())


def test_python_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='objects'):
        write_npz(tmp_path / 'a.npz', {'x': np.array([{}, None])})


def test_the_zip64_form_is_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz, 'ZIP64_FROM', 1000)
    path = tmp_path / 'a.npz'
    write_npz(path, MEMBERS)
    assert b'pwm.npy\x01\x00\x10\x00' in path.read_bytes()  # APPNOTE 4.5.3: extra field 1, 16 bytes
    with np.load(path, allow_pickle=False) as read:
        np.testing.assert_array_equal(read['pwm'], MEMBERS['pwm'])
    reader = NpzReader(path)
    np.testing.assert_array_equal(reader.array('pwm'), MEMBERS['pwm'])
    reader.close()


def test_a_full_disk_leaves_nothing_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / 'groove.npz'
    path.write_bytes(b'older')
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limit[1]))
        with pytest.raises(StorageError, match=r'groove\.npz: cannot write'):
            write_npz(path, MEMBERS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert [file.name for file in tmp_path.iterdir()] == ['groove.npz']
    assert path.read_bytes() == b'older'


def test_no_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match='No such file'):
        write_npz(tmp_path / 'none' / 'a.npz', MEMBERS)


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(GrooveFileError, match='No such file'):
        NpzReader(tmp_path / 'none.npz')
    (tmp_path / 'text.npz').write_text('not a zip')
    with pytest.raises(GrooveFileError, match='not a groove'):
        NpzReader(tmp_path / 'text.npz')
    np.savez_compressed(tmp_path / 'c.npz', **MEMBERS)
    with pytest.raises(GrooveFileError, match='compressed'):
        NpzReader(tmp_path / 'c.npz')
    np.savez(tmp_path / 'o.npz', x=np.array([{}]))
    with pytest.raises(GrooveFileError, match='never writes'):
        NpzReader(tmp_path / 'o.npz')
    write_npz(tmp_path / 'a.npz', MEMBERS)
    reader = NpzReader(tmp_path / 'a.npz')
    with pytest.raises(GrooveFileError, match='has no dust'):
        reader.array('dust')
    with pytest.raises(GrooveFileError, match='single value'):
        reader.read('rate', 0, 1)
    reader.close()


def test_a_file_cut_short_while_open_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / 'a.npz'
    write_npz(path, MEMBERS)
    reader = NpzReader(path)
    with path.open('r+b') as file:
        file.truncate(1000)
    with pytest.raises(GrooveFileError, match='pwm is cut short'):
        reader.array('pwm')
    reader.close()


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes_never_surprise(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / 'a.npz'
    write_npz(path, {'angle': MEMBERS['angle'][:20], 'facts': '{}'})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.integers(1, len(raw)))] if data.draw(st.booleans()) else raw)
    try:
        reader = NpzReader(path)
    except GrooveFileError:
        return
    for name in reader.names:
        with contextlib.suppress(GrooveFileError):
            reader.array(name)
    reader.close()


def test_a_column_grows_on_disk_and_becomes_a_member(tmp_path: Path) -> None:
    pairs = Column(np.uint16, 2, tmp_path)
    for start in range(0, 1000, 130):
        pairs.append(MEMBERS['pwm'][start : start + 130])
    pairs.append(np.zeros((0, 2)))
    plain = Column(np.float64)
    plain.append([1.5, 2.5])
    assert pairs.rows == 1000
    np.testing.assert_array_equal(pairs.read(995, 20), MEMBERS['pwm'][995:])
    with pytest.raises(ValueError, match='rows of shape'):
        pairs.append([1, 2])
    write_npz(tmp_path / 'a.npz', {'pwm': pairs.streamed(), 'x': plain.streamed()})
    with np.load(tmp_path / 'a.npz', allow_pickle=False) as read:
        np.testing.assert_array_equal(read['pwm'], MEMBERS['pwm'])
        np.testing.assert_array_equal(read['x'], [1.5, 2.5])
    pairs.close()
    plain.close()
    assert [file.name for file in tmp_path.iterdir()] == ['a.npz']


def test_a_column_on_a_full_disk_says_where(tmp_path: Path) -> None:
    column = Column(np.uint8, folder=tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limit[1]))
        with pytest.raises(StorageError, match='cannot write scratch data'):
            column.append(np.zeros(3000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
        column.close()
