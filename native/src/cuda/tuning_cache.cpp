#include "src/cuda/tuning_cache.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "src/core/error.h"
#include "src/core/fnv.h"
#include "src/core/text.h"
#include "src/cuda/context.h"
#include "src/cuda/libraries.h"
#include "src/cuda/status.h"

namespace optirs::cuda {

using core::concat;

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string defaultFile() {
    std::string folder = variable("OPTIRS_CACHE_DIR");
    if (folder.empty()) {
        const std::string caches = variable("XDG_CACHE_HOME");
        const std::string home = variable("HOME");
        if (caches.empty() && home.empty()) {
            return "";
        }
        folder = (caches.empty() ? home + "/.cache" : caches) + "/optirs";
    }
    return folder + "/tuning/cuda.txt";
}

/// Against damage, not against intent.
std::string checksum(std::string_view text) {
    const uint64_t hash = core::fnv1a(text.data(), text.size());
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return digits.data();
}

}  // namespace

void TuningCache::load() {
    is_loaded_ = true;
    std::ifstream lines(file_);
    for (std::string line; std::getline(lines, line);) {
        const size_t space = line.find(' ');
        const size_t tab = line.find('\t');
        if (space < tab && tab != std::string::npos &&
            checksum(std::string_view(line).substr(space + 1)) == line.substr(0, space)) {
            entries_[line.substr(space + 1, tab - space - 1)] = line.substr(tab + 1);
        }
    }
}

std::optional<std::string> TuningCache::find(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    if (!is_loaded_) {
        load();
    }
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

void TuningCache::keep(const std::string& key, const std::string& value) {
    const std::scoped_lock lock(mutex_);
    if (!is_loaded_) {
        load();
    }
    entries_[key] = value;
    if (file_.empty()) {
        return;
    }
    std::error_code ignored;  // the file cannot be opened then
    std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), ignored);
    const std::string entry = concat(key, '\t', value);
    std::ofstream file(file_, std::ios::app);
    // The line break comes first: an entry that another process left unfinished ends there.
    file << concat('\n', checksum(entry), ' ', entry, '\n') << std::flush;
    if (!file) {
        throw core::Error(core::Code::kUnavailable,
                          concat("what was measured holds until the process ends: cannot write ", file_,
                                 "; set OPTIRS_CACHE_DIR to a folder that can be written"),
                          "cuda");
    }
}

TuningCache& TuningCache::global() {
    // Never destroyed: calls may still be made while the process ends.
    static TuningCache& instance = *std::make_unique<TuningCache>(defaultFile()).release();
    return instance;
}

std::string tuningKey(std::string_view what, int32_t device, std::string_view library, int64_t version,
                      std::span<const int64_t> numbers) {
    std::array<char, 128> name{};
    checkDriver(libraries().driver.api.deviceGetName(name.data(), name.size(), deviceHandle(device)),
                "cuDeviceGetName");
    std::string key = concat(what, " | ", std::string_view(name.data()), " | sm_", computeCapability(device),
                             " | ", library, ' ', version, " |");
    for (const int64_t number : numbers) {
        key += concat(' ', number);
    }
    return key;
}

}  // namespace optirs::cuda
