"""An update of the program: signed, whole, newer, or not at all; back again when it is not well or the power goes."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys

import pytest
from update_rig import ROOT, Booth, CutDisk, FullDisk, PowerCut, bundles, codes, refused

FAILED, REFUSED, WENT_BACK = codes.FAILED, codes.REFUSED, codes.WENT_BACK
pytestmark = pytest.mark.skipif(shutil.which('ssh-keygen') is None, reason='apt install openssh-client')


@pytest.fixture
def booth(tmp_path):
    return Booth(tmp_path / 'booth')


def test_a_new_version_is_unpacked_tried_and_kept(booth):
    assert booth.updater().look(booth.bundle('1.1.0')) == '1.1.0'
    assert booth.version() == '1.0.0'  # nothing has been switched yet
    assert booth.updater().attempt()
    assert booth.system.ran == ['stop', '1.1.0']
    assert booth.left_over() == ['1.1.0', 'current']
    assert (booth.places.versions / '1.1.0' / 'bin' / 'audioletter').stat().st_mode & 0o777 == 0o755


def test_what_nobody_runs_any_more_goes_but_one_stays_to_go_back_to(booth):
    for version in ('1.1.0', '1.2.0', '1.10.0'):
        booth.updater().look(booth.bundle(version))
        assert booth.updater().attempt()
    assert booth.left_over() == ['1.10.0', '1.2.0', 'current']


def test_a_signature_that_is_not_trusted(booth):
    stranger = booth._key('stranger')
    assert 'signature' in refused(booth, booth.bundle('1.1.0', key=stranger))
    booth.places.signers.write_text('')
    assert 'signature' in refused(booth, booth.bundle('1.1.0'))


def test_a_manifest_that_was_changed(booth):
    file = booth.bundle('1.1.0')
    file.write_bytes(file.read_bytes().replace(b'"version": "1.1.0"', b'"version": "1.1.1"'))
    assert 'signature' in refused(booth, file)


def test_a_signature_for_something_else_than_updates(booth):
    booth.places.signers.write_text(booth.places.signers.read_text().replace('audioletter-update', 'letters'))
    assert 'signature' in refused(booth, booth.bundle('1.1.0'))


def test_a_bundle_cut_short_anywhere(booth):
    file = booth.bundle('1.1.0')
    whole = file.read_bytes()
    for size in [*range(0, len(whole), 61), len(whole) - 1]:
        file.write_bytes(whole[:size])
        refused(booth, file)
    file.write_bytes(whole + b'\0')
    assert 'damaged' in refused(booth, file)
    file.write_bytes(whole[:-9] + b'x' + whole[-8:])
    assert 'damaged' in refused(booth, file)


def test_what_is_no_bundle(booth, tmp_path):
    other = tmp_path / 'other'
    assert 'read' in refused(booth, other)
    other.write_bytes(b'PK' * 1000)
    assert 'no update' in refused(booth, other)
    assert 'read' in refused(booth, tmp_path)


def test_what_never_ends_is_not_waited_for(booth, tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    assert 'read' in refused(booth, tmp_path / 'pipe')


def test_an_older_version_and_the_same_are_refused(booth):
    for version in ('0.9.9', '1.0.0'):
        assert 'not older' in refused(booth, booth.bundle(version))


def test_another_computer_and_another_python_are_refused(booth):
    assert 'machine armv7l' in refused(booth, booth.bundle('1.1.0', machine='armv7l'))
    assert 'python 3.13' in refused(booth, booth.bundle('1.1.0', python='3.13'))
    assert 'no room' in refused(booth, booth.bundle('1.1.0', unpacked=10**15))
    assert 'no version' in refused(booth, booth.signed_anew(booth.bundle('1.1.0'), {'version': '../../etc'}))


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_before_all_is_unpacked_refuses_it(booth, number):
    bundle, step, disk = booth.bundle('1.1.0'), 0, FullDisk(0)
    while disk.steps >= step:
        step, disk = step + 1, FullDisk(step + 1, number)
        with contextlib.suppress(bundles.RefusedError):
            booth.updater(disk).look(bundle)
        assert booth.version() == '1.0.0'
    assert step > 8
    assert 'no room' in refused_by(booth, FullDisk(step // 2, number), bundle)
    assert booth.updater().look(bundle) == '1.1.0'


def refused_by(booth, disk, bundle):
    with pytest.raises(bundles.RefusedError) as told:
        booth.updater(disk).look(bundle)
    return str(told.value)


def test_nothing_begins_while_a_visitor_is_served(booth):
    booth.system.served = True
    assert 'visitor' in refused(booth, booth.bundle('1.1.0'))


def test_a_visitor_who_has_come_while_it_was_unpacked_is_not_thrown_out(booth):
    booth.updater().look(booth.bundle('1.1.0'))
    booth.system.served = True
    with pytest.raises(bundles.RefusedError, match='visitor'):
        booth.updater().attempt()
    assert booth.system.ran == []
    assert booth.version() == '1.0.0'
    booth.system.served = False
    assert booth.updater().look(booth.bundle('1.1.0')) == '1.1.0'
    assert booth.updater().attempt()


def test_one_that_is_not_well_goes_and_the_old_one_runs_again(booth):
    booth.system.sick = {'1.1.0'}
    booth.updater().look(booth.bundle('1.1.0'))
    assert not booth.updater().attempt()
    assert booth.system.ran == ['stop', '1.1.0', 'stop', '1.0.0']
    assert booth.updater().look(booth.bundle('1.1.1')) == '1.1.1'  # and the next one may come
    assert booth.updater().attempt()


def test_a_ledger_that_only_the_new_one_can_read_goes_back_with_it(booth):
    booth.ledger(4, 'before')
    booth.system.sick, booth.system.migrates = {'1.1.0'}, {'1.1.0': 5}
    booth.updater().look(booth.bundle('1.1.0'))
    assert not booth.updater().attempt()
    assert booth.letters() == (4, ['before'])


def test_a_ledger_that_both_can_read_keeps_what_came_meanwhile(booth):
    booth.ledger(4, 'before')
    booth.system.sick, booth.system.migrates = {'1.1.0'}, {'1.1.0': 4}
    booth.updater().look(booth.bundle('1.1.0'))
    assert not booth.updater().attempt()
    assert booth.letters() == (4, ['before', 'by 1.1.0'])


def whole_update(booth, disk):
    booth.updater(disk).look(booth.folder / '1.1.0.update')
    return booth.updater(disk).attempt()


def steps_of(tmp_path, sick):
    booth, disk = prepared(tmp_path / 'counted', sick), CutDisk()
    assert whole_update(booth, disk) is not sick
    return disk.steps


def prepared(folder, sick):
    booth = Booth(folder)
    booth.ledger(4, 'before')
    booth.system.sick, booth.system.migrates = {'1.1.0'} if sick else set(), {'1.1.0': 5}
    booth.bundle('1.1.0')
    return booth


@pytest.mark.parametrize('sick', [False, True])
def test_the_power_goes_before_or_after_any_step(tmp_path, sick):
    """What starts then is a whole version that was well, with a ledger that it can read; and a second cut while that is
    put in order changes nothing."""
    count = steps_of(tmp_path, sick)
    assert count > 15
    for step in range(1, count + 1):
        for after in (False, True):
            booth = prepared(tmp_path / f'{step}{after}', sick)
            with pytest.raises(PowerCut):
                whole_update(booth, CutDisk(step, after))
            for again in range(1, 40):
                booth.version()
                try:
                    booth.updater(CutDisk(again)).settle()
                    break
                except PowerCut:
                    pass
            version = booth.version()
            assert version == '1.0.0' or (not sick and step > count // 2)
            layout, letters = booth.letters()
            assert letters[0] == 'before'
            assert layout == 4 or version == '1.1.0'
            assert set(booth.left_over()) <= {'1.1.0', 'current'}


@pytest.mark.parametrize('sick', [False, True])
def test_a_disk_that_refuses_any_step_leaves_no_booth_shut(tmp_path, sick):
    """Until somebody pulls its plug: what is stopped for an update is begun again, on a whole version."""
    step, refused = 0, True
    while refused:
        step, booth = step + 1, prepared(tmp_path / f'{step}', sick)
        booth.updater().look(booth.folder / '1.1.0.update')
        disk = FullDisk(step)
        try:
            booth.updater(disk).attempt()
        except OSError:
            assert booth.system.ran[-1:] != ['stop']
        refused = disk.steps >= step
        booth.updater().settle()
        assert booth.version() == '1.0.0' or not sick
        assert booth.letters()[1][0] == 'before'
    assert step > 8


def test_a_version_that_is_gone_gives_way_to_what_the_image_came_with(booth):
    booth.updater().look(booth.bundle('1.1.0'))
    assert booth.updater().attempt()
    shutil.rmtree(booth.places.versions / '1.1.0')
    assert 'image' in booth.updater().settle()
    assert booth.version() == '1.0.0'


def test_the_one_program_that_the_image_has_runs_by_itself(tmp_path):
    """With nothing of its folder, of the environment or of an account."""
    file = tmp_path / 'updater'
    subprocess.run([ROOT / 'tools' / 'make_image', '--updater', file], check=True)
    assert file.read_bytes().startswith(b'#!/usr/bin/python3 -I\n')
    done = subprocess.run([sys.executable, '-I', file], capture_output=True, text=True, check=False, cwd='/', env={})
    assert (done.returncode, done.stderr) == (2, '')
    assert 'updater settle' in done.stdout


@pytest.mark.parametrize(
    ('code', 'unit_fails', 'tried'), [(0, False, True), (REFUSED, False, False), (FAILED, True, False)]
)
def test_a_refusal_is_told_and_is_no_failure_of_the_computer(tmp_path, code, unit_fails, tried):
    """From the command of the booth's account through the unit and back, with a systemd that runs it at once."""
    programs, run = ROOT / 'boot/image/root/usr/lib/audioletter', tmp_path / 'run'
    for folder in (run, tmp_path / 'run-update', tmp_path / 'bin'):
        folder.mkdir()
    script(tmp_path / 'updater', f'echo "look at $2"; exit {code}')
    script(tmp_path / 'bin/systemctl', f'echo "$*" >>{tmp_path}/asked; case $* in "start audioletter-update.service") '
           f'{programs}/ask {run} {tmp_path}/updater >/dev/null ;; esac')  # fmt: skip
    done = subprocess.run([programs / 'update', '/media/stick/new.update', run], capture_output=True, text=True,
                          check=False, env={'PATH': f'{tmp_path}/bin:/usr/bin:/bin'})  # fmt: skip
    assert done.returncode == code
    assert done.stdout.splitlines()[1:] == ['look at /media/stick/new.update']
    asked = (tmp_path / 'asked').read_text()
    assert ('start --no-block audioletter-try.service' in asked) is tried
    words = [programs / 'ask', run, tmp_path / 'updater']
    alone = subprocess.run(words, capture_output=True, check=False, env={'PATH': f'{tmp_path}/bin:/usr/bin:/bin'})
    assert (alone.returncode != 0) is unit_fails


@pytest.mark.parametrize('before', [False, True])
def test_what_was_told_of_another_update_is_not_told_again(tmp_path, before):
    """Where systemd does not begin the service at all."""
    run = tmp_path / 'run'
    for folder in (run, tmp_path / 'run-update', tmp_path / 'bin'):
        folder.mkdir()
    if before:
        (tmp_path / 'run-update/told').write_text('refused: it is damaged or cut short\n')
        os.utime(tmp_path / 'run-update/told', (1, 1))
    script(tmp_path / 'bin/systemctl', 'exit 1')
    words = [ROOT / 'boot/image/root/usr/lib/audioletter/update', '/media/stick/new.update', run]
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          env={'PATH': f'{tmp_path}/bin:/usr/bin:/bin'})  # fmt: skip
    assert (done.returncode, done.stderr) == (FAILED, '')
    assert done.stdout.splitlines()[1:] == ['failed: the service that looks at updates has not begun']


def script(path, text):
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)


def test_to_have_gone_back_is_no_failure_either():
    text = (ROOT / 'boot/image/units/audioletter-try.service').read_text()
    assert f'SuccessExitStatus={REFUSED} {WENT_BACK}\n' in text
    assert WENT_BACK not in (0, 1, 2, FAILED), 'Python ends with 1 when something is not caught'
