#!/bin/sh
# environment.sh FOLDER: make the virtual environment FOLDER, with pip in it, unless it is there.
# PYTHON names the interpreter to use; without it the first one found that is new enough is taken.
set -eu
folder=$1

fail() {
    printf 'chainrule: %s\n' "$@" >&2
    exit 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

has_pip() { [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; }

if has_pip; then
    is_new_enough "$folder/bin/python" ||
        fail "$folder holds a Python older than 3.11; delete that folder and run make again"
    exit 0
fi

python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
    if is_new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "no Python 3.11 or newer found${PYTHON:+ at $PYTHON};" \
    "install one, or name it: make PYTHON=/path/to/python3.11 ..."

echo "making the environment $folder with $("$python" --version) (only the first time)"
if "$python" -m venv "$folder" >/dev/null 2>&1 && has_pip; then
    exit 0
fi
# Some systems split ensurepip off; their own pip, if there is one, can put a pip into the environment.
if "$python" -m venv --without-pip "$folder" >/dev/null 2>&1 &&
    "$python" -m pip --python "$folder/bin/python" install --quiet pip >/dev/null 2>&1 && has_pip; then
    exit 0
fi
fail "$python cannot make a virtual environment: its modules venv and ensurepip are missing or do not work;" \
    "install them (Debian and Ubuntu: apt install python3-venv), or name another: make PYTHON=/path/to/python3.11 ..."
