#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace optirs::plugin {

/// Serialized programs in files of a folder, shared by processes. A cache: whatever fails is a miss, never an
/// error. Files appear whole (written beside and renamed); the least recently used go when the folder holds
/// more than its limit. Thread-safe.
class ProgramCache {
 public:
    static constexpr int64_t kDefaultLimit = int64_t{1} << 30;

    /// `folder` empty: "cpu" in that of the environment variable OPTIRS_CACHE_DIR; none: nothing is kept.
    explicit ProgramCache(std::string folder, int64_t limit_bytes = kDefaultLimit);

    bool enabled() const { return !folder_.empty(); }
    /// Of a program: of its text, its options, this build and this processor.
    static std::string key(std::string_view source, std::string_view options);
    /// The file's bytes. They may be anything: deserialize() tells. Files of other users are passed over.
    std::optional<std::string> find(const std::string& key) const;
    void store(const std::string& key, std::string_view bytes) const;

 private:
    void trim() const;

    std::string folder_;
    int64_t limit_bytes_;
};

}  // namespace optirs::plugin
