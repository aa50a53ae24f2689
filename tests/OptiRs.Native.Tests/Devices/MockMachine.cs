using System.Reflection;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests.DeviceTests;

/// <summary>
/// The mock machine of native/tests/cuda: libraries that behave as NVIDIA's do, with two devices, and the backend with kernels
/// that run on the host.
/// </summary>
internal static class MockMachine
{
    private static readonly Lazy<IReadOnlyList<Device>?> Machine = new(Start);

    /// <summary>Its devices; the test is skipped where the native tests were not built.</summary>
    public static IReadOnlyList<Device> Devices
    {
        get
        {
            if (Machine.Value is not { } devices)
            {
                Assert.Ignore("skip: the mock libraries of native/tests/cuda were not built");
                throw new InvalidOperationException();
            }

            return devices;
        }
    }

    private static IReadOnlyList<Device>? Start()
    {
        string native = Environment.GetEnvironmentVariable("OPTIRS_NATIVE_PATH") ?? typeof(MockMachine).Assembly
            .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "OptiRsNativeDir").Value!;
        string folder = Path.GetFullPath(Path.Combine(native, "..", "native", "tests", "cuda"));
        if (!File.Exists(Path.Combine(folder, "mock", "libcuda.so.1"))) return null;
        NativeEnvironment.Set("OPTIRS_CUDA_PATH", Path.Combine(folder, "mock"));
        NativeEnvironment.Set("OPTIRS_BACKEND_PATH", Path.Combine(folder, "backend"));
        return Device.All();
    }
}
