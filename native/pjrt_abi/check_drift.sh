#!/usr/bin/env bash
# Generates the headers anew and compares them with those checked in. Exit code 77 means skipped: no facts, or no SDK.
#   check_drift.sh FOLDER    FOLDER is for scratch files
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
facts="$here/../../../shared/facts/pjrt_api.json"
scratch="${1:?usage: check_drift.sh FOLDER}"

if [[ ! -f "$facts" ]]; then
    echo "skipped: the facts are not beside this repository (../shared/facts/pjrt_api.json)"
    exit 77
fi
if ! command -v dotnet > /dev/null; then
    echo "skipped: the .NET SDK is not on the PATH"
    exit 77
fi

mkdir -p "$scratch"
cd "$here"
dotnet run --artifacts-path "$scratch/artifacts" generate.cs -- "$facts" "$scratch/generated"
for header in pjrt_abi.h pjrt_abi_extensions.h pjrt_abi_versions.h; do
    diff -u "$here/$header" "$scratch/generated/$header"
done
echo "pjrt_abi: the headers agree with the facts"
