using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using OptiRs.Tests;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>
/// Every function of the C API's table is reachable from C#, or has a reason not to be. <c>native/docs/pjrt-coverage.md</c>
/// is written from the table of the header and the list below, and cannot go stale: OPTIRS_UPDATE_DOCS=1 writes it anew.
/// </summary>
public sealed partial class CoverageTests
{
    // Function without PJRT_, then the member of the public API that calls it; or "-" and the reason why no member does.
    private const string Members =
        """
        Error_Destroy IOptiRsError.Code
        Error_Message IOptiRsError.Message
        Error_GetCode IOptiRsError.Code
        Plugin_Initialize PjrtPlugin.Load
        Plugin_Attributes PjrtPlugin.Attributes
        Event_Destroy PjrtEvent.Dispose
        Event_IsReady PjrtEvent.IsReady
        Event_Error PjrtEvent.ThrowIfFailed
        Event_Await PjrtBuffer.CopyToHost
        Event_OnReady PjrtEvent.ReadyAsync
        Client_Create PjrtPlugin.CreateClient
        Client_Destroy PjrtClient.Dispose
        Client_PlatformName PjrtClient.PlatformName
        Client_ProcessIndex PjrtClient.ProcessIndex
        Client_PlatformVersion PjrtClient.PlatformVersion
        Client_Devices PjrtClient.Devices
        Client_AddressableDevices PjrtClient.AddressableDevices
        Client_LookupDevice PjrtClient.LookupDevice
        Client_LookupAddressableDevice PjrtClient.LookupLocalDevice
        Client_AddressableMemories PjrtClient.Memories
        Client_Compile PjrtClient.Compile
        Client_DefaultDeviceAssignment PjrtClient.DefaultDeviceAssignment
        Client_BufferFromHostBuffer PjrtClient.BufferFromHost
        DeviceDescription_Id PjrtDevice.Id
        DeviceDescription_ProcessIndex PjrtDevice.ProcessIndex
        DeviceDescription_Attributes PjrtDevice.Attributes
        DeviceDescription_Kind PjrtDevice.Kind
        DeviceDescription_DebugString PjrtDevice.DebugString
        DeviceDescription_ToString PjrtDevice.Description
        Device_GetDescription PjrtDevice.Kind
        Device_IsAddressable PjrtDevice.IsAddressable
        Device_LocalHardwareId PjrtDevice.LocalHardwareId
        Device_AddressableMemories PjrtDevice.Memories
        Device_DefaultMemory PjrtDevice.DefaultMemory
        Device_MemoryStats PjrtDevice.MemoryStats
        Memory_Id PjrtMemory.Id
        Memory_Kind PjrtMemory.Kind
        Memory_DebugString PjrtMemory.DebugString
        Memory_ToString PjrtMemory.Description
        Memory_AddressableByDevices PjrtMemory.Devices
        Executable_Destroy PjrtCompiledProgram.Dispose
        Executable_Name PjrtProgramFacts.Name
        Executable_NumReplicas PjrtProgramFacts.ReplicaCount
        Executable_NumPartitions PjrtProgramFacts.PartitionCount
        Executable_NumOutputs PjrtExecutable.OutputCount
        Executable_SizeOfGeneratedCodeInBytes PjrtExecutable.GeneratedCodeBytes
        Executable_GetCostAnalysis PjrtExecutable.Costs
        Executable_OutputMemoryKinds PjrtProgramFacts.OutputMemoryKinds
        Executable_OptimizedProgram PjrtProgramFacts.OptimizedProgram
        Executable_Serialize PjrtExecutable.Serialize
        LoadedExecutable_Destroy PjrtExecutable.Dispose
        LoadedExecutable_GetExecutable PjrtExecutable.Facts
        LoadedExecutable_AddressableDevices PjrtExecutable.Devices
        LoadedExecutable_Delete PjrtExecutable.Delete
        LoadedExecutable_IsDeleted PjrtExecutable.IsDeleted
        LoadedExecutable_Execute PjrtExecutable.Execute
        Executable_DeserializeAndLoad PjrtClient.Load
        LoadedExecutable_Fingerprint PjrtProgramFacts.Fingerprint
        Buffer_Destroy PjrtBuffer.Dispose
        Buffer_ElementType PjrtBuffer.DType
        Buffer_Dimensions PjrtBuffer.Shape
        Buffer_UnpaddedDimensions PjrtBuffer.UnpaddedShape
        Buffer_DynamicDimensionIndices PjrtBuffer.DynamicDimensions
        Buffer_GetMemoryLayout PjrtBuffer.Layout
        Buffer_OnDeviceSizeInBytes PjrtBuffer.DeviceByteCount
        Buffer_Device PjrtBuffer.Device
        Buffer_Memory PjrtBuffer.Memory
        Buffer_Delete PjrtBuffer.Delete
        Buffer_IsDeleted PjrtBuffer.IsDeleted
        Buffer_CopyToDevice PjrtBuffer.CopyTo
        Buffer_ToHostBuffer PjrtBuffer.CopyToHostAsync
        Buffer_IsOnCpu PjrtBuffer.IsOnHost
        Buffer_ReadyEvent PjrtBuffer.ReadyAsync
        Buffer_UnsafePointer PjrtBuffer.UnsafeAddress
        Buffer_IncreaseExternalReferenceCount PjrtBuffer.Hold
        Buffer_DecreaseExternalReferenceCount PjrtHold.Dispose
        Buffer_OpaqueDeviceMemoryDataPointer PjrtHold.Address
        CopyToDeviceStream_Destroy PjrtCopyStream.Dispose
        CopyToDeviceStream_AddChunk PjrtCopyStream.WriteAsync
        CopyToDeviceStream_TotalBytes PjrtCopyStream.Progress
        CopyToDeviceStream_GranuleSize PjrtCopyStream.Progress
        CopyToDeviceStream_CurrentBytes PjrtCopyStream.Progress
        TopologyDescription_Create PjrtPlugin.CreateTopology
        TopologyDescription_Destroy PjrtTopology.Dispose
        TopologyDescription_PlatformName PjrtTopology.PlatformName
        TopologyDescription_PlatformVersion PjrtTopology.PlatformVersion
        TopologyDescription_GetDeviceDescriptions PjrtTopology.Devices
        TopologyDescription_Serialize PjrtTopology.Serialize
        TopologyDescription_Attributes PjrtTopology.Attributes
        Compile PjrtTopology.Compile
        Executable_OutputElementTypes PjrtExecutable.Outputs
        Executable_OutputDimensions PjrtExecutable.Outputs
        Buffer_CopyToMemory PjrtBuffer.CopyTo
        Client_CreateViewOfDeviceBuffer PjrtClient.ViewOfDeviceMemory
        Executable_Fingerprint PjrtProgramFacts.Fingerprint
        Client_TopologyDescription PjrtClient.Topology
        Executable_GetCompiledMemoryStats PjrtExecutable.MemoryAnalysis
        Memory_Kind_Id PjrtMemory.KindId
        ExecuteContext_Create PjrtExecutionOptions.Context
        ExecuteContext_Destroy PjrtExecutionContext.Dispose
        Buffer_CopyRawToHost PjrtBuffer.CopyRawToHostAsync
        AsyncHostToDeviceTransferManager_Destroy PjrtTransfer.Dispose
        AsyncHostToDeviceTransferManager_TransferData PjrtTransfer.WriteAsync
        Client_CreateBuffersForAsyncHostToDevice PjrtClient.CreateTransfer
        AsyncHostToDeviceTransferManager_RetrieveBuffer PjrtTransfer.TakeBuffer
        AsyncHostToDeviceTransferManager_Device PjrtTransfer.Device
        AsyncHostToDeviceTransferManager_BufferCount PjrtTransfer.Count
        AsyncHostToDeviceTransferManager_BufferSize PjrtTransfer.ByteCount
        AsyncHostToDeviceTransferManager_SetBufferError PjrtTransfer.Fail
        AsyncHostToDeviceTransferManager_AddMetadata PjrtTransfer.Describe
        Client_DmaMap PjrtClient.MapForDma
        Client_DmaUnmap PjrtClient.MapForDma
        Client_CreateUninitializedBuffer PjrtClient.AllocateUninitialized
        Client_UpdateGlobalProcessInfo PjrtClient.UpdateProcesses
        TopologyDescription_Deserialize PjrtPlugin.DeserializeTopology
        Client_CreateAliasBuffer PjrtClient.PromiseBuffer
        Client_FulfillAliasBuffer PjrtPromise.Keep
        LoadedExecutable_GetDeviceAssignment PjrtExecutable.DeviceAssignment
        Client_CreateErrorBuffer PjrtClient.FailedBuffer
        AsyncHostToDeviceTransferManager_TransferLiteral PjrtTransfer.WriteAsync
        Buffer_CopyRawToHostFuture PjrtBuffer.CopyRawToHostLater
        Device_PoisonExecution PjrtDevice.PoisonExecution
        Device_CreateAsyncTrackingEvent PjrtDevice.Track
        AsyncTrackingEvent_Destroy PjrtDevice.Track
        Executable_GetCompileOptions PjrtProgramFacts.CompileOptions
        Buffer_DonateWithControlDependency PjrtBuffer.DonateLater
        Event_Create PjrtClient.CreateEvent
        Event_Set PjrtEvent.Set
        Device_GetAttributes PjrtDevice.ReadAttributes
        Client_Load PjrtClient.Load
        LoadedExecutable_AddressableDeviceLogicalIds PjrtExecutable.LogicalIds
        Buffer_Bitcast PjrtBuffer.Bitcast
        Error_ForEachPayload IOptiRsError.Payloads
        TopologyDescription_Fingerprint PjrtTopology.Fingerprint
        Executable_ParameterMemoryKinds PjrtProgramFacts.ParameterMemoryKinds
        Device_ClearMemoryStats PjrtDevice.ClearMemoryStats
        TopologyDescription_MakeCanonicalShapeForMemorySpace PjrtTopology.CanonicalShape
        TopologyDescription_GetMemorySpaceKindIds PjrtTopology.MemoryKindIds
        """;

    private static string Root => Checkout.Root;

    private static readonly Dictionary<string, string> MemberOf = Members
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .ToDictionary(line => "PJRT_" + line.Split(' ')[0], line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);

    private static (string Name, int Since)[] Table() =>
        [.. FunctionPattern().Matches(File.ReadAllText(Path.Combine(Root, "native/pjrt_abi/pjrt_abi_versions.h")))
            .Select(m => (m.Groups["name"].Value, int.Parse(m.Groups["since"].Value, null)))];

    [Test]
    public void EveryFunctionOfTheHeaderIsListed()
    {
        string[] names = [.. Table().Select(f => f.Name)];
        Assert.That(names, Has.Length.GreaterThanOrEqualTo(138));
        Assert.That(MemberOf.Keys, Is.EquivalentTo(names));
    }

    [Test]
    public void EveryMemberThatIsNamedExists()
    {
        foreach ((string function, string member) in MemberOf.Where(m => !m.Value.StartsWith('-'))) CheckMember(function, member);
    }

    /// <summary>Fails unless "Type.Member" is part of the public API.</summary>
    internal static void CheckMember(string function, string member)
    {
        Assembly[] assemblies = [typeof(PjrtClient).Assembly, typeof(IOptiRsError).Assembly];
        string[] parts = member.Split('.');
        Type? type = assemblies.Select(a => a.GetType("OptiRs.Native." + parts[0])).FirstOrDefault(t => t is not null);
        Assert.That(type, Is.Not.Null, $"{function}: there is no type {parts[0]}");
        Assert.That(type!.IsPublic, Is.True, parts[0]);
        Assert.That(type.GetMember(parts[1]), Is.Not.Empty, $"{function}: {parts[0]} has no public member {parts[1]}");
    }

    [Test]
    public void TheClientCallsEveryFunction()
    {
        var source = new StringBuilder();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "native/src/pjrt"))) source.Append(File.ReadAllText(file));
        string text = source.ToString();
        foreach ((string name, _) in Table())
            Assert.That(
                Regex.IsMatch(text, $@"(PJRT_Api::|table_->){name}\b"), Is.EqualTo(!MemberOf[name].StartsWith('-')), name);
    }

    [Test]
    public void TheDocumentIsThatOfTheHeaders()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # The PJRT C API from C#

            Every function of the table, the minor version that brought it ("-": older than the versions), and the member of
            `OptiRs.Native` that calls it. A plugin that lacks a function answers with `NotSupportedException`, which names
            the plugin, its version and the version that is needed. Written by a test from `native/pjrt_abi`, not by hand.

            | function | since | in C# |
            |---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach ((string name, int since) in Table())
        {
            string member = MemberOf[name];
            text.Append($"| {name} | {(since == 0 ? "-" : $"0.{since}")} | {(member.StartsWith('-') ? member[2..] : $"`{member}`")} |\n");
        }

        text.Append(ExtensionCoverage.Document());
        string path = Path.Combine(Root, "native/docs/pjrt-coverage.md");
        if (Environment.GetEnvironmentVariable("OPTIRS_UPDATE_DOCS") == "1") File.WriteAllText(path, text.ToString());
        Assert.That(
            File.Exists(path) ? File.ReadAllText(path) : "", Is.EqualTo(text.ToString()),
            "native/docs/pjrt-coverage.md is stale: run this test with OPTIRS_UPDATE_DOCS=1");
    }

    [GeneratedRegex(@"\{""(?<name>PJRT_\w+)"", \d+, (?<since>\d+)\}")]
    private static partial Regex FunctionPattern();
}
