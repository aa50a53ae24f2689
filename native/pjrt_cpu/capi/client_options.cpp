#include "pjrt_cpu/capi/client_options.h"

#include <string>

#include "pjrt_cpu/capi/named_values.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kMaxDevices = 1024;
constexpr int64_t kMaxThreads = 4096;
constexpr double kMaxTimeoutSeconds = 1e9;

int64_t readInteger(const std::string& name, const NamedValues::Value& value, int64_t least, int64_t limit) {
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr) throw invalidArgument("option \"" + name + "\" must be an int64");
    if (*number < least || *number > limit) {
        throw invalidArgument("option \"" + name + "\" is " + std::to_string(*number) + ", must be " +
                              std::to_string(least) + " to " + std::to_string(limit));
    }
    return *number;
}

double readSeconds(const std::string& name, const NamedValues::Value& value) {
    const auto* number = std::get_if<int64_t>(&value);
    const auto* fraction = std::get_if<float>(&value);
    const double seconds = number != nullptr     ? static_cast<double>(*number)
                           : fraction != nullptr ? static_cast<double>(*fraction)
                                                 : -1;
    if (!(seconds > 0 && seconds <= kMaxTimeoutSeconds))
        throw invalidArgument("option \"" + name + "\" must be an int64 or a float above 0, in seconds");
    return seconds;
}

}  // namespace

ClientOptions readClientOptions(const PJRT_NamedValue* values, size_t count) {
    ClientOptions options;
    int64_t device_count = 0;
    for (const auto& [name, value] : readNamedValues(values, count)) {
        if (name == "device_count") {
            device_count = readInteger(name, value, 1, kMaxDevices);
        } else if (name == "memory_limit_bytes") {
            options.memory_limit_bytes = readInteger(name, value, 0, INT64_MAX);
        } else if (name == "num_threads") {
            options.num_threads = readInteger(name, value, 0, kMaxThreads);
        } else if (name == "collective_timeout_s") {
            options.collective_timeout_s = readSeconds(name, value);
        } else if (name == "node_id") {
            options.node_id = readInteger(name, value, 0, kMaxDevices - 1);
        } else if (name == "num_nodes") {
            options.num_nodes = readInteger(name, value, 1, kMaxDevices);
        } else if (name == "topology") {
            const auto* text = std::get_if<std::string>(&value);
            if (text == nullptr) throw invalidArgument("option \"topology\" must be a string");
            options.topology = std::make_shared<const SliceTopology>(SliceTopology::parse(*text));
        } else if (name == "compilation_cache_dir") {
            const auto* text = std::get_if<std::string>(&value);
            if (text == nullptr) throw invalidArgument("option \"compilation_cache_dir\" must be a string");
            options.compilation_cache_dir = *text;
        } else {
            throw invalidArgument("unknown option \"" + name +
                                  "\"; known: device_count, memory_limit_bytes, num_threads, topology, "
                                  "collective_timeout_s, node_id, num_nodes, compilation_cache_dir");
        }
    }
    if (options.node_id >= options.num_nodes) {
        throw invalidArgument("option \"node_id\" is " + std::to_string(options.node_id) + " of " +
                              std::to_string(options.num_nodes) + " nodes");
    }
    options.device_count = (device_count == 0 ? 1 : device_count) * options.num_nodes;
    if (options.topology != nullptr) {
        const int64_t total = options.topology->deviceCount();
        if (total % options.num_nodes != 0) {
            throw invalidArgument("the " + std::to_string(total) + " devices of topology " +
                                  options.topology->name() + " do not divide among " +
                                  std::to_string(options.num_nodes) + " nodes");
        }
        if (device_count != 0 && options.device_count != total) {
            throw invalidArgument("topology " + options.topology->name() + " has " + std::to_string(total) +
                                  " devices, but device_count asks for " +
                                  std::to_string(options.device_count));
        }
        options.device_count = total;
        if (options.memory_limit_bytes == 0) options.memory_limit_bytes = options.topology->memoryBytes();
    }
    if (options.device_count > kMaxDevices) {
        throw invalidArgument(std::to_string(options.device_count) + " devices, at most " +
                              std::to_string(kMaxDevices) + " are possible");
    }
    return options;
}

}  // namespace optirs::plugin
