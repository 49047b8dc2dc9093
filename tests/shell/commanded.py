"""`audioletter shell` as it is typed, to one booth."""

import os
import subprocess
import sys

COMMAND = (sys.executable, '-m', 'appliance', 'shell')


class Shell:
    """Each call is one run; its finished process."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, stdin=b'', environ=None):
        argv = [*COMMAND, '--run', str(self.folder), *words]
        env = {**os.environ, **(environ or {})}
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=300, env=env, check=False)
