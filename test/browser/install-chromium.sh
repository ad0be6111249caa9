#!/usr/bin/env bash
# Installs Chromium, in which the browser tests run. Needs root where it is not there yet.
set -euo pipefail
for place in "${PLEURA_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  [ -n "$place" ] && [ -x "$place" ] && exit 0
done
apt-get update -qq && apt-get install --yes --no-install-recommends -qq chromium
