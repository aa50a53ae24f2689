using System.Reflection;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>
/// A plugin, and programs for it that mean the same whatever its language: the fake one of native/tests/pjrt, whose devices
/// are imaginary, and the embedded one.
/// </summary>
internal sealed class PluginUnderTest
{
    private readonly bool _isFake;

    private PluginUnderTest(string path, bool isFake) => (Path, _isFake) = (path, isFake);

    public string Path { get; }

    // The folder of another build, under a sanitizer: all libraries are then its.
    private static string? NativeFolder => Environment.GetEnvironmentVariable(Loader.PathVariable);

    /// <summary>What the programs add to each element: in every byte, so that adding bytes and adding integers is the same.</summary>
    public const int Step = 0x01010101;

    /// <summary>Skips the test where the plugin has not been built.</summary>
    public static PluginUnderTest Get(string name)
    {
        string path = name == "fake" ? FakePath("fake") : System.IO.Path.Combine(NativeFolder ?? AppContext.BaseDirectory, "libpjrt_optirs.so");
        if (!File.Exists(path)) Assert.Ignore($"{path} has not been built.");
        return new PluginUnderTest(path, name == "fake");
    }

    /// <summary>One of the fake plugins; skips the test where they have not been built.</summary>
    public static string FakePath(string name)
    {
        string native = NativeFolder ?? typeof(PluginUnderTest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "OptiRsNativeDir").Value!;
        string path = System.IO.Path.GetFullPath(
            System.IO.Path.Combine(native, "..", "native", "tests", "pjrt", "plugins", name + ".so"));
        if (!File.Exists(path)) Assert.Ignore($"{path} has not been built.");
        return path;
    }

    public PjrtClient Open(int devices = 1) =>
        PjrtClient.Open(Path, new Dictionary<string, object> { [_isFake ? "devices" : "device_count"] = (long)devices });

    /// <summary>int32 of <paramref name="extent"/> elements -> the same plus <see cref="Step"/>.</summary>
    public string Add(int extent, bool donates = false, string name = "add") => _isFake
        ? $"name {name}\narguments 1\n{(donates ? "donate 0\n" : "")}output 4 {extent}\n"
        : $$"""
            module @{{name}} {
              func.func public @main(%arg0: tensor<{{extent}}xi32>{{(donates ? " {tf.aliasing_output = 0 : i32}" : "")}}) -> tensor<{{extent}}xi32> {
                %step = stablehlo.constant dense<{{Step}}> : tensor<{{extent}}xi32>
                %sum = stablehlo.add %arg0, %step : tensor<{{extent}}xi32>
                return %sum : tensor<{{extent}}xi32>
              }
            }
            """;

    /// <summary>As <see cref="Add"/>, on several devices at once.</summary>
    public PjrtExecutable CompileOnDevices(PjrtClient client, int extent, int devices) =>
        client.Compile(
            _isFake ? $"devices {devices}\n" + Add(extent) : Add(extent), new PjrtCompileOptions { ReplicaCount = devices });

    public string Malformed => _isFake ? "nonsense" : "module { func.func public @main( }";
}
