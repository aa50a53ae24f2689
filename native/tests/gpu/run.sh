#!/usr/bin/env bash
# Checks and times the CUDA kernels on a machine that has a GPU, nvcc and g++, and no .NET: builds gpu_check with the
# kernels inside, runs it, and leaves a table on standard output and a JSON file.
#   native/tests/gpu/run.sh [RESULT.json [--small]]
# cuBLASLt is found in the system, below CUDA_HOME, in Python's nvidia packages, or below OPTIRS_CUDA_PATH.
# Unverified on hardware: it builds with CUDA 12.4, and has not run on a GPU yet.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
result=${1:-$PWD/gpu_check.json}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cuda=$root/native/src/cuda

nvcc=${NVCC:-$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")}
if [[ ! -x $nvcc ]]; then
    echo "run.sh: there is no nvcc; set NVCC to it" >&2
    exit 2
fi
echo "run.sh: $("$nvcc" --version | tail -1); $(g++ --version | head -1)"

# The kernels: machine code for Ampere and Hopper, PTX for others; some are for Hopper alone.
for source in "$cuda"/kernels/*.cu; do
    name=$(basename "$source" .cu)
    others=(-gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_80,code=compute_80)
    if [[ $name == *_hopper ]]; then
        others=()
    fi
    "$nvcc" -std=c++17 -O3 -fmad=false "${others[@]}" -gencode=arch=compute_90a,code=sm_90a -Xfatbin=-compress-all \
        -fatbin -o "$work/$name.fatbin" "$source" &
done
wait

# As native/src/cuda/CMakeLists.txt embeds them.
{
    echo '.section .rodata'
    for image in "$work"/*.fatbin; do
        symbol=optirs_cuda_image_$(basename "$image" .fatbin)
        printf '.global %s\n.balign 64\n%s:\n.incbin "%s"\n' "$symbol" "$symbol" "$image"
        echo "extern const unsigned char ${symbol}[];" >>"$work/image_symbols.inc"
        echo "    {\"$(basename "$image" .fatbin)\", $symbol}," >>"$work/image_rows.inc"
    done
    echo '.section .note.GNU-stack,"",@progbits'
} >"$work/images.s"

core=$root/native/src/core
g++ -std=c++20 -O2 -pthread "-I$root/native" "-I$root/native/include" "-I$work" -o "$work/gpu_check" \
    "$root"/native/tests/gpu/*.cpp "$root/native/tests/cuda/emulation/emulation.cpp" "$work/images.s" \
    "$cuda"/{attention,attention_decode,attention_hopper,attention_hopper_float8,context,cublaslt_problem,gemm,gemm_check,gemm_choice,gemm_cublaslt,gemm_hopper,grouped_matmul,kernel_images,launch,libraries,mx,optimizers,row_kernels,search,sparse_adam,status,tensor_map,tuning,tuning_cache}.cpp \
    "$core"/{error,faults,live_objects}.cpp -ldl

"$work/gpu_check" --json "$result" "${@:2}"
echo "run.sh: wrote $result"
