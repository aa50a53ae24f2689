// What has been measured to be best, kept between processes: texts by key in one file.
//
// The file is `tuning/cuda.txt` in OPTIRS_CACHE_DIR, or else in `optirs` of XDG_CACHE_HOME or ~/.cache. An
// entry is a line "checksum key<TAB>value", added at the end; the last one of a key counts, and lines that
// are not so are passed over.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace optirs::cuda {

/// Thread-safe.
class TuningCache {
 public:
    /// Reads the file when the first entry is asked for. An empty name is no file.
    explicit TuningCache(std::string file) : file_(std::move(file)) {}

    std::optional<std::string> find(const std::string& key);

    /// Keeps the value for this process, and in the file. Throws UNAVAILABLE if the file cannot be written.
    void keep(const std::string& key, const std::string& value);

    /// That of the process.
    static TuningCache& global();

 private:
    void load();

    std::mutex mutex_;
    const std::string file_;
    bool is_loaded_ = false;
    std::map<std::string, std::string> entries_;
};

/// A key for what depends on the device's kind, a library of this version, and these numbers.
std::string tuningKey(std::string_view what, int32_t device, std::string_view library, int64_t version,
                      std::span<const int64_t> numbers);

}  // namespace optirs::cuda
