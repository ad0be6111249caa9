#!/usr/bin/env bash
# Installs DCMTK, the independent implementation that the network tests send with. Debian and Ubuntu; needs root where it is not there yet.
set -euo pipefail
command -v storescu >/dev/null && command -v dcmsend >/dev/null && exit 0
apt-get update -qq && apt-get install --yes --no-install-recommends -qq dcmtk
