#!/usr/bin/env bash
# Installs what judges our DICOM objects and HL7 messages: dciodvfy (dicom3tools), DCMTK and Orthanc from Debian (needs root where they
# are not there yet), pydicom, highdicom, hl7apy, dicom-anonymizer and dicognito from PyPI into node_modules/.cache. Linux only. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v dciodvfy >/dev/null || ! command -v dsrdump >/dev/null; then
  apt-get update -qq && apt-get install --yes --no-install-recommends -qq dicom3tools dcmtk
fi
if ! command -v Orthanc >/dev/null || [ ! -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ]; then
  # Where a service manager runs, Debian's package also starts an Orthanc of its own; the tests start another.
  apt-get update -qq && apt-get install --yes --no-install-recommends -qq orthanc orthanc-dicomweb
fi
venv=node_modules/.cache/judges
[ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import highdicom, PIL, hl7apy, dicomanonymizer, dicognito' 2>/dev/null && exit 0
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'highdicom==0.28.2' 'pydicom==3.0.2' 'pillow<13' 'hl7apy==1.3.5' \
  'dicom-anonymizer==2.1.0' 'dicognito==0.19.0'
