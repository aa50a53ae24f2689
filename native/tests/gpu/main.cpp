// Checks each kernel on the first GPU against its formula, times it, prints a table and writes a JSON file.
//   gpu_check [--json FILE] [--small]      exit code 1 if a result is wrong
// Times are medians by the device's clock; buffers take turns, so that together they exceed the cache.
#include <cmath>
#include <cstring>
#include <fstream>
#include <utility>

#include "cases.h"

namespace optirs::gpu_check {
namespace {

constexpr size_t kCacheBytes = size_t{128} << 20;  // more than the level 2 cache of any GPU
constexpr int64_t kSmall = 32;

struct Outcome {
    std::string name;
    std::string shape;
    double error = 0;  // relative to what is allowed
    double milliseconds = 0;
    double gigabytes_per_second = 0;
    double tflops = 0;
    std::string failure;
};

using Copies = std::vector<std::vector<Memory>>;

std::vector<void*> addresses(const std::vector<Memory>& memories) {
    std::vector<void*> list;
    for (const Memory& memory : memories) {
        list.push_back(memory.data());
    }
    return list;
}

/// As many copies of a case's buffers as the cache asks for.
Copies makeCopies(const Queue& queue, const Case& made, bool is_small) {
    size_t bytes = 0;
    for (const Buffer& buffer : made.buffers) {
        bytes += buffer.initial.size();
    }
    const size_t count = is_small ? 1 : std::min<size_t>(kCacheBytes / std::max<size_t>(bytes, 1) + 1, 16);
    Copies copies(count);
    for (std::vector<Memory>& copy : copies) {
        for (const Buffer& buffer : made.buffers) {
            copy.emplace_back(buffer.initial.size()).write(queue, buffer.initial.data());
        }
    }
    return copies;
}

Outcome measure(const Queue& queue, const Case& made, bool is_small) {
    Outcome outcome{.name = made.name, .shape = made.shape, .failure = {}};
    try {
        const Copies copies = makeCopies(queue, made, is_small);
        const auto run = made.run;  // a copy: what it remembers is of this measurement
        run(queue, addresses(copies[0]));
        for (size_t i = 0; i < made.buffers.size(); ++i) {
            if (made.buffers[i].error) {
                std::vector<char> result(made.buffers[i].initial.size());
                copies[0][i].read(queue, result.data());
                const double error = made.buffers[i].error(result);
                if (error > 1) {
                    outcome.failure += made.buffers[i].name + " is wrong; ";
                }
                outcome.error = std::max(outcome.error, error);
            }
        }
        outcome.milliseconds = medianMilliseconds(queue, is_small ? 1 : 10, is_small ? 1 : 30, [&](int i) {
            run(queue, addresses(copies[static_cast<size_t>(i) % copies.size()]));
        });
        outcome.gigabytes_per_second = made.bytes / outcome.milliseconds / 1e6;
        outcome.tflops = made.flops / outcome.milliseconds / 1e9;
    } catch (const core::Error& error) {
        outcome.failure = error.message();
    }
    return outcome;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        result += c < ' ' ? ' ' : c;
    }
    return result;
}

void writeJson(const std::string& file, const std::string& device, const std::vector<Outcome>& outcomes) {
    std::ofstream out(file);
    out << "{\n  \"device\": \"" << escaped(device) << "\",\n  \"libraries\": \""
        << escaped(foundLibraries(libraries())) << "\",\n  \"results\": [";
    const char* comma = "";
    for (const Outcome& o : outcomes) {
        out << comma << "\n    {\"name\": \"" << o.name << "\", \"shape\": \"" << o.shape
            << "\", \"error\": " << (std::isfinite(o.error) ? o.error : -1)
            << ", \"milliseconds\": " << o.milliseconds
            << ", \"gigabytes_per_second\": " << o.gigabytes_per_second << ", \"tflops\": " << o.tflops
            << ", \"failure\": \"" << escaped(o.failure) << "\"}";
        comma = ",";
    }
    out << "\n  ]\n}\n";
}

int run(bool is_small, const std::string& json) {
    loadLibraries(libraries());
    if (!libraries().driver.is_loaded || startDriver() == 0) {
        std::fprintf(stderr, "gpu_check: %s\n", missingLibraries(libraries()).c_str());
        return 2;
    }
    const ContextScope scope(0);
    char device[128] = {};
    checkDriver(driver().deviceGetName(device, sizeof(device), deviceHandle(0)), "cuDeviceGetName");
    CUstream stream = nullptr;
    checkDriver(driver().streamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING, 0),
                "cuStreamCreateWithPriority");
    const Queue queue = {0, stream};
    std::printf("%s; %s\n%s\n", device, foundLibraries(libraries()).c_str(),
                missingLibraries(libraries()).c_str());
    std::printf("%-28s %-14s %9s %10s %8s %9s\n", "kernel", "shape", "error", "ms", "GB/s", "TFLOP/s");
    std::vector<Outcome> outcomes;
    bool is_good = true;
    for (const auto make : {optimizerCases, memoryCases, productCases, groupedCases, attentionCases}) {
        for (const Case& made : make(is_small ? kSmall : 1)) {
            const Outcome outcome = measure(queue, made, is_small);
            std::printf("%-28s %-14s %9.3f %10.4f %8.0f %9.0f  %s\n", outcome.name.c_str(),
                        outcome.shape.c_str(), outcome.error, outcome.milliseconds,
                        outcome.gigabytes_per_second, outcome.tflops, outcome.failure.c_str());
            std::fflush(stdout);
            is_good = is_good && outcome.failure.empty();
            outcomes.push_back(outcome);
        }
    }
    if (!json.empty()) {
        writeJson(json, device, outcomes);
    }
    return is_good ? 0 : 1;
}

}  // namespace
}  // namespace optirs::gpu_check

int main(int argc, char** argv) {
    bool is_small = false;
    std::string json;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--small") == 0) {
            is_small = true;
        } else if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            json = argv[++i];
        } else {
            std::fprintf(stderr, "usage: gpu_check [--json FILE] [--small]\n");
            return 2;
        }
    }
    try {
        return optirs::gpu_check::run(is_small, json);
    } catch (const optirs::core::Error& error) {
        std::fprintf(stderr, "gpu_check: %s\n", error.message().c_str());
        return 1;
    }
}
