#include "pjrt_cpu/capi/executable.h"

#include <cstdio>
#include <cstring>
#include <utility>

#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr std::string_view kSerializedMark = "optirs-program-1\n";

/// FNV-1a, 64 bits.
uint64_t hash(std::string_view text, uint64_t seed) {
    for (const char c : text) {
        seed ^= static_cast<unsigned char>(c);
        seed *= 0x100000001B3;
    }
    return seed;
}

std::string fingerprintOf(std::string_view source, std::string_view options) {
    constexpr uint64_t kBasis = 0xCBF29CE484222325;
    char text[40];
    std::snprintf(
        text, sizeof text, "%016llx%016llx",
        static_cast<unsigned long long>(hash(options, hash(source, kBasis))),
        static_cast<unsigned long long>(hash(platformVersion(), hash(hostProcessorName(), ~kBasis))));
    return text;
}

}  // namespace

CompiledProgram::CompiledProgram(std::string_view source_text, std::string_view serialized_options)
    : source(source_text),
      options_bytes(serialized_options),
      options(readCompileOptions(serialized_options)),
      fingerprint(fingerprintOf(source_text, serialized_options)) {
    if (options.parameters_are_tupled) {
        throw unimplemented("parameter_is_tupled_arguments: pass the arguments one by one");
    }
    CompileOptions compiler_options;
    compiler_options.num_replicas = static_cast<int32_t>(options.num_replicas);
    compiler_options.num_partitions = static_cast<int32_t>(options.num_partitions);
    program = compile(source_text, compiler_options);
    donated_to.assign(program->arguments.size(), -1);
    for (const Allocation& allocation : program->allocations) {
        if (allocation.kind != Allocation::Kind::kOutput || allocation.aliased_argument < 0) continue;
        donated_to[static_cast<size_t>(allocation.aliased_argument)] = allocation.index;
        alias_bytes += allocation.bytes;
    }
    for (const TensorType& type : program->arguments) argument_bytes += type.byteCount();
    for (const TensorType& type : program->outputs) {
        output_bytes += type.byteCount();
        output_types.push_back(bufferType(type.element()));
        output_ranks.push_back(static_cast<size_t>(type.rank()));
        output_dims.insert(output_dims.end(), type.dims().begin(), type.dims().end());
    }
    const size_t kinds = std::max(program->arguments.size(), program->outputs.size());
    memory_kinds.assign(kinds, kMemoryKind);
    memory_kind_sizes.assign(kinds, std::strlen(kMemoryKind));
    cost.add("flops", static_cast<float>(program->cost.flops));
    cost.add("transcendentals", static_cast<float>(program->cost.transcendentals));
    cost.add("bytes accessed", static_cast<float>(program->cost.bytes_accessed));
}

std::shared_ptr<const CompiledProgram> compileProgram(const PJRT_Program& program, std::string_view options) {
    if (program.code == nullptr) throw invalidArgument("program.code is null");
    if (program.format == nullptr) throw invalidArgument("program.format is null");
    const std::string_view format(program.format, program.format_size);
    const std::string_view code(program.code, program.code_size);
    if (format != "mlir") {
        throw unimplemented("programs of format \"" + std::string(format) +
                            "\"; this plugin takes \"mlir\" (StableHLO text)");
    }
    if (code.starts_with("ML\xEFR")) {
        throw unimplemented("MLIR bytecode (StableHLO portable artifacts); pass the module as text");
    }
    return std::make_shared<const CompiledProgram>(code, options);
}

std::string serializeProgram(const CompiledProgram& compiled) {
    return std::string(kSerializedMark) + std::to_string(compiled.options_bytes.size()) + "\n" +
           compiled.options_bytes + compiled.source;
}

std::shared_ptr<const CompiledProgram> deserializeProgram(std::string_view serialized,
                                                          std::string_view options) {
    const auto refuse = [] {
        return invalidArgument("these bytes are no executable that this plugin serialized");
    };
    if (!serialized.starts_with(kSerializedMark)) throw refuse();
    serialized.remove_prefix(kSerializedMark.size());
    const size_t line = serialized.find('\n');
    if (line == 0 || line > 10) throw refuse();
    size_t size = 0;
    for (const char c : serialized.substr(0, line)) {
        if (c < '0' || c > '9') throw refuse();
        size = size * 10 + static_cast<size_t>(c - '0');
    }
    serialized.remove_prefix(line + 1);
    if (size > serialized.size()) throw refuse();
    const std::string_view stored = serialized.substr(0, size);
    return std::make_shared<const CompiledProgram>(serialized.substr(size),
                                                   options.empty() ? stored : options);
}

}  // namespace optirs::plugin

using namespace optirs::plugin;  // NOLINT(google-build-using-namespace): the C names live outside

PJRT_LoadedExecutable::PJRT_LoadedExecutable(std::shared_ptr<ClientState> client_of_it,
                                             std::shared_ptr<const CompiledProgram> compiled_of_it)
    : client(std::move(client_of_it)), compiled(std::move(compiled_of_it)) {
    const CompileOptionsProto& options = compiled->options;
    if (options.portable) {
        if (options.num_replicas * options.num_partitions != 1) {
            throw invalidArgument("a portable executable runs on one device, not " +
                                  std::to_string(options.num_replicas) + " x " +
                                  std::to_string(options.num_partitions));
        }
        return;
    }
    int64_t next = options.device_ordinal >= 0 ? options.device_ordinal : 0;
    for (int64_t r = 0; r < options.num_replicas; ++r) {
        std::vector<int64_t>& row = assignment.emplace_back();
        for (int64_t p = 0; p < options.num_partitions; ++p) {
            const int64_t id =
                options.device_assignment.empty()
                    ? next++
                    : options.device_assignment[static_cast<size_t>(r)][static_cast<size_t>(p)];
            PJRT_Device* device = id <= INT32_MAX ? client->find(static_cast<int>(id)) : nullptr;
            if (device == nullptr) {
                throw invalidArgument(
                    "the program wants device " + std::to_string(id) + " for replica " + std::to_string(r) +
                    ", partition " + std::to_string(p) + ", but this client has devices 0 to " +
                    std::to_string(client->devices().size() - 1) + " (see the client option device_count)");
            }
            for (const PJRT_Device* other : devices) {
                if (other == device)
                    throw invalidArgument("device " + std::to_string(id) + " is assigned twice");
            }
            row.push_back(id);
            devices.push_back(device);
            logical_ids.push_back({static_cast<int>(r), static_cast<int>(p)});
        }
    }
}
