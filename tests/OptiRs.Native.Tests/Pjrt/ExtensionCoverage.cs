using System.Text;
using System.Text.RegularExpressions;
using OptiRs.Tests;

namespace OptiRs.Native.Tests.Pjrt;

/// <summary>As <see cref="CoverageTests"/>, for the extensions of <c>native/pjrt_abi/pjrt_abi_extensions.h</c>.</summary>
public sealed partial class ExtensionCoverage
{
    // Extension (its name without underscores) and entry of its table, then the member of the public API that calls it; or
    // "-" and the reason why no member does. An extension without an entry is left out as a whole, for the reason.
    private const string Members =
        """
        Layouts.PJRT_Layouts_MemoryLayout_Destroy PjrtClient.DefaultLayout
        Layouts.PJRT_Layouts_MemoryLayout_Serialize PjrtClient.DefaultLayout
        Layouts.PJRT_Layouts_PJRT_Client_GetDefaultLayout PjrtClient.DefaultLayout
        Layouts.PJRT_Layouts_PJRT_Buffer_MemoryLayout PjrtBuffer.DetailedLayout
        Layouts.PJRT_Layouts_PJRT_Topology_GetDefaultLayout PjrtTopology.DefaultLayout
        Layouts.PJRT_Layouts_PJRT_Executable_GetOutputLayouts PjrtProgramFacts.OutputLayouts
        Layouts.PJRT_Layouts_PJRT_Executable_GetParameterLayouts PjrtProgramFacts.ParameterLayouts
        Shardings.PJRT_Shardings_PJRT_Executable_ParameterShardings PjrtProgramFacts.ParameterShardings
        Shardings.PJRT_Shardings_PJRT_Executable_OutputShardings PjrtProgramFacts.OutputShardings
        MemoryDescriptions.PJRT_DeviceDescription_MemoryDescriptions PjrtTopology.DeviceMemories
        MemoryDescriptions.PJRT_MemoryDescription_Kind PjrtTopology.DeviceMemories
        ExecutableMetadata.get_executable_metadata PjrtProgramFacts.Metadata
        ExecutableMetadata.destroy_serialized_metadata PjrtProgramFacts.Metadata
        Profiler.profiler_api PjrtPlugin.CreateProfiler
        Profiler.traceme_context_id - joins annotations of C++ code (TraceMe) with the plugin's; activities are .NET's, and TraceRecording puts them beside the plugin's profile
        Profiler.error_destroy IOptiRsError.Code
        Profiler.error_message IOptiRsError.Message
        Profiler.error_get_code IOptiRsError.Code
        Profiler.create PjrtPlugin.CreateProfiler
        Profiler.destroy PjrtProfiler.Dispose
        Profiler.start PjrtProfiler.Start
        Profiler.stop PjrtProfiler.Stop
        Profiler.collect_data PjrtProfiler.Collect
        Profiler.consume - collect_data in two steps; PjrtProfiler.Collect takes the one
        Profiler.consume_result_destroy - as consume
        Profiler.serialize - as consume
        RawBuffer.PJRT_RawBuffer_CreateRawAliasOfBuffer PjrtBuffer.OpenRaw
        RawBuffer.PJRT_RawBuffer_Destroy PjrtRawBuffer.Dispose
        RawBuffer.PJRT_RawBuffer_GetOnDeviceSizeInBytes PjrtRawBuffer.ByteCount
        RawBuffer.PJRT_RawBuffer_GetMemorySpace PjrtRawBuffer.Memory
        RawBuffer.PJRT_RawBuffer_CopyRawHostToDevice PjrtRawBuffer.WriteAsync
        RawBuffer.PJRT_RawBuffer_CopyRawDeviceToHost PjrtRawBuffer.ReadAsync
        RawBuffer.PJRT_RawBuffer_GetHostPointer PjrtRawBuffer.HostAddress
        Stream.get_stream PjrtDevice.ExternalStream
        Stream.wait_stream PjrtBuffer.WaitOnStream
        GpuCustomCall.custom_call PjrtPlugin.RegisterCustomCall
        GpuCustomCall.custom_call_handles_traits - tells XLA's own client whether it may send traits; they are zero unless a program sets them
        FFI.type_register PjrtPlugin.RegisterFfiType
        FFI.user_data_add PjrtExecutionContext.AddUserData
        FFI.register_handler PjrtPlugin.RegisterFfiHandler
        PhaseCompile.phase_compile_get_compiler PjrtPlugin.CompilerPhases
        PhaseCompile.phase_compile_destroy_compiler PjrtPlugin.CompilerPhases
        PhaseCompile.phase_compile_run_phases PjrtTopology.RunPhases
        PhaseCompile.phase_compile_get_phase_names PjrtPlugin.CompilerPhases
        PhaseCompile.phase_compile_c_buffers_destroy PjrtTopology.RunPhases
        CrossHostTransfers.PJRT_Transfers_PJRT_Client_MakeCrossHostReceiveBuffers PjrtClient.ReceiveFromPeer
        CrossHostTransfers.PJRT_Transfers_PJRT_Buffer_CopyToRemoteDevice PjrtBuffer.SendToPeerAsync
        CrossHostTransfers.PJRT_Transfers_PJRT_Client_CrossHostReceiveBuffers - takes arrays of C++ types (xla::GlobalDeviceId, xla::CrossHostTransferKey) whose layout no C header states
        CrossHostTransfers.PJRT_Transfers_PJRT_Client_CrossHostSendBuffers - as CrossHostReceiveBuffers
        TpuTopology.subslice PjrtTpuTopology.Subslice
        TpuTopology.is_subslice_topology PjrtTpuTopology.IsSubslice
        TpuTopology.subslice_device_id_from_full_device_id PjrtTpuTopology.DeviceIdInSubslice
        TpuTopology.replace_host_bounds PjrtTpuTopology.WithHosts
        TpuTopology.is_enhanced_barrier_enabled PjrtTpuTopology.HasEnhancedBarrier
        TpuTopology.has_limited_ici_connectivity PjrtTpuTopology.HasLimitedInterconnect
        TpuTopology.is_reachable_over_limited_ici PjrtTpuTopology.Reaches
        TpuTopology.process_count PjrtTpuTopology.ProcessCount
        TpuTopology.chips_per_process PjrtTpuTopology.ChipsPerProcess
        TpuTopology.core_count_per_chip PjrtTpuTopology.CoresPerChip
        TpuTopology.chip_count PjrtTpuTopology.ChipCount
        TpuTopology.core_count PjrtTpuTopology.CoreCount
        TpuTopology.logical_device_count_per_process PjrtTpuTopology.DevicesPerProcess
        TpuTopology.logical_device_count PjrtTpuTopology.DeviceCount
        TpuTopology.logical_device_count_per_chip PjrtTpuTopology.DevicesPerChip
        TpuTopology.core_count_per_process PjrtTpuTopology.CoresPerProcess
        TpuTopology.process_ids PjrtTpuTopology.ProcessIds
        TpuTopology.logical_device_ids_on_process PjrtTpuTopology.DeviceIds
        TpuTopology.proc_id_and_idx_on_proc_for_chip PjrtTpuTopology.PlaceOfChip
        TpuTopology.proc_id_and_idx_on_proc_for_logi_device PjrtTpuTopology.PlaceOfDevice
        TpuTopology.process_coord_from_id PjrtTpuTopology.ProcessCoordinates
        TpuTopology.chip_id_from_coord PjrtTpuTopology.ChipAt
        TpuTopology.logical_device_id_from_chip_coord_and_idx PjrtTpuTopology.DeviceAt
        TpuTopology.chip_coord_and_idx_for_logi_device PjrtTpuTopology.DeviceCoordinates
        TpuTopology.chips_per_process_bounds PjrtTpuTopology.ChipsPerProcessBounds
        TpuTopology.chip_bounds PjrtTpuTopology.ChipBounds
        TpuTopology.process_bounds PjrtTpuTopology.ProcessBounds
        TpuTopology.get_routing_strategy PjrtTpuTopology.RoutingStrategy
        TpuTopology.get_slice_config PjrtTpuPlugin.Slice
        TpuTopology.get_slice_configs PjrtTpuPlugin.Slices
        TpuTopology.get_default_platform_config PjrtTpuPlugin.DefaultHost
        TpuExecutable.get_target_arguments PjrtTpuPlugin.TargetArguments
        TpuExecutable.get_hlo_module_with_config PjrtTpuPlugin.HloModule
        TpuExecutable.get_compiled_memory_stats PjrtTpuPlugin.MemoryStats
        TpuExecutable.run_hlo_cost_analysis PjrtTpuPlugin.Costs
        TpuExecutable.set_tpu_compilation_env PjrtTpuPlugin.CompletedEnvironments
        TpuExecutable.get_tpu_compilation_env_field_as_string PjrtTpuPlugin.EnvironmentField
        TpuExecutable.is_tpu_predetermined_error PjrtTpuPlugin.IsPredeterminedError
        TpuExecutable.is_tpu_cancellation_placeholder_error PjrtTpuPlugin.IsCancellation
        TpuExecutable.get_core_program_abi_version - a place without a function
        CustomPartitioner - callbacks by which JAX's Python divides its custom calls; a program says how a custom call is divided with sharding attributes
        Triton - compiles Triton's IR, which nothing in .NET writes
        Example - shows how an extension is written, and does nothing
        Unknown - stands for an extension without a number of its own
        Callback - runs while the plugin is about to end the process, where managed code must not run
        HostAllocator - withdrawn: it has a number, and no functions
        Megascale - Google's runtime for jobs of several slices, set up by launchers in C++; a program sets it up by client options and the environment
        MultiSlice - describes a configuration of Megascale: see there
        AbiVersion - plugins check a program themselves when it is loaded, and PjrtCompilationCache compiles anew what they refuse
        Collectives - the plugin's own collectives, for C++ code of XLA; programs have those of StableHLO
        HostMemoryAllocator - PjrtClient.MapForDma registers memory that .NET owns, with every plugin that can
        XlaTransform - callbacks on XLA's HLO inside of its compiler, for C++ code of XLA
        """;

    private static readonly Dictionary<string, string> MemberOf = Members
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .ToDictionary(line => line.Split(' ')[0], line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);

    private static string Header(string name) => File.ReadAllText(Path.Combine(Checkout.Root, "native/pjrt_abi", name));

    private static string[] Extensions() =>
        [.. TypePattern().Matches(Header("pjrt_abi.h")).Select(m => Plain(m.Groups["name"].Value))];

    /// <summary>Every entry of every extension's table, in the order of the header; the profiler's own table counts as its.</summary>
    private static List<(string Extension, string Entry)> Entries()
    {
        var entries = new List<(string, string)>();
        foreach (Match table in TablePattern().Matches(Header("pjrt_abi_extensions.h")))
        {
            string extension = table.Groups["name"].Success ? Plain(table.Groups["name"].Value)
                : table.Groups["profiler"].Success ? "Profiler" : "GpuCustomCall";
            foreach (Match entry in EntryPattern().Matches(table.Groups["body"].Value))
            {
                string name = entry.Groups["function"].Success ? entry.Groups["function"].Value : entry.Groups["field"].Value;
                if (name is not ("base" or "struct_size" or "priv")) entries.Add((extension, name));
            }
        }

        return entries;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal);

    [Test]
    public void EveryExtensionOfTheHeaderIsListed()
    {
        string[] extensions = Extensions();
        Assert.That(extensions, Has.Length.GreaterThanOrEqualTo(25));
        Assert.That(MemberOf.Keys.Select(k => k.Split('.')[0]).Distinct(), Is.EquivalentTo(extensions));
    }

    [Test]
    public void EveryEntryOfTheHeaderIsListed()
    {
        (string Extension, string Entry)[] entries = [.. Entries()];
        Assert.That(entries, Has.Length.GreaterThanOrEqualTo(150));
        string[] expected = [.. entries.Where(e => !MemberOf.ContainsKey(e.Extension)).Select(e => $"{e.Extension}.{e.Entry}")];
        Assert.That(MemberOf.Keys.Where(k => k.Contains('.', StringComparison.Ordinal)), Is.EquivalentTo(expected));
    }

    [Test]
    public void EveryMemberThatIsNamedExists()
    {
        foreach ((string entry, string member) in MemberOf.Where(m => !m.Value.StartsWith('-')))
            CoverageTests.CheckMember(entry, member);
    }

    [Test]
    public void TheClientCallsEveryEntryThatHasAMember()
    {
        string text = string.Concat(
            Directory.EnumerateFiles(Path.Combine(Checkout.Root, "native/src/pjrt")).Select(File.ReadAllText));
        foreach ((string entry, _) in MemberOf.Where(m => !m.Value.StartsWith('-')))
            Assert.That(Regex.IsMatch(text, $@"\b{entry.Split('.')[1]}\b"), Is.True, entry);
    }

    /// <summary>The part of native/docs/pjrt-coverage.md about extensions.</summary>
    internal static string Document()
    {
        var text = new StringBuilder();
        text.Append(
            """

            ## Extensions

            A plugin that lacks an extension answers with `NotSupportedException`, which names the plugin, the extension and who
            has it. `PjrtPlugin.Extensions` lists those of a plugin. What is here for TPUs and GPUs is unverified on hardware: it
            was tested against a plugin of the tests' own.

            | extension | entry | in C# |
            |---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach ((string extension, string entry) in Entries().Where(e => !MemberOf.ContainsKey(e.Extension)))
        {
            string member = MemberOf[$"{extension}.{entry}"];
            text.Append($"| {extension} | {entry} | {(member.StartsWith('-') ? member[2..] : $"`{member}`")} |\n");
        }

        text.Append("\nLeft out as a whole, as a C# program has no use for them:\n\n| extension | why |\n|---|---|\n");
        foreach (string extension in Extensions().Where(MemberOf.ContainsKey)) text.Append($"| {extension} | {MemberOf[extension][2..]} |\n");
        return text.ToString();
    }

    [GeneratedRegex(@"PJRT_Extension_Type_(?<name>\w+) = \d+")]
    private static partial Regex TypePattern();

    [GeneratedRegex(
        @"^struct (PJRT_(?<name>\w+)_Extension|(?<profiler>PLUGIN_Profiler_Api)|PJRT_Gpu_Custom_Call) \{(?<body>[^}]*)\};",
        RegexOptions.Multiline)]
    private static partial Regex TablePattern();

    [GeneratedRegex(@"\(\*(?<function>\w+)\)\(|[ *](?<field>\w+);$", RegexOptions.Multiline)]
    private static partial Regex EntryPattern();
}
