#!/bin/sh
# Installs Carrel from this folder, without a network: ./install.sh [FOLDER]
# PYTHON names the interpreter: PYTHON=/usr/bin/python3.11 ./install.sh
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${1:-$HOME/.local/lib/carrel}
fail() { echo "install.sh: $*" >&2; exit 1; }

. "$here/machine"
python=${PYTHON:-python$PYTHON_VERSION}
[ "$(uname -s)-$(uname -m)" = "$SYSTEM" ] || fail "this bundle is for $SYSTEM, and this is $(uname -s)-$(uname -m)."
command -v "$python" >/dev/null || fail "Python $PYTHON_VERSION was not found. Name it: PYTHON=/path/to/python ./install.sh"
found=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$found" = "$PYTHON_VERSION" ] || fail "this bundle is for Python $PYTHON_VERSION, and $python is $found."
"$python" -I -c 'import ensurepip, sqlite3, venv' 2>/dev/null || fail "$python has no venv. Debian, Ubuntu: apt install python$PYTHON_VERSION-venv"
[ -e "$prefix" ] && [ ! -e "$prefix/carrel-bundle" ] && fail "$prefix exists and is not an installation of Carrel. Name another folder."

(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) || fail "the bundle is damaged: these files are not as they were made."

rm -rf "$prefix"
mkdir -p "$prefix"
"$python" -I -m venv "$prefix"
"$prefix/bin/python" -I -m pip install --quiet --no-index --no-deps --require-hashes --no-cache-dir --no-compile \
    --disable-pip-version-check --find-links "$here/wheels" -r "$here/requirements.txt"
cp "$here/machine" "$prefix/carrel-bundle"
cp "$here/sbom.json" "$prefix/sbom.json" 2>/dev/null || true
# A sealed process writes no compiled modules, so this is done here: first Carrel's own, then those of the
# libraries, while Carrel can be used already.
packages=$("$prefix/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
compile() { "$prefix/bin/python" -I -m compileall -q "$@" >/dev/null 2>&1; }
(cd "$packages" && compile -j 0 assistant ingest policies tui) || true
(compile -j 1 "$packages" || true) </dev/null >/dev/null 2>&1 &
# WAIT=1 is for those who copy the folder right afterwards.
[ -z "${WAIT:-}" ] || wait

if [ "$#" -eq 0 ]; then
    mkdir -p "$HOME/.local/bin"
    ln -sf "$prefix/bin/carrel" "$HOME/.local/bin/carrel"
    echo "Installed. Start with: $HOME/.local/bin/carrel"
else
    echo "Installed. Start with: $prefix/bin/carrel"
fi
