"""Who is at the shell: the name of the SSH key that was used, else the account's.

sshd writes which key it was into the file that $SSH_USER_AUTH names (`ExposeAuthInfo yes`), a line such as
`publickey ssh-ed25519 AAAA...`; the name is the comment of the same key in the file of keys that sshd reads
(sshd(8), AUTHORIZED_KEYS FILE FORMAT). A key without a comment is called by its fingerprint, as `ssh-keygen -l` has it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from appliance.errors import OptionError
from appliance.shell.layout import harmless

LONGEST = 40  # characters of a name; the booth takes no longer one
MAX_BYTES = 1 << 20  # of the file of keys
UNKNOWN = 'an unknown key'


def account() -> str:
    """Of this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def key_name(environ: Mapping[str, str], keys: Path) -> str:
    """Of the key that this SSH session was let in by; OptionError when sshd does not say, or keys cannot be read."""
    told = environ.get('SSH_USER_AUTH', '')
    if not told:
        remedy = 'sshd_config needs ExposeAuthInfo yes'
        raise OptionError('sshd does not say which key was used', where='SSH_USER_AUTH', remedy=remedy)
    used = next((line.split()[1:] for line in _lines(Path(told)) if line.startswith('publickey ')), [])
    if len(used) < 2:
        return UNKNOWN
    return _named(used[1], keys) or fingerprint(used[1])[:LONGEST] or UNKNOWN


def fingerprint(key: str) -> str:
    """As `ssh-keygen -l` prints it: SHA256 of the key, in base64 without its padding; empty for what is no key."""
    try:
        digest = hashlib.sha256(base64.b64decode(key, validate=True)).digest()
    except (binascii.Error, ValueError):
        return ''
    return f'SHA256:{base64.b64encode(digest).decode().rstrip("=")}'


def _named(key: str, keys: Path) -> str:
    """The comment behind that key, or an empty text."""
    for line in _lines(keys):
        words = line.split()
        if not line.lstrip().startswith('#') and key in words:
            comment = ' '.join(words[words.index(key) + 1 :])
            return harmless(comment)[:LONGEST].strip()
    return ''


def _lines(path: Path) -> list[str]:
    try:
        with path.open('rb') as file:
            return file.read(MAX_BYTES).decode('utf-8', 'replace').splitlines()
    except OSError as error:
        raise OptionError(f'cannot be read ({error.strerror})', where=str(path)) from error
