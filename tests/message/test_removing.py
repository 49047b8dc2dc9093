"""Removing what somebody else is still writing or removing: the cutter works in the very folder that is forgotten."""

import os
import shutil

import pytest

from appliance.message.disk import Disk


@pytest.fixture
def take(tmp_path):
    folder = tmp_path / 'take-1'
    scratch = folder / '.preview-x'
    scratch.mkdir(parents=True)
    for name in ('a', 'b', 'c'):
        (scratch / name).write_bytes(b'voice')
    (folder / 'take.wav').write_bytes(b'voice')
    return folder


def meddling(monkeypatch, name, meddle):
    """`meddle` happens once, just before `os.name` is first called."""
    real, done = getattr(os, name), []

    def first_meddle(*args, **kwargs):
        if not done:
            done.append(True)
            meddle()
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, first_meddle)


def test_what_somebody_else_removes_meanwhile_is_removed(take, monkeypatch):
    scratch = take / '.preview-x'
    meddling(monkeypatch, 'unlink', lambda: [os.remove(scratch / name) for name in ('a', 'b', 'c')])
    Disk().remove(take)
    assert not take.exists()


def test_what_somebody_else_writes_meanwhile_is_removed_too(take, monkeypatch):
    meddling(monkeypatch, 'rmdir', lambda: (take / '.preview-x' / 'late').write_bytes(b'voice'))
    Disk().remove(take)
    assert not take.exists()


def test_what_cannot_be_removed_is_an_error(take, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(shutil, 'rmtree', refuse)
    with pytest.raises(PermissionError):
        Disk().remove(take)
