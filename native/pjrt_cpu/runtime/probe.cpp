#include "pjrt_cpu/runtime/probe.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

// A probe in an endless loop should fail, not fill the memory.
constexpr int64_t kMaxBytes = int64_t{1} << 30;

std::string fileName(std::string_view probe, int64_t iteration) {
    std::string name(probe);
    std::ranges::replace_if(
        name,
        [](char c) {
            const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            return !is_plain && c != '_' && c != '-' && c != '.';
        },
        '_');
    return name + "_" + std::to_string(iteration) + ".npy";
}

void write(const std::string& folder, std::string_view probe, int64_t iteration, const TensorType& type,
           std::span<const std::byte> bytes) {
    const std::string path = folder + "/" + fileName(probe, iteration);
    std::ofstream(path, std::ios::binary) << npyFile(type, bytes);
    std::ofstream index(folder + "/index.csv", std::ios::app);
    index << probe << "," << type.toString() << "," << path << "\n";
    if (!index.flush() || !std::ifstream(path)) {
        throw Error(Code::kUnavailable, "interpreter.probe \"" + std::string(probe) +
                                            "\" cannot write to the folder OPTIRS_PROBE_DIR, " + folder);
    }
}

std::string numpyType(ElementType type) {
    const std::string width = std::to_string(byteWidth(type));
    if (isBoolean(type)) return "|b1";
    const std::string order = byteWidth(type) == 1 ? "|" : "<";
    if (isSignedInteger(type)) return order + "i" + width;
    if (isUnsignedInteger(type)) return order + "u" + width;
    if (isComplex(type)) return order + "c" + width;
    const bool is_known = type == ElementType::kF16 || type == ElementType::kF32 || type == ElementType::kF64;
    return is_known ? order + "f" + width : "|V" + width;
}

}  // namespace

std::string npyFile(const TensorType& type, std::span<const std::byte> bytes) {
    std::string shape;
    for (const int64_t dim : type.dims()) shape += std::to_string(dim) + ", ";
    std::string header =
        "{'descr': '" + numpyType(type.element()) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    // Magic, version, length and header fill whole blocks of 64 bytes; the header ends in a line feed.
    constexpr size_t kPrefix = 10;
    header.resize((kPrefix + header.size() + 1 + 63) / 64 * 64 - kPrefix, ' ');
    header.back() = '\n';
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(header.size() & 0xFF);
    file += static_cast<char>(header.size() >> 8);
    file += header;
    file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return file;
}

void ProbeRecord::add(std::string_view probe, const TensorType& type, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ += static_cast<int64_t>(bytes.size());
    if (bytes_ > kMaxBytes) {
        throw resourceExhausted("interpreter.probe \"" + std::string(probe) + "\": more than " +
                                std::to_string(kMaxBytes) + " bytes of probed values in one execution");
    }
    const auto iteration =
        std::ranges::count_if(entries_, [&](const Entry& entry) { return entry.probe == probe; });
    if (const char* folder = std::getenv("OPTIRS_PROBE_DIR"); folder != nullptr && *folder != '\0')
        write(folder, probe, iteration, type, bytes);
    entries_.push_back({std::string(probe), type, {bytes.begin(), bytes.end()}});
}

ProbeRecord::Entry ProbeRecord::find(std::string_view probe, int64_t iteration) const {
    const std::lock_guard lock(mutex_);
    int64_t seen = 0;
    for (const Entry& entry : entries_) {
        if (entry.probe == probe && seen++ == iteration) return entry;
    }
    throw Error(Code::kFailedPrecondition, "iteration " + std::to_string(iteration) + " of probe \"" +
                                               std::string(probe) + "\" is asked for, which was reached " +
                                               std::to_string(seen) + " times");
}

}  // namespace optirs::plugin
