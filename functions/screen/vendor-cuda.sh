#!/bin/sh
# Puts the CUDA build of onnxruntime in place of the plain one: vendor-cuda.sh REQUIREMENTS FOLDER
# Runtime and provider come out of one package, held to the SHA-256 in REQUIREMENTS by pip.
set -eu
requirements=$1 folder=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
  --implementation cp --python-version 312 --platform manylinux_2_28_x86_64 --dest "$work" --requirement "$requirements"
unzip -q -j "$work"/*.whl 'onnxruntime/capi/libonnxruntime.so.*' 'onnxruntime/capi/libonnxruntime_providers_cuda.so' \
  'onnxruntime/capi/libonnxruntime_providers_shared.so' -d "$folder"
# Under the name that the Node binding links to.
mv "$folder"/libonnxruntime.so.1.* "$folder/libonnxruntime.so.1"
