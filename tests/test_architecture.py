"""The architecture, as tests: who may import whom, how long a file may be, and what stands at the top of the tree."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Lowest first. A module imports from its own layer or a lower one, never from a higher one.
LAYERS = [
    'errors', '_native', 'clock', 'urgency', 'computer', 'systemd', 'files', 'pipe', 'npz', 'tables', 'machine',
    'native', 'sound', 'groove', 'timeline', 'playback', 'picture', 'workflow', 'words', 'config', 'message', 'screens',
    'interlock', 'lathe', 'pi', 'booth', 'wires', 'virtual', 'cut', 'hands', 'orders', 'bench', 'kiosk', 'desk',
    'paper', 'compose', 'panel', 'maintenance', 'shell', 'commands', '__main__',
]  # fmt: skip
# Some things have exactly one door.
ONLY = {
    'appliance.virtual': {'virtual', 'compose'},
    'appliance.pi': {'pi', 'compose'},
    'appliance._native': {'native'},
    'time': {'clock'},
    'random': set(),
}
TOP = {'appliance', 'native', 'boot', 'tests', 'tools', 'README.md', 'pyproject.toml', 'setup.py', 'MANIFEST.in',
       'LICENSE', '.gitignore', '.ci'}  # fmt: skip
MAX_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_FILES = 12  # in one room
FILES = sorted(p for p in (ROOT / 'appliance').rglob('*.py') if p.name != '__init__.py' or p.parent.parent != ROOT)
BOOT = sorted((ROOT / 'boot').rglob('*.py'))
CODE = sorted([*(ROOT / 'appliance').rglob('*.py'), *(ROOT / 'native').glob('*.[ch]'), *(ROOT / 'tests').rglob('*.py'),
               *BOOT])  # fmt: skip


def layer(path):
    return path.relative_to(ROOT / 'appliance').parts[0].removesuffix('.py')


def imports(path, types=True):
    """Absolute dotted names of everything a file imports; without `types`, of all that it runs with."""
    package = list(path.relative_to(ROOT).parent.parts)
    tree = ast.parse(path.read_text(encoding='utf-8'))
    if not types:
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and 'TYPE_' in ast.unparse(node.test))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = '.'.join(base + ([node.module] if node.module else []))
            yield from (f'{base}.{alias.name}' for alias in node.names)


@pytest.mark.parametrize('path', FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way_and_through_the_one_door(path):
    names = list(imports(path))
    own = LAYERS.index(layer(path))
    upward = [n for n in names if n.startswith('appliance.') and LAYERS.index(n.split('.')[1]) > own]
    assert not upward, f'imports from a higher layer: {upward}'
    for door, allowed in ONLY.items():
        through = [n for n in names if (n + '.').startswith(door + '.')]
        assert not through or layer(path) in allowed, f'{door} is not for {layer(path)}'


def known_part(name, modules):
    """The module that an imported name is, or is a part of."""
    while name and name not in modules:
        name = name.rpartition('.')[0]
    return name


def test_no_two_modules_need_each_other():
    """Nor several in a circle; also where an import is hidden in a function."""
    modules = {'.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__'): path for path in FILES}
    needs = {
        name: {known_part(one, modules) for one in imports(path, types=False)} - {name}
        for name, path in modules.items()
    }
    while ends := [name for name, needed in needs.items() if not needed & needs.keys()]:
        for name in ends:
            del needs[name]
    assert not needs, f'among these is a circle: {sorted(needs)}'


@pytest.mark.parametrize('path', CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_stays_short(path):
    assert len(path.read_text(encoding='utf-8').splitlines()) <= MAX_LINES, 'split this file'


@pytest.mark.parametrize('path', [*FILES, *BOOT], ids=lambda p: str(p.relative_to(ROOT)))
def test_functions_fit_one_screen_and_take_five_things(path):
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f'{node.name} has {lines} lines'
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            taken = [name for name in names if name not in ('self', 'cls')]
            assert len(taken) <= 6, f'{node.name} takes {len(taken)} parameters'


def test_a_room_does_not_get_crowded():
    rooms = {p.parent for p in FILES}
    crowded = {str(r.relative_to(ROOT)): n for r in rooms if (n := len(list(r.glob('*.py')))) > MAX_FILES + 1}
    assert not crowded


def test_the_top_of_the_tree_is_as_agreed():
    tracked = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split('/')[0] for line in tracked.splitlines()} <= TOP


def test_nobody_reaches_into_the_environment_of_the_writer():
    tracked = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    marks = ['/' + 'tmp/wt', '/' + 'work/', 'bash' + '_jobs']
    for name in tracked:
        path = ROOT / name
        if path.suffix in {'.py', '.c', '.h', '.md', '.toml', '.sh', ''} and path.is_file():
            text = path.read_text(encoding='utf-8', errors='replace')
            assert not [mark for mark in marks if mark in text], name


def test_each_test_file_has_a_name_of_its_own():
    """Or pytest, which knows them by that alone, refuses to run any."""
    names = [path.name for path in (ROOT / 'tests').rglob('test_*.py')]
    assert sorted(names) == sorted(set(names))
