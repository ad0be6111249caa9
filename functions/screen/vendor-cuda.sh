#!/bin/sh
# Puts onnxruntime's CUDA provider beside the runtime: vendor-cuda.sh VERSION SHA256 FOLDER
# The package is the one that onnxruntime-node names; its digest must be given, nothing is trusted on first use.
set -eu
version=$1 sha256=$2 folder=$3
if [ -z "$sha256" ]; then
  echo "The build needs --build-arg ORT_CUDA_SHA256=<SHA-256 of Microsoft.ML.OnnxRuntime.Gpu.Linux $version>; see docs/packaging.md." >&2
  exit 1
fi
work=$(mktemp -d)
curl --fail --silent --show-error --location --proto '=https' --output "$work/package.zip" \
  "https://api.nuget.org/v3-flatcontainer/microsoft.ml.onnxruntime.gpu.linux/$version/microsoft.ml.onnxruntime.gpu.linux.$version.nupkg"
echo "$sha256  $work/package.zip" | sha256sum --check --quiet
unzip -q -j "$work/package.zip" \
  'runtimes/linux-x64/native/libonnxruntime_providers_cuda.so' \
  'runtimes/linux-x64/native/libonnxruntime_providers_shared.so' -d "$folder"
rm -r "$work"
