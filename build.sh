#!/usr/bin/env bash
# The one entrance: installs what is missing, then hands over to Cake (build.cake).
#   ./build.sh                      lists the targets
#   ./build.sh test                 builds and runs every test
#   ./build.sh train --data FILE    builds and trains a transformer on the text of FILE
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# What a target needs beyond the .NET SDK. The build needs the first list; the second is for checks of their own.
build_packages=(g++ cmake ninja-build ccache pkg-config clang-19 lld-19 llvm-19-dev libdnnl-dev libgloo-dev libhwy-dev libeigen3-dev zlib1g-dev libzstd-dev
    libgtest-dev libgmock-dev)
check_packages=(clang-format-19 clang-tidy-19 abigail-tools)
bench_packages=(libbenchmark-dev)
fuzz_packages=(libclang-rt-19-dev)

install_missing() {
    local missing
    missing=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk -v want="$*" '$2 == "installed" { have[$1] = 1 }
            END { n = split(want, w, " "); for (i = 1; i <= n; ++i) if (!(w[i] in have)) printf "%s ", w[i] }' || true)
    [[ -z $missing ]] && return
    echo "build.sh: installing Debian packages: $missing"
    local sudo=()
    if [[ $EUID -ne 0 ]]; then
        command -v sudo >/dev/null || { echo "build.sh: run as root once, or install them yourself: apt-get install $missing" >&2; exit 1; }
        sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq
    # shellcheck disable=SC2086
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

if [[ $# -eq 0 || $1 == --help || $1 == -h ]]; then
    echo "Usage: ./build.sh TARGET [ARGUMENTS]"
    echo
    # Each target stands in build.cake (or a file beside it) as Task("Name").Description("...").
    sed -nE 's/^Task\("([A-Za-z]+)"\)\.Description\("(.*)"\).*/\1\t\2/p' "$root"/build.cake "$root"/build/*.cake 2>/dev/null |
        awk -F'\t' '{ printf "  %-10s %s\n", tolower($1), $2 }'
    exit 0
fi

command -v dotnet >/dev/null || { echo "build.sh: the .NET SDK 10 is missing: see https://dotnet.microsoft.com/download" >&2; exit 1; }
target=$1
shift
case ${target,,} in
    bench) install_missing "${build_packages[@]}" "${bench_packages[@]}" ;;
    fuzz) install_missing "${build_packages[@]}" "${fuzz_packages[@]}" ;;
    train | native | build | pack | cuda) install_missing "${build_packages[@]}" ;;
    *) install_missing "${build_packages[@]}" "${check_packages[@]}" ;;
esac

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Arguments travel as lines: they belong to the target's program, not to Cake. Paths in them are relative to the caller.
OPTIRS_ARGUMENTS=$(printf '%s\n' "$@")
OPTIRS_CALLER_DIR=$PWD
export OPTIRS_ARGUMENTS OPTIRS_CALLER_DIR
cd "$root"
# Restoring the tools costs a second each time, so once per version of their manifest.
stamp=artifacts/tools.stamp
if ! cmp -s .config/dotnet-tools.json "$stamp"; then
    echo "build.sh: restoring .NET tools (Cake)"
    dotnet tool restore >/dev/null
    mkdir -p artifacts
    cp .config/dotnet-tools.json "$stamp"
fi
# Compiling the script costs seconds; Cake keeps the result until a script changes.
export CAKE_SETTINGS_ENABLESCRIPTCACHE=true CAKE_PATHS_CACHE=artifacts/cake
exec dotnet dotnet-cake build.cake --target="$target" --verbosity=quiet
