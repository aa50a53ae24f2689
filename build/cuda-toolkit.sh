#!/usr/bin/env bash
# Unpacks NVIDIA's CUDA 12.4 compiler and headers from Debian's non-free packages into PREFIX, beside the system and
# not into it: about 1.0 GB to fetch, 2.7 GB on disk. No GPU or driver is needed.
#   cuda-toolkit.sh PREFIX      then: PREFIX/nvcc -std=c++17 -gencode=arch=compute_90a,code=sm_90a -cubin file.cu
set -euo pipefail
prefix=$(mkdir -p "${1:?usage: cuda-toolkit.sh PREFIX}" && cd "$1" && pwd)
suite=${CUDA_DEBIAN_SUITE:-trixie}
packages=(nvidia-cuda-toolkit nvidia-cuda-dev libnvvm4)

# The mirror that the system uses.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -oE 'https?://[^ ]*/debian/?( |$)' | head -1 | tr -d ' ' || true)
if [[ -z $mirror ]]; then
    echo "cuda-toolkit.sh: no Debian mirror is configured in /etc/apt" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
: >"$work/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main contrib non-free" >"$work/sources.list"
# A package state of its own: the system's lists and packages are neither read nor changed.
apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::Lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o "Dir::State::status=$work/status" -o APT::Sandbox::User=root)
"${apt[@]}" update
cd "$work"
for package in "${packages[@]}"; do
    "${apt[@]}" download "$package/$suite"
    dpkg -x ./*.deb "$prefix"
    rm ./*.deb
done

home=$prefix/usr/lib/nvidia-cuda-toolkit
rm -f "$home"/bin/nvcc.profile "$home"/bin/gcc "$home"/bin/g++
cat >"$home/bin/nvcc.profile" <<PROFILE
CICC_PATH = $home/bin
NVVMIR_LIBRARY_DIR = $home/libdevice
PATH += $home/bin:$prefix/usr/bin:
INCLUDES += "-I$prefix/usr/include"
PROFILE
cat >"$prefix/nvcc" <<NVCC
#!/bin/sh
exec env LD_LIBRARY_PATH="$prefix/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" "$home/bin/nvcc" "\$@"
NVCC
chmod +x "$prefix/nvcc"
"$prefix/nvcc" --version | tail -2
