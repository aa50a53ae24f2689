namespace OptiRs.Native.Tests.Pjrt;

/// <summary>What <c>optirs doctor</c> makes of each kind of failure: the plugin's own words, and what to do.</summary>
public sealed class CheckupTests
{
    // What loaders, this library and plugins really say, shortened.
    [TestCase(ErrorCode.FailedPrecondition, "libx.so cannot be loaded: libnccl.so.2: cannot open shared object file: No such file or directory",
        "install the library that is named", TestName = "A missing library")]
    [TestCase(ErrorCode.FailedPrecondition, "the plugin p.so speaks PJRT 0.39; the oldest version spoken here is 0.40: update the plugin",
        "0.40 or newer", TestName = "A version gap")]
    [TestCase(ErrorCode.FailedPrecondition, "the plugin p.so speaks PJRT 1.0; this library speaks major version 0 only",
        "0.40 or newer", TestName = "Another major version")]
    [TestCase(ErrorCode.Aborted, "The TPU is already in use by process with pid 41. Not attempting to load libtpu.so in this process.",
        "remove /tmp/libtpu_lockfile", TestName = "A busy TPU")]
    [TestCase(ErrorCode.Aborted, "Internal error when accessing libtpu multi-process lockfile. Run \"$ sudo rm /tmp/libtpu_lockfile\".",
        "remove /tmp/libtpu_lockfile", TestName = "A lock file that is left over")]
    [TestCase(ErrorCode.Internal, "no supported devices found for platform CUDA: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
        "check nvidia-smi and CUDA_VISIBLE_DEVICES", TestName = "No GPU")]
    [TestCase(ErrorCode.Internal, "failed call to cuInit: UNKNOWN ERROR (303); kernel driver does not appear to be running",
        "install the NVIDIA driver", TestName = "No driver")]
    [TestCase(ErrorCode.FailedPrecondition, "libx.so cannot be loaded: libcuda.so.1: cannot open shared object file: No such file or directory",
        "install the NVIDIA driver", TestName = "A missing driver library")]
    [TestCase(ErrorCode.PermissionDenied, "open of a device failed", "the process may not open the device", TestName = "No permission, by code")]
    [TestCase(ErrorCode.Unknown, "Failed to open /dev/vfio/0: Permission denied", "the process may not open the device", TestName = "No permission, by words")]
    [TestCase(ErrorCode.InvalidArgument, "p.so is a shared library but not a PJRT plugin: it does not export GetPjrtApi",
        "another kind of library", TestName = "Another library")]
    [TestCase(ErrorCode.NotFound, "there is no file p.so", "check the path", TestName = "No file")]
    [TestCase(ErrorCode.ResourceExhausted, "out of memory", "another process may hold the memory", TestName = "No memory")]
    public void EachKindOfFailureHasItsAdvice(ErrorCode code, string message, string advice)
    {
        (string problem, string? given) = PluginCheckup.Explain(code, message);
        Assert.That(problem, Is.EqualTo(message));
        Assert.That(given, Does.Contain(advice));
    }

    [Test]
    public void WhatIsUnknownGetsNoAdvice() =>
        Assert.That(PluginCheckup.Explain(ErrorCode.Internal, "something else\nhappened"), Is.EqualTo(("something else happened", (string?)null)));

    [Test]
    public void TheEmbeddedPluginTellsEverything()
    {
        PluginReport report = PluginCheckup.Examine(PluginUnderTest.Get("embedded").Path);
        Assert.That(report.Version, Does.StartWith("0."));
        Assert.That(report.Platform, Does.Contain("optirs_cpu"));
        Assert.That(report.Devices, Is.Not.Empty);
        Assert.That(report.MemoryBytes, Is.GreaterThan(0));
        Assert.That((report.Problem, report.Advice), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public void APluginWithAMissingDependencyNamesIt()
    {
        PluginReport report = PluginCheckup.Examine(PluginUnderTest.FakePath("fake_with_dependency"));
        Assert.That(report.Problem, Does.Contain("libfake_dependency.so"));
        Assert.That(report.Advice, Does.Contain("install the library that is named"));
    }

    [Test]
    public void APluginThatIsTooOldIsToldFromOneThatWorks()
    {
        PluginReport old = PluginCheckup.Examine(PluginUnderTest.FakePath("fake_39"));
        Assert.That(old.Problem, Does.Contain("speaks PJRT 0.39"));
        Assert.That(old.Advice, Does.Contain("0.40 or newer"));
        PluginReport works = PluginCheckup.Examine(PluginUnderTest.FakePath("fake"));
        Assert.That((works.Problem, works.Version, works.Devices.Count), Is.EqualTo(((string?)null, "0.114", 2)));
    }
}
