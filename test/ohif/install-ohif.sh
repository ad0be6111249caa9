#!/usr/bin/env bash
# Installs Orthanc with its DICOMweb plugin and Chromium from Debian (needs root where they are not there yet), and unpacks the viewer
# OHIF from its npm package into node_modules/.cache/ohif: 50 MB to fetch, 200 MB on the disk. Its code is MIT; nothing of it is run here.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=3.13.2
if ! command -v Orthanc >/dev/null || [ ! -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ]; then
  apt-get update -qq && apt-get install --yes --no-install-recommends -qq orthanc orthanc-dicomweb
fi
bash test/browser/install-chromium.sh
cache=node_modules/.cache/ohif
if [ ! -e "$cache/$version/dist/index.html" ]; then
  rm -rf "$cache" && mkdir -p "$cache/unpacking"
  npm pack --silent --pack-destination "$cache" "@ohif/app@$version" >/dev/null
  tar -xzf "$cache/ohif-app-$version.tgz" -C "$cache/unpacking" --strip-components=1
  rm "$cache/ohif-app-$version.tgz"
  mv "$cache/unpacking" "$cache/$version"
fi
