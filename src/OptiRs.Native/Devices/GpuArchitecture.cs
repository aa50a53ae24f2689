using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>What a GPU architecture supports, and what this library has for it.</summary>
[Flags]
public enum GpuFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Matrix units for f16.</summary>
    TensorF16 = optirs.OPTIRS_ARCH_TENSOR_F16,

    /// <summary>Matrix units for 8-bit integers.</summary>
    TensorInt8 = optirs.OPTIRS_ARCH_TENSOR_INT8,

    /// <summary>Matrix units for bf16.</summary>
    TensorBF16 = optirs.OPTIRS_ARCH_TENSOR_BF16,

    /// <summary>Matrix units for f32 rounded to TF32.</summary>
    TensorTF32 = optirs.OPTIRS_ARCH_TENSOR_TF32,

    /// <summary>Matrix units for f64.</summary>
    TensorF64 = optirs.OPTIRS_ARCH_TENSOR_F64,

    /// <summary>Matrix units for E4M3 and E5M2.</summary>
    TensorF8 = optirs.OPTIRS_ARCH_TENSOR_F8,

    /// <summary>Matrix units for E2M1 and the 6-bit floats.</summary>
    TensorF4 = optirs.OPTIRS_ARCH_TENSOR_F4,

    /// <summary>Matrix units that apply MXFP8 and NVFP4 scales.</summary>
    TensorBlockScaled = optirs.OPTIRS_ARCH_TENSOR_BLOCK_SCALED,

    /// <summary>Instructions that convert to and from 8-bit floats.</summary>
    F8Convert = optirs.OPTIRS_ARCH_F8_CONVERT,

    /// <summary>Matrix units that skip 2 of 4 zeros.</summary>
    Sparsity = optirs.OPTIRS_ARCH_SPARSITY,

    /// <summary>Copies to shared memory beside computation.</summary>
    AsyncCopy = optirs.OPTIRS_ARCH_ASYNC_COPY,

    /// <summary>A unit that copies tiles of tensors.</summary>
    Tma = optirs.OPTIRS_ARCH_TMA,

    /// <summary>Thread blocks that share their shared memory.</summary>
    Clusters = optirs.OPTIRS_ARCH_CLUSTERS,

    /// <summary>wgmma: Hopper's matrix instructions, and only Hopper's.</summary>
    WarpGroupMma = optirs.OPTIRS_ARCH_WARP_GROUP_MMA,

    /// <summary>tcgen05: data centre Blackwell's matrix instructions.</summary>
    TensorMemory = optirs.OPTIRS_ARCH_TENSOR_MEMORY,

    /// <summary>FP8 products need both operands contiguous along K.</summary>
    Fp8TnOnly = optirs.OPTIRS_ARCH_FP8_TN_ONLY,

    /// <summary>This library's kernels are compiled for it.</summary>
    KernelsNative = optirs.OPTIRS_ARCH_KERNELS_NATIVE,

    /// <summary>The driver compiles this library's kernels for it.</summary>
    KernelsPtx = optirs.OPTIRS_ARCH_KERNELS_PTX,
}

/// <summary>One of NVIDIA's GPU architectures, Volta to Blackwell. A table: no GPU is needed.</summary>
/// <param name="Major">Compute capability, for instance 9 of 9.0.</param>
/// <param name="Minor">Compute capability, for instance 0 of 9.0.</param>
/// <param name="Name">For instance <c>Hopper</c>.</param>
/// <param name="Products">Some products.</param>
/// <param name="Features">What it supports.</param>
/// <param name="ThreadsPerProcessor">Most threads at once on a multiprocessor.</param>
/// <param name="SharedKib">Shared memory of a multiprocessor in KiB.</param>
/// <param name="SharedKibPerBlock">Most shared memory of a thread block in KiB.</param>
/// <param name="OldestToolkit">First CUDA that compiles for it.</param>
/// <param name="NewestToolkit">Last CUDA that compiles for it; null if none has dropped it.</param>
public sealed record GpuArchitecture(
    int Major, int Minor, string Name, string Products, GpuFeatures Features, int ThreadsPerProcessor, int SharedKib,
    int SharedKibPerBlock, Version OldestToolkit, Version? NewestToolkit)
{
    /// <summary>All of them, in ascending order.</summary>
    public static IReadOnlyList<GpuArchitecture> All { get; } = ReadAll();

    /// <summary>The architecture of a compute capability; null if it is not in the table.</summary>
    public static GpuArchitecture? Find(int major, int minor) =>
        All.FirstOrDefault(architecture => architecture.Major == major && architecture.Minor == minor);

    private static GpuArchitecture[] ReadAll()
    {
        var all = new GpuArchitecture[optirs.optirs_architecture_count()];
        for (int i = 0; i < all.Length; i++)
        {
            optirs.optirs_architecture_at((ulong)i, out optirs_architecture native);
            (optirs_architecture facts, string name, string products) = DeviceNative.Architecture(native);
            all[i] = new GpuArchitecture(
                facts.major, facts.minor, name, products, (GpuFeatures)facts.features, facts.threads_per_processor, facts.shared_kib,
                facts.shared_kib_per_block, Toolkit(facts.oldest_toolkit),
                facts.newest_toolkit == 0 ? null : Toolkit(facts.newest_toolkit));
        }

        return all;
    }

    private static Version Toolkit(int number) => new(number / 1000, number % 1000 / 10);
}
