// The fake plugin's extensions about programs, devices and memory. What they answer is made up, and the same
// each time.
#include "tests/pjrt/fake_extensions.h"

namespace fake {
namespace {

/* ---- Layouts and what belongs to programs ---- */

FAKE_EXTENSION_FUNCTION(PJRT_Layouts_MemoryLayout_Destroy) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_MemoryLayout_Destroy)
    delete &as<Other>(args->layout);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Layouts_MemoryLayout_Serialize) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_MemoryLayout_Serialize)
    args->serialized_layout = newOther<PJRT_Layouts_SerializedLayout>(as<Other>(args->layout).text);
    args->serialized_bytes = as<Other>(args->serialized_layout).text.data();
    args->serialized_bytes_size = as<Other>(args->serialized_layout).text.size();
    args->serialized_layout_deleter = [](PJRT_Layouts_SerializedLayout* given) { delete &as<Other>(given); };
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Layouts_PJRT_Client_GetDefaultLayout) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_PJRT_Client_GetDefaultLayout)
    args->layout = newOther<PJRT_Layouts_MemoryLayout>(args->num_dims == 2 ? "{1,0:T(8,128)(2,1)}" : "{0}");
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Layouts_PJRT_Topology_GetDefaultLayout) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_PJRT_Topology_GetDefaultLayout)
    args->layout = newOther<PJRT_Layouts_MemoryLayout>("{0,1:S(5)}");
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Layouts_PJRT_Buffer_MemoryLayout) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_PJRT_Buffer_MemoryLayout)
    args->layout = newOther<PJRT_Layouts_MemoryLayout>("{0}");
    return nullptr;
}

// Two layouts that live as long as every program.
PJRT_Layouts_MemoryLayout** twoLayouts() {
    struct Text {
        std::string text;
    };
    static Text texts[] = {{"{1,0}"}, {"{0,1}"}};
    static PJRT_Layouts_MemoryLayout* layouts[] = {reinterpret_cast<PJRT_Layouts_MemoryLayout*>(&texts[0]),
                                                   reinterpret_cast<PJRT_Layouts_MemoryLayout*>(&texts[1])};
    return layouts;
}

FAKE_EXTENSION_FUNCTION(PJRT_Layouts_PJRT_Executable_GetOutputLayouts) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_PJRT_Executable_GetOutputLayouts)
    args->num_outputs = 1;
    args->layouts = twoLayouts();
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Layouts_PJRT_Executable_GetParameterLayouts) {
    FAKE_EXTENSION_ENTER(PJRT_Layouts_PJRT_Executable_GetParameterLayouts)
    args->num_parameters = 2;
    args->layouts = twoLayouts();
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Shardings_PJRT_Executable_ParameterShardings) {
    FAKE_EXTENSION_ENTER(PJRT_Shardings_PJRT_Executable_ParameterShardings)
    static const char* const kSharding[] = {"\x08\x01"};  // OpSharding { type: MAXIMAL }
    static const std::size_t kSize[] = {2};
    args->num_parameters = 1;
    args->shardings = kSharding;
    args->sharding_sizes = kSize;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Shardings_PJRT_Executable_OutputShardings) {
    FAKE_EXTENSION_ENTER(PJRT_Shardings_PJRT_Executable_OutputShardings)
    args->num_outputs = 1;  // of a program that was not partitioned
    args->shardings = nullptr;
    return nullptr;
}
PJRT_Error* PJRT_ExecutableMetadata_GetExecutableMetadata(
    PJRT_ExecutableMetadata_GetExecutableMetadata_Args* args) {
    if (PJRT_Error* failure = enterFunction("PJRT_ExecutableMetadata_GetExecutableMetadata", true)) {
        return failure;
    }
    static PJRT_ExecutableMetadata metadata{"metadata", 8};
    args->metadata = &metadata;
    ++control().others;
    return nullptr;
}
void destroyMetadata(PJRT_ExecutableMetadata_DestroySerializedMetadata_Args* /*args*/) { --control().others; }

FAKE_EXTENSION_FUNCTION(PJRT_DeviceDescription_MemoryDescriptions) {
    FAKE_EXTENSION_ENTER(PJRT_DeviceDescription_MemoryDescriptions)
    static const PJRT_MemoryDescription* const kMemories[] = {
        reinterpret_cast<const PJRT_MemoryDescription*>("pinned_host"),
        reinterpret_cast<const PJRT_MemoryDescription*>("device")};
    args->memory_descriptions = kMemories;
    args->num_memory_descriptions = 2;
    args->default_memory_index = 1;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_MemoryDescription_Kind) {
    FAKE_EXTENSION_ENTER(PJRT_MemoryDescription_Kind)
    args->kind = reinterpret_cast<const char*>(args->memory_description);
    args->kind_size = std::strlen(args->kind);
    args->kind_id = static_cast<int>(args->kind_size);
    return nullptr;
}

/* ---- RawBuffer and Stream ---- */

struct Raw : Counted<&Control::others> {
    std::shared_ptr<Memory> memory;
    Place* place = nullptr;
};

FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_CreateRawAliasOfBuffer) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_CreateRawAliasOfBuffer)
    auto* raw = new Raw;
    raw->memory = as<Buffer>(args->buffer).memory.get();
    raw->place = as<Buffer>(args->buffer).device->client->memories.front();
    args->raw_buffer = reinterpret_cast<PJRT_RawBuffer*>(raw);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_Destroy) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_Destroy)
    delete &as<Raw>(args->buffer);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_GetOnDeviceSizeInBytes) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_GetOnDeviceSizeInBytes)
    args->on_device_size_in_bytes = as<Raw>(args->buffer).memory->data.size();
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_GetMemorySpace) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_GetMemorySpace)
    args->memory_space = reinterpret_cast<PJRT_Memory*>(as<Raw>(args->buffer).place);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_GetHostPointer) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_GetHostPointer)
    args->host_pointer = as<Raw>(args->buffer).memory->data.data();
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_CopyRawHostToDevice) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_CopyRawHostToDevice)
    args->event = makeEvent([memory = as<Raw>(args->buffer).memory, from = args->src, at = args->offset,
                             size = args->transfer_size] {
        std::memcpy(memory->data.data() + at, from, static_cast<std::size_t>(size));
    });
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_RawBuffer_CopyRawDeviceToHost) {
    FAKE_EXTENSION_ENTER(PJRT_RawBuffer_CopyRawDeviceToHost)
    args->event = makeEvent([memory = as<Raw>(args->buffer).memory, to = args->dst, at = args->offset,
                             size = args->transfer_size] {
        std::memcpy(to, memory->data.data() + at, static_cast<std::size_t>(size));
    });
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Get_Stream_For_External_Ready_Events) {
    FAKE_EXTENSION_ENTER(PJRT_Get_Stream_For_External_Ready_Events)
    args->stream = 1000 + as<Device>(args->device).id;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_Wait_Until_Buffer_Ready_On_Stream) {
    FAKE_EXTENSION_ENTER(PJRT_Wait_Until_Buffer_Ready_On_Stream)
    control().note = "stream " + std::to_string(args->stream);
    return nullptr;
}

/* ---- Custom calls ---- */

FAKE_EXTENSION_FUNCTION(PJRT_Gpu_Register_Custom_Call) {
    FAKE_EXTENSION_ENTER(PJRT_Gpu_Register_Custom_Call)
    control().note = std::string(args->function_name, args->function_name_size) + " " +
                     std::to_string(args->api_version) + " " + std::to_string(args->traits) +
                     (args->handler_prepare == nullptr ? "" : " prepares");
    control().handlers[std::string(args->function_name, args->function_name_size)] = args->handler_execute;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_FFI_Type_Register) {
    FAKE_EXTENSION_ENTER(PJRT_FFI_Type_Register)
    args->type_id = 7;
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_FFI_UserData_Add) {
    FAKE_EXTENSION_ENTER(PJRT_FFI_UserData_Add)
    control().note = "data of type " + std::to_string(args->user_data.type_id);
    return nullptr;
}
FAKE_EXTENSION_FUNCTION(PJRT_FFI_Register_Handler) {
    FAKE_EXTENSION_ENTER(PJRT_FFI_Register_Handler)
    control().note = std::string(args->target_name, args->target_name_size) + " on " +
                     std::string(args->platform_name, args->platform_name_size);
    control().handlers[std::string(args->target_name, args->target_name_size)] = args->handler;
    return nullptr;
}

/* ---- PhaseCompile ---- */

FAKE_EXTENSION_FUNCTION(PJRT_PhaseCompile_Get_Compiler) {
    FAKE_EXTENSION_ENTER(PJRT_PhaseCompile_Get_Compiler)
    args->phase_compiler = newOther<PJRT_PhaseCompiler>("compiler");
    return nullptr;
}
void destroyCompiler(PJRT_PhaseCompile_Destroy_Compiler_Args* args) {
    delete &as<Other>(args->phase_compiler);
}

// What is lent: texts, sizes and the list of them are the plugin's until they go back.
void lendTexts(const std::vector<std::string>& texts, const char**& out, const std::size_t*& sizes,
               std::size_t& count) {
    auto* list = new const char*[texts.size()];
    auto* lengths = new std::size_t[texts.size()];
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto* copy = new char[texts[i].size() + 1];
        std::memcpy(copy, texts[i].c_str(), texts[i].size() + 1);
        list[i] = copy;
        lengths[i] = texts[i].size();
    }
    ++control().others;
    out = list;
    sizes = lengths;
    count = texts.size();
}
void destroyTexts(PJRT_PhaseCompile_C_Buffers_Destroy_Args* args) {
    for (std::size_t i = 0; i < args->num_char_buffers; ++i) {
        delete[] args->char_buffers[i];
    }
    delete[] args->char_buffers;
    delete[] args->char_buffer_sizes;
    --control().others;
}

FAKE_EXTENSION_FUNCTION(PJRT_PhaseCompile_Get_PhaseNames) {
    FAKE_EXTENSION_ENTER(PJRT_PhaseCompile_Get_PhaseNames)
    lendTexts({"optimize", "emit"}, args->phase_names, args->phase_names_sizes, args->num_phase_names);
    return nullptr;
}
// Appends the names of the phases to each program.
FAKE_EXTENSION_FUNCTION(PJRT_PhaseCompile_Run_Phase) {
    FAKE_EXTENSION_ENTER(PJRT_PhaseCompile_Run_Phase)
    std::vector<std::string> programs;
    for (std::size_t i = 0; i < args->num_input_programs; ++i) {
        programs.emplace_back(args->input_programs[i], args->input_programs_sizes[i]);
        for (std::size_t k = 0; k < args->num_phases_to_run; ++k) {
            programs.back() += std::string("|") + args->phases_to_run[k];
        }
    }
    lendTexts(programs, args->output_programs, args->output_programs_sizes, args->num_output_programs);
    return nullptr;
}

#define FAKE_EXTENSION_ENTRY(name) table.name = name;

PJRT_Extension_Base* layouts(PJRT_Extension_Base* next) {
    static PJRT_Layouts_Extension table{};
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_MemoryLayout_Destroy)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_MemoryLayout_Serialize)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_PJRT_Client_GetDefaultLayout)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_PJRT_Buffer_MemoryLayout)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_PJRT_Topology_GetDefaultLayout)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_PJRT_Executable_GetOutputLayouts)
    FAKE_EXTENSION_ENTRY(PJRT_Layouts_PJRT_Executable_GetParameterLayouts)
    return chained(table, PJRT_Extension_Type_Layouts, PJRT_Layouts_Extension_STRUCT_SIZE, next);
}
PJRT_Extension_Base* descriptions(PJRT_Extension_Base* next) {
    static PJRT_Shardings_Extension shardings{};
    shardings.PJRT_Shardings_PJRT_Executable_ParameterShardings =
        PJRT_Shardings_PJRT_Executable_ParameterShardings;
    shardings.PJRT_Shardings_PJRT_Executable_OutputShardings = PJRT_Shardings_PJRT_Executable_OutputShardings;
    static PJRT_MemoryDescriptions_Extension table{};
    FAKE_EXTENSION_ENTRY(PJRT_DeviceDescription_MemoryDescriptions)
    FAKE_EXTENSION_ENTRY(PJRT_MemoryDescription_Kind)
    static PJRT_ExecutableMetadata_Extension metadata{};
    metadata.get_executable_metadata = PJRT_ExecutableMetadata_GetExecutableMetadata;
    metadata.destroy_serialized_metadata = destroyMetadata;
    next = chained(shardings, PJRT_Extension_Type_Shardings, PJRT_Shardings_Extension_STRUCT_SIZE, next);
    next = chained(table, PJRT_Extension_Type_MemoryDescriptions,
                   PJRT_MemoryDescriptions_Extension_STRUCT_SIZE, next);
    return chained(metadata, PJRT_Extension_Type_ExecutableMetadata,
                   PJRT_ExecutableMetadata_Extension_STRUCT_SIZE, next);
}
PJRT_Extension_Base* memory(PJRT_Extension_Base* next) {
    static PJRT_RawBuffer_Extension table{};
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_CreateRawAliasOfBuffer)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_Destroy)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_GetOnDeviceSizeInBytes)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_GetMemorySpace)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_CopyRawHostToDevice)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_CopyRawDeviceToHost)
    FAKE_EXTENSION_ENTRY(PJRT_RawBuffer_GetHostPointer)
    static PJRT_Stream_Extension stream{};
    stream.get_stream = PJRT_Get_Stream_For_External_Ready_Events;
    stream.wait_stream = PJRT_Wait_Until_Buffer_Ready_On_Stream;
    next = chained(stream, PJRT_Extension_Type_Stream, PJRT_Stream_Extension_STRUCT_SIZE, next);
    return chained(table, PJRT_Extension_Type_RawBuffer, PJRT_RawBuffer_Extension_STRUCT_SIZE, next);
}
PJRT_Extension_Base* calls(PJRT_Extension_Base* next) {
    static PJRT_Gpu_Custom_Call custom{};
    custom.custom_call = PJRT_Gpu_Register_Custom_Call;
    static PJRT_FFI_Extension ffi{};
    ffi.type_register = PJRT_FFI_Type_Register;
    ffi.user_data_add = PJRT_FFI_UserData_Add;
    ffi.register_handler = PJRT_FFI_Register_Handler;
    next = chained(custom, PJRT_Extension_Type_Gpu_Custom_Call, PJRT_Gpu_Custom_Call_STRUCT_SIZE, next);
    const std::size_t ffi_size =
        kHasFfiHandlers ? sizeof(PJRT_FFI_Extension) : offsetof(PJRT_FFI_Extension, register_handler);
    return chained(ffi, PJRT_Extension_Type_FFI, ffi_size, next);
}
PJRT_Extension_Base* compiling(PJRT_Extension_Base* next) {
    static PJRT_PhaseCompile_Extension phases{};
    phases.phase_compile_get_compiler = PJRT_PhaseCompile_Get_Compiler;
    phases.phase_compile_destroy_compiler = destroyCompiler;
    phases.phase_compile_run_phases = PJRT_PhaseCompile_Run_Phase;
    phases.phase_compile_get_phase_names = PJRT_PhaseCompile_Get_PhaseNames;
    phases.phase_compile_c_buffers_destroy = destroyTexts;
    return chained(phases, PJRT_Extension_Type_PhaseCompile, PJRT_PhaseCompile_Extension_STRUCT_SIZE, next);
}
}  // namespace

PJRT_Extension_Base* allExtensions() {
    return layouts(descriptions(memory(calls(compiling(serviceExtensions(tpuExtensions(nullptr)))))));
}

}  // namespace fake
