"""Whatever a test asks Debian for is installed by `.ci/run`: there a test that is skipped is a failure, here it is told
which line is missing."""

import ast
import re
from pathlib import Path

import pytest

from appliance import bench

ROOT = Path(__file__).parents[1]
TESTS = [path for path in sorted((ROOT / 'tests').rglob('*.py')) if path != Path(__file__)]
ALWAYS = {'apt', 'coreutils', 'dash', 'debian-archive-keyring', 'dpkg', 'tar'}  # of every Debian
# Programs that tests look for by name, and whose they are; what is no program of Debian's has no package.
PROGRAMS = {
    'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
    'chromium': 'chromium',
    'chromium-browser': None,  # what others call it
    'flock': 'util-linux',
    'micropython': None,  # of the development tools
    'mount': 'mount',
    'scp': 'openssh-client',
    'setpriv': 'util-linux',
    'sftp': 'openssh-client',
    'ssh': 'openssh-client',
    'ssh-keygen': 'openssh-client',
    'sshd': 'openssh-server',
    'stat': 'coreutils',
    'unshare': 'util-linux',
    'useradd': 'passwd',
}
TABLES = {'NEEDED', 'PACKAGES', 'TOOLS'}  # names of tables {program: package}
NAME = r'[a-z0-9][a-z0-9+.-]+'  # of a package (Debian Policy 5.6.1)
NAMED = re.compile(rf'apt install ({NAME})|needs the package ({NAME})|^needs ({NAME})$')
OF_PYPI = {'pyte', 'pesq', 'playwright'}


def installed():
    """The list of `.ci/run`."""
    listed = re.search(r'packages=\((.*?)\)', (ROOT / '.ci' / 'run').read_text(), re.DOTALL)
    return set(listed[1].split())


def texts_of(node):
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def asked(source):
    """(programs, packages) that a file names."""
    programs, packages = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, 'attr', getattr(node.func, 'id', '')) == 'which':
            programs |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant)}
        if isinstance(node, ast.comprehension) and 'which' in ast.unparse(node.ifs if node.ifs else node.iter):
            programs |= set(texts_of(node.iter))
        if isinstance(node, ast.Assign) and TABLES & {getattr(one, 'id', '') for one in node.targets}:
            packages |= {text for value in getattr(node.value, 'values', ()) for text in texts_of(value)}
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'tool' and len(node.args) == 2:
            packages |= {text for text in texts_of(node.args[1]) if re.fullmatch(NAME, text)}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            packages |= {''.join(found) for found in NAMED.findall(node.value)} - OF_PYPI
    return programs, packages


@pytest.mark.parametrize('path', TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_test_asks_debian_for_is_installed_for_it(path):
    programs, packages = asked(path.read_text(encoding='utf-8'))
    assert programs <= set(PROGRAMS), 'say in PROGRAMS whose it is'
    owned = {PROGRAMS[program] for program in programs} - {None}
    assert packages | owned <= installed() | ALWAYS, 'into the list of .ci/run'


def test_what_the_measurements_ask_for_is_installed_too():
    packages = {package for target in bench.TARGETS for package in target.tools.values()}
    assert packages <= installed() | ALWAYS


@pytest.mark.parametrize(
    ('source', 'programs', 'packages'),
    [
        ("shutil.which('dtc')", {'dtc'}, set()),
        ("which('ssh', path=PATH)", {'ssh'}, set()),
        (
            "NEEDED = [*(name for name in ('unshare', 'mount') if shutil.which(name) is None)]",
            {'unshare', 'mount'},
            set(),
        ),
        ("TOOLS = {'dtc': 'device-tree-compiler'}", set(), {'device-tree-compiler'}),
        ("skip('apt install libfoo1')", set(), {'libfoo1'}),
        ("skip('needs the package valgrind')", set(), {'valgrind'}),
        ("tool('systemd-analyze', 'systemd')", set(), {'systemd'}),
        ("importorskip('pyte', reason='needs pyte')", set(), set()),
    ],
)
def test_how_a_test_may_ask_is_understood(source, programs, packages):
    assert asked(source) == (programs, packages)
