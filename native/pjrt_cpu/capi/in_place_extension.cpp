// The extension pjrt_in_place.h.
#include "pjrt_abi/pjrt_in_place.h"

#include <array>
#include <span>

#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/buffer.h"
#include "pjrt_cpu/capi/copied_bytes.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/executable.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/runtime/executor.h"

namespace optirs::plugin {
namespace {

/// Larger copies gain little from this, and buffers are locked for as long.
constexpr int64_t kMostBytes = int64_t{1} << 16;
constexpr size_t kMostArguments = 16;
constexpr size_t kMostResults = 8;

/// Whether so many bytes are all of a small buffer.
bool isWhole(const PJRT_Buffer& buffer, size_t size) {
    return size == static_cast<size_t>(buffer.bytes) && buffer.bytes <= kMostBytes &&
           buffer.array->dynamic_dims.empty();
}

PJRT_Error* read(PJRT_InPlace_Read_Args* args) {
    return guarded("PJRT_InPlace_Read", args, sizeof *args, [](auto& a) {
        a.is_done = false;
        const PJRT_Buffer& buffer = deref(a.buffer, "buffer");
        if (a.data == nullptr || !isWhole(buffer, a.size)) return;
        const Ref<BufferValue> value = buffer.value();
        if (!value->isThere()) return;
        copyCounted(a.data, value->storage->data(), buffer.bytes, nullptr);
        a.is_done = true;
    });
}

PJRT_Error* write(PJRT_InPlace_Write_Args* args) {
    return guarded("PJRT_InPlace_Write", args, sizeof *args, [](auto& a) {
        a.is_done = false;
        PJRT_Buffer& buffer = deref(a.buffer, "buffer");
        if (a.data == nullptr || !isWhole(buffer, a.size)) return;
        const ExclusiveUse use(buffer);
        if (use.data() == nullptr) return;
        copyCounted(use.data(), a.data, buffer.bytes, nullptr);
        a.is_done = true;
    });
}

/// Whether the program may ever run this way. What calls functions of the client's process does not: they
/// might use the buffers that are locked.
bool isOfTheKind(const PJRT_LoadedExecutable& executable) {
    const CompiledProgram& compiled = *executable.compiled;
    const Program& program = *compiled.program;
    return !compiled.specialisations && executable.devices.size() == 1 && isSmall(program) &&
           !program.calls_out && program.sized_arguments.empty() && program.sized_outputs.empty() &&
           program.arguments.size() <= kMostArguments && program.outputs.size() <= kMostResults &&
           program.donor_arguments.empty() &&
           std::ranges::all_of(compiled.donated_to, [](int32_t output) { return output < 0; });
}

bool fits(const PJRT_Buffer* buffer, const TensorType& type, const PJRT_Device* device) {
    return buffer != nullptr && &buffer->device == device && buffer->array->dynamic_dims.empty() &&
           buffer->type.element() == type.element() && std::ranges::equal(buffer->type.dims(), type.dims());
}

/// False: nothing is computed, or not all of it.
bool run(PJRT_LoadedExecutable& executable, std::span<PJRT_Buffer* const> arguments,
         std::span<PJRT_Buffer* const> results) {
    const Program& program = *executable.compiled->program;
    PJRT_Device& device = *executable.devices[0];
    if (arguments.size() != program.arguments.size() || results.size() != program.outputs.size())
        return false;
    // References first: a result that is an argument, too, is then not ours alone.
    std::array<Ref<BufferValue>, kMostArguments> values;
    std::array<std::byte*, kMostArguments> inputs;  // NOLINT: as many are set as there are arguments
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (!fits(arguments[i], program.arguments[i], &device)) return false;
        values[i] = arguments[i]->value();
        if (!values[i]->isThere()) return false;
        inputs[i] = values[i]->storage->data();
    }
    std::array<std::optional<ExclusiveUse>, kMostResults> uses;
    std::array<std::byte*, kMostResults> outputs;  // NOLINT: as many are set as there are results
    for (size_t i = 0; i < results.size(); ++i) {
        if (!fits(results[i], program.outputs[i], &device)) return false;
        // A lock that is held must not be taken again.
        for (size_t k = 0; k < i; ++k) {
            if (results[k] == results[i]) return false;
        }
        outputs[i] = uses[i].emplace(*results[i]).data();
        if (outputs[i] == nullptr) return false;
    }
    MemoryBlock temporaries;
    if (program.arena_bytes > 0) temporaries = device.store->allocate(program.arena_bytes, nullptr, nullptr);
    ClientState& client = *executable.client;
    RunContext context;
    context.device_id = device.description.id;
    context.num_replicas = program.num_replicas;
    context.num_partitions = program.num_partitions;
    context.run_id = client.nextRunId();
    execute(program, std::span(inputs).first(arguments.size()), std::span(outputs).first(results.size()),
            temporaries.data(), client.pool(), context);
    return true;
}

PJRT_Error* execute(PJRT_InPlace_Execute_Args* args) {
    return guarded("PJRT_InPlace_Execute", args, sizeof *args, [](auto& a) {
        a.is_done = false;
        PJRT_LoadedExecutable& executable = deref(a.executable, "executable");
        a.is_never = !isOfTheKind(executable);
        if (a.is_never || executable.deleted.load()) return;
        if ((a.arguments == nullptr && a.num_arguments > 0) || (a.results == nullptr && a.num_results > 0))
            return;
        try {
            a.is_done = run(executable, {a.arguments, a.num_arguments}, {a.results, a.num_results});
        } catch (const Error&) {
            a.is_done = false;  // the usual way finds it again, and reports it where it belongs
        }
    });
}

}  // namespace

PJRT_Extension_Base* inPlaceExtension(PJRT_Extension_Base* next) {
    static PJRT_InPlace_Extension extension = [next] {
        PJRT_InPlace_Extension table{};
        table.base.struct_size = sizeof table;
        table.base.type = PJRT_EXTENSION_TYPE_IN_PLACE;
        table.base.next = next;
        table.read = read;
        table.write = write;
        table.execute = execute;
        return table;
    }();
    return &extension.base;
}

}  // namespace optirs::plugin
