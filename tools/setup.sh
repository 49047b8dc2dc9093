# Sourced by the commands beside it: makes .venv and builds the C core when they are missing or out of date.
# Says what it does on stderr; names the missing system package where one is missing. Nothing outside the checkout changes.

root=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)

say() { printf 'audioletter: %s\n' "$*" >&2; }

need() { # need WHAT DEBIAN-PACKAGE
    say "this machine lacks $1; on Debian or Raspberry Pi OS: sudo apt install $2"
    exit 2
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    need 'Python 3.11 or newer' python3
}

check_machine() {
    find_python
    "$python" -c 'import venv, ensurepip' 2>/dev/null || need 'the venv module of Python' python3-venv
    "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
        need 'the headers of Python (Python.h)' python3-dev
    command -v "${CC:-cc}" >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || need 'a C compiler' gcc
}

fingerprint() { # of everything the installed environment depends on
    { echo "$1 $root"; cat "$root/pyproject.toml" "$root/setup.py" "$root"/native/*.[ch] "$root"/native/*.py; } | cksum
}

check_room() { # the checkout must take an environment
    for place in "$root" "$root/.venv" "$root/appliance"; do
        if [ -e "$place" ] && { [ ! -d "$place" ] || [ ! -w "$place" ]; }; then
            say "cannot write to $place, where the environment is made; use a checkout of your own"
            exit 2
        fi
    done
}

install_all() { # install_all EXTRA
    check_machine
    # The mark says that venv went through to its end; what an interrupted one left cannot be mended.
    if [ ! -e "$root/.venv/made" ] || [ ! -x "$root/.venv/bin/python" ]; then
        say "making an environment in .venv ($("$python" --version))"
        rm -rf "$root/.venv"
        if ! "$python" -m venv "$root/.venv"; then
            rm -rf "$root/.venv"
            say 'the environment could not be made; what Python said of it is above'
            exit 2
        fi
        : >"$root/.venv/made"
    fi
    say 'installing the libraries and building the C core (a minute or two, once)'
    log=$root/.venv/setup.log
    if ! "$root/.venv/bin/python" -m pip install --disable-pip-version-check -q -e "$root$1" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        say "the set-up failed; the whole log is in .venv/setup.log"
        exit 2
    fi
}

stamp_all() { # stamp_all EXTRA: it is installed now, and with it what it holds; what was made of other sources is not
    for each in '' '[kiosk]' '[dev]'; do
        name=stamp${each:+-$(printf '%s' "$each" | tr -d '[]')}
        want=$(fingerprint "$each")
        if [ -z "$each" ] || [ "$1" = "$each" ] || [ "$1" = '[dev]' ]; then
            printf '%s\n' "$want" >"$root/.venv/$name"
        elif [ "$(cat "$root/.venv/$name" 2>/dev/null)" != "$want" ]; then
            rm -f "$root/.venv/$name"
        fi
    done
}

ready() { # ready EXTRA STAMP: returns with $root/.venv usable
    want=$(fingerprint "$1")
    if [ "$(cat "$root/.venv/$2" 2>/dev/null)" != "$want" ]; then
        check_room
        exec 9>"$root/.setup.lock"
        if command -v flock >/dev/null 2>&1; then flock 9; fi
        if [ "$(cat "$root/.venv/$2" 2>/dev/null)" != "$want" ]; then
            install_all "$1"
            stamp_all "$1"
            say 'ready'
        fi
        exec 9>&-
    fi
}
