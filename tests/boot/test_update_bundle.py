"""What an update may hold: a program, as its tool packs it; all else is refused, with its cause, and nothing stays."""

import gzip
import hashlib
import io
import random
import re
import shutil
import tarfile
import zlib

import pytest
from update_rig import Booth, bundles, disks, make_bundle, refused

pytestmark = pytest.mark.skipif(shutil.which('ssh-keygen') is None, reason='apt install openssh-client')
GZIP = zlib.decompressobj


@pytest.fixture
def booth(tmp_path):
    return Booth(tmp_path / 'booth')


@pytest.mark.parametrize('name', ['../out', '/etc/passwd', 'bin/../../out'])
def test_nothing_is_unpacked_outside(booth, name):
    assert 'none may' in refused(booth, booth.with_payload('1.1.0', packed(tarfile.TarInfo(name))))


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_nothing_but_files_and_folders_is_unpacked(booth, kind):
    member = tarfile.TarInfo('bin')
    member.type, member.linkname = kind, '/etc'
    assert 'none may' in refused(booth, booth.with_payload('1.1.0', packed(member)))


def packed(*members):
    return gzip.compress(tarred(*members))


def tarred(*members):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode='w', format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(member.content if isinstance(member, Member) else b''))
    return raw.getvalue()


class Member(tarfile.TarInfo):
    """A file with something in it; a folder where it has nothing to hold."""

    def __init__(self, name, content=None):
        super().__init__(name)
        self.content = content or b''
        self.size, self.type = len(self.content), tarfile.DIRTYPE if content is None else tarfile.REGTYPE


VERSION, PROGRAM = Member('VERSION', b'1.1.0\n'), Member('bin/audioletter', b'#!/bin/sh\n')
SPARSE = Member('hole', b'1\n0\n0\n' + bytes(506))
SPARSE.pax_headers = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': str(1 << 40)}
HUGE = Member('huge', b'')
HUGE.size = 1 << 40


@pytest.mark.parametrize(
    ('payload', 'why'),
    [
        (packed(VERSION), 'no program'),
        (packed(PROGRAM), 'the version that it says'),
        (packed(PROGRAM, Member('VERSION')), 'the version that it says'),
        (packed(PROGRAM, Member('VERSION', b'\xff\xfe')), 'the version that it says'),
        (packed(PROGRAM, Member('VERSION', b'1.1.1\n')), 'the version that it says'),
        (packed(VERSION, Member('bin', b'x')), 'no program'),
        (packed(VERSION, Member('bin/audioletter')), 'no program'),
        (packed(VERSION, PROGRAM, VERSION), r'cannot be: VERSION'),
        (packed(VERSION, PROGRAM, Member('VERSION/x', b'x')), 'cannot be: VERSION/x'),
        (packed(VERSION, PROGRAM, Member('VERSION/x/y', b'x')), 'cannot be: VERSION/x/y'),
        (packed(VERSION, PROGRAM, Member('bin', b'x')), 'cannot be: bin '),
        (packed(VERSION, PROGRAM, Member('b' * 300, b'x')), "cannot be: 'bbb"),
        (packed(VERSION, PROGRAM, Member('\x1b[2J', b'x'), Member('\x1b[2J', b'x')), r"cannot be: '\\x1b\[2J'"),
        (packed(VERSION, PROGRAM, Member('bin/python', b'x')), 'none may: bin/python'),
        (packed(VERSION, PROGRAM, SPARSE), 'none may: hole'),
        (gzip.compress(HUGE.tobuf()), 'cannot be unpacked'),
        (packed(VERSION, PROGRAM)[:40], 'cannot be unpacked'),
        (gzip.compress(tarred(VERSION, PROGRAM)[:700]), 'cannot be unpacked'),
        (gzip.compress(b'x' * 5000), 'cannot be unpacked'),
        (b'x' * 5000, 'cannot be unpacked'),
    ],
)
def test_what_was_signed_but_made_badly_is_refused_with_its_cause(booth, payload, why):
    """The booth has not failed, whatever its maker has put in."""
    assert re.search(why, refused(booth, booth.with_payload('1.1.0', payload)))


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('version', 7), ('version', None), ('version', '1.1'), ('version', '1.1.0\n'), ('machine', ['aarch64']),
        ('machine', 'a' * 21), ('python', 3.11), ('bytes', -5), ('bytes', True), ('bytes', '5'), ('unpacked', 0),
        ('unpacked', 1.5), ('block', 0), ('block', 1 << 30), ('blocks', None), ('blocks', 'x'), ('blocks', [1]),
    ],
)  # fmt: skip
def test_a_manifest_that_says_something_odd_is_refused_with_its_name(booth, name, value):
    assert f'no {name} ' in refused(booth, booth.signed_anew(booth.bundle('1.1.0'), {name: value}))


@pytest.mark.parametrize('text', [b'', b'{', b'[1, 2]', b'7', b'"\xff"', b'[' * 90_000, b'9' * 5000])
def test_a_manifest_that_is_none(text):
    with pytest.raises(bundles.RefusedError, match='its manifest'):
        bundles.Manifest.read(text)


def test_more_than_it_says_is_not_unpacked(booth, monkeypatch):
    monkeypatch.setattr(bundles, 'HEADERS', 4096)
    payload = packed(VERSION, PROGRAM, Member('zeros', bytes(5000)))
    assert 'more than it says' in refused(booth, booth.with_payload('1.1.0', payload))
    monkeypatch.setattr(bundles, 'HEADERS', 1 << 14)
    assert booth.updater().look(booth.with_payload('1.1.0', payload)) == '1.1.0'


def test_no_damage_behind_the_signature_is_a_failure_of_the_booth(tmp_path):
    """Headers of a tar changed anywhere, summed and signed so: it is refused, or it is a tar all the same."""
    whole, chance, told = tarred(VERSION, Member('bin'), PROGRAM, Member('a' * 120, b'x')), random.Random(3), set()
    headers = [at for at in range(0, len(whole), 512) if whole[at + 257 : at + 262] == b'ustar']
    for turn in range(400):
        raw, at = bytearray(whole), chance.choice(headers)
        for _ in range(chance.randrange(1, 4)):
            place = chance.choice((0, 124, 156, chance.randrange(512)))  # of name, size, kind
            raw[at + place] = chance.choice(b'\0 /0234567LSgx\x80\xff')
        raw[at + 148 : at + 156] = b'%06o\0 ' % (sum(raw[at : at + 148]) + 8 * 0x20 + sum(raw[at + 156 : at + 512]))
        folder = tmp_path / f'{turn}'
        folder.mkdir()
        told.add(unpacked_alone(folder, gzip.compress(raw)))
    assert {'', 'it holds what none may', 'it cannot be unpacked', 'it holds no program'} <= told


def unpacked_alone(folder, packed):
    """'' when it was taken, or the beginning of why not."""
    digest = hashlib.sha256(packed).hexdigest()
    manifest = bundles.Manifest('1.1.0', 'aarch64', '3.11', len(packed), 1, len(packed), [digest])
    try:
        intake = bundles.Intake(bundles.Places(), disks.Disk(), folder)
        intake._unpack(bundles.Payload(io.BytesIO(packed), manifest), '1.1.0')
    except bundles.RefusedError as error:
        return re.split('[:(]', str(error))[0].strip()
    return ''


def test_no_block_is_unpacked_before_it_is_known_to_be_the_one_that_was_signed(booth, monkeypatch):
    """And none is read twice: a stick that tells other things the second time gains nothing."""
    monkeypatch.setattr(make_bundle, 'BLOCK', 4096)
    tree = booth.folder / 'made' / '1.1.0'
    (tree / 'bin').mkdir(parents=True)
    (tree / 'VERSION').write_text('1.1.0\n')
    (tree / 'bin' / 'audioletter').write_text('1.1.0' * 100)
    (tree / 'lib').write_bytes(random.Random(1).randbytes(40_000))
    file = booth.bundle('1.1.0')
    whole = file.read_bytes()
    unpacked = []
    monkeypatch.setattr(bundles.zlib, 'decompressobj', lambda **words: Spied(unpacked))
    file.write_bytes(whole[:-20_000] + b'x' + whole[-19_999:])
    assert 'damaged' in refused(booth, file)
    signed = whole.index(b'\x1f\x8b\x08')
    assert b''.join(unpacked) == whole[signed : signed + len(b''.join(unpacked))]
    assert 4096 <= len(b''.join(unpacked)) <= len(whole) - 20_000 - signed
    monkeypatch.undo()
    file.write_bytes(whole)
    booth.updater().look(file)
    assert (booth.places.versions / '1.1.0' / 'lib').read_bytes() == (tree / 'lib').read_bytes()


class Spied:
    """zlib's, and what it was given."""

    def __init__(self, given):
        self._given, self._gzip = given, GZIP(wbits=31)

    def decompress(self, packed, most):
        self._given.append(packed)
        return self._gzip.decompress(packed)

    unconsumed_tail = b''

    @property
    def eof(self):
        return self._gzip.eof
