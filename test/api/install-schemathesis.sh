#!/usr/bin/env bash
# Installs schemathesis, which tries the console's API against its document, from PyPI into node_modules/.cache. Needs Python 3.10 or later.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=node_modules/.cache/schemathesis
version=4.32.5
[ -x "$venv/bin/st" ] && "$venv/bin/st" --version 2>/dev/null | grep -qF "$version" && exit 0
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
