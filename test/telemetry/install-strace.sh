#!/usr/bin/env bash
# Installs strace, with which the telemetry tests watch a screening. Linux only; needs root where it is not there yet.
set -euo pipefail
command -v strace >/dev/null && exit 0
apt-get update -qq && apt-get install --yes --no-install-recommends -qq strace
