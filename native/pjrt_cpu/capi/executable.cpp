#include "pjrt_cpu/capi/executable.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "pjrt_cpu/capi/element_types.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/program_cache.h"
#include "pjrt_cpu/capi/slice_estimate.h"
#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/ir/error.h"
#include "pjrt_cpu/stablehlo/hlo/hlo.h"

namespace optirs::plugin {
namespace {

std::unique_ptr<const Program> make(const ProgramImage& image, const CompileOptionsProto& options) {
    if (options.parameters_are_tupled) {
        throw unimplemented("parameter_is_tupled_arguments: pass the arguments one by one");
    }
    CompileOptions compiler_options;
    compiler_options.num_replicas = static_cast<int32_t>(options.num_replicas);
    compiler_options.num_partitions = static_cast<int32_t>(options.num_partitions);
    compiler_options.known_objects = image.objects;
    return image.optimised.empty() ? compile(image.source, compiler_options)
                                   : compileOptimised(image.optimised, compiler_options);
}

}  // namespace

CompiledProgram::CompiledProgram(const ProgramImage& image)
    : source(image.source),
      options_bytes(image.options),
      options(readCompileOptions(image.options)),
      program(make(image, options)),
      fingerprint(ProgramCache::key(source, options_bytes)),
      arguments(program->arguments, program->argument_shardings),
      outputs(program->outputs, program->output_shardings),
      shared_name(std::make_shared<const std::string>(program->name)),
      cost(costProperties(program->cost)) {
    std::vector<std::vector<size_t>> dynamic_dims(program->outputs.size());
    for (const SizedDimension& each : program->sized_outputs)
        dynamic_dims[static_cast<size_t>(each.array)].push_back(static_cast<size_t>(each.dim));
    std::map<std::pair<std::string, std::vector<size_t>>, SharedType> types;
    const auto add = [&](std::vector<SharedType>& list, const TensorType& type,
                         std::vector<size_t> dynamic = {}) {
        SharedType& known = types[{type.toString(), dynamic}];
        if (known == nullptr) known = shared(type, std::move(dynamic));
        list.push_back(known);
    };
    for (const TensorType& type : program->arguments) add(argument_types, type);
    for (size_t i = 0; i < program->outputs.size(); ++i)
        add(output_types, program->outputs[i], std::move(dynamic_dims[i]));
    const bool has_unknown_shapes = !std::ranges::all_of(program->arguments, &TensorType::isStatic);
    if (has_unknown_shapes && program->sized_arguments.empty())
        specialisations = std::make_unique<Specialisations>();
    donated_to.assign(program->arguments.size(), -1);
    for (const Allocation& allocation : program->allocations) {
        if (allocation.kind != Allocation::Kind::kOutput || allocation.aliased_argument < 0) continue;
        donated_to[static_cast<size_t>(allocation.aliased_argument)] = allocation.index;
        alias_bytes += allocation.bytes;
    }
}

namespace {

using Compiled = std::shared_ptr<const CompiledProgram>;

/// What the cache has for the program; null: nothing that is whole, made here and for this very program.
Compiled fromCache(const ProgramCache& cache, const std::string& key, const ProgramImage& image) {
    const std::optional<std::string> bytes = cache.find(key);
    if (!bytes) return nullptr;
    try {
        const ProgramImage found = deserialize(*bytes);
        if (found.source != image.source || found.options != image.options) return nullptr;
        return std::make_shared<const CompiledProgram>(found);
    } catch (const Error&) {
        return nullptr;
    }
}

Compiled compileImage(const ProgramImage& image, const ProgramCache& cache) {
    if (!cache.enabled()) return std::make_shared<const CompiledProgram>(image);
    const std::string key = ProgramCache::key(image.source, image.options);
    if (Compiled cached = fromCache(cache, key, image)) return cached;
    auto compiled = std::make_shared<const CompiledProgram>(image);
    cache.store(key, serializeProgram(*compiled));
    return compiled;
}

}  // namespace

std::shared_ptr<const CompiledProgram> compileProgram(const PJRT_Program& program, std::string_view options,
                                                      const std::string& cache_folder) {
    checkStructSize(program.struct_size, pjrt_abi::structSize<PJRT_Program>(kOldestMinor));
    if (program.code == nullptr) throw invalidArgument("program.code is null");
    if (program.format == nullptr) throw invalidArgument("program.format is null");
    const std::string_view format(program.format, program.format_size);
    const std::string_view code(program.code, program.code_size);
    const ProgramCache cache(cache_folder);
    if (format == "optirs_executable") {
        ProgramImage image = deserializeSource(code);
        if (!options.empty()) image.options = options;
        return compileImage(image, cache);
    }
    if (format == "hlo") {
        return compileImage({std::string(kHloMagic) + std::string(code), std::string(options), {}, {}},
                            cache);
    }
    if (format != "mlir") {
        throw unimplemented("programs of format \"" + std::string(format) +
                            "\"; this plugin takes \"mlir\" (StableHLO), \"hlo\" (HloModuleProto) and "
                            "\"optirs_executable\" (a serialized executable, to compile anew)");
    }
    return compileImage({std::string(code), std::string(options), {}, {}}, cache);
}

namespace {

/// The image with other options. What the passes made stays good when the program runs on as many devices.
ProgramImage replaceOptions(ProgramImage image, std::string_view options) {
    const CompileOptionsProto before = readCompileOptions(image.options);
    const CompileOptionsProto after = readCompileOptions(options);
    if (before.num_replicas != after.num_replicas || before.num_partitions != after.num_partitions)
        image.optimised.clear();
    image.options = options;
    return image;
}

}  // namespace

std::shared_ptr<const NamedValues> costOnSlice(const CompiledProgram& compiled,
                                               const ClientOptions& options) {
    if (options.topology == nullptr) return nullptr;
    auto values = std::make_shared<NamedValues>(costProperties(compiled.program->cost));
    addSliceEstimate(*values, compiled.program->cost, *options.topology);
    return values;
}

std::string serializeProgram(const CompiledProgram& compiled) {
    return serialize({compiled.source, compiled.options_bytes, compiled.program->optimized_text,
                      compiled.program->object_files});
}

std::shared_ptr<const CompiledProgram> deserializeProgram(std::string_view serialized,
                                                          std::string_view options) {
    ProgramImage image = deserialize(serialized);
    return std::make_shared<const CompiledProgram>(options.empty() ? image : replaceOptions(image, options));
}

std::shared_ptr<const CompiledProgram> withOptions(const CompiledProgram& compiled,
                                                   std::string_view options) {
    const ProgramImage image{compiled.source, compiled.options_bytes, compiled.program->optimized_text,
                             compiled.program->object_files};
    return std::make_shared<const CompiledProgram>(replaceOptions(image, options));
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
    std::set<int64_t> assigned;
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
            if (!assigned.insert(id).second)
                throw invalidArgument("device " + std::to_string(id) + " is assigned twice");
            row.push_back(id);
            if (!device->is_addressable) continue;
            devices.push_back(device);
            logical_ids.push_back({static_cast<int>(r), static_cast<int>(p)});
        }
    }
}
