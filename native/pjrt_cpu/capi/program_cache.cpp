#include "pjrt_cpu/capi/program_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "pjrt_cpu/codegen/jit/identity.h"

namespace optirs::plugin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".optirs";
constexpr const char* kUnfinished = ".unfinished";

/// Closes what it holds.
struct Descriptor {
    explicit Descriptor(int value_of_it) : value(value_of_it) {}
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int value;
};

bool writeAll(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

}  // namespace

ProgramCache::ProgramCache(std::string folder, int64_t limit_bytes)
    : folder_(std::move(folder)), limit_bytes_(limit_bytes) {
    if (folder_.empty()) {
        // A folder below it, as clients keep programs of their own form there (docs/pjrt.md).
        const char* wanted = std::getenv("OPTIRS_CACHE_DIR");
        if (wanted != nullptr && *wanted != '\0') folder_ = std::string(wanted) + "/cpu";
    }
    if (folder_.empty()) return;
    std::error_code code;
    if (fs::create_directories(folder_, code)) fs::permissions(folder_, fs::perms::owner_all, code);
}

std::string ProgramCache::key(std::string_view source, std::string_view options) {
    const CodeIdentity& identity = codeIdentity();
    std::string text;
    for (const std::string_view part :
         {std::string_view(identity.build), std::string_view(identity.compiler),
          std::string_view(identity.processor), std::string_view(identity.features), options}) {
        text += std::to_string(part.size()) + ":";
        text += part;
    }
    text += source;
    return contentDigest(text);
}

std::optional<std::string> ProgramCache::find(const std::string& key) const {
    if (!enabled()) return std::nullopt;
    const std::string path = folder_ + "/" + key + kSuffix;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status{};
    if (file.value < 0 || ::fstat(file.value, &status) != 0) return std::nullopt;
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || status.st_size > limit_bytes_)
        return std::nullopt;
    std::string bytes(static_cast<size_t>(status.st_size), '\0');
    size_t read = 0;
    while (read < bytes.size()) {
        const ssize_t got = ::read(file.value, bytes.data() + read, bytes.size() - read);
        if (got <= 0) return std::nullopt;
        read += static_cast<size_t>(got);
    }
    ::futimens(file.value, nullptr);  // used now: the others go first
    return bytes;
}

void ProgramCache::store(const std::string& key, std::string_view bytes) const {
    if (!enabled() || static_cast<int64_t>(bytes.size()) > limit_bytes_) return;
    static std::atomic<uint64_t> number{0};
    const std::string own = folder_ + "/" + key + "." + std::to_string(::getpid()) + "." +
                            std::to_string(number.fetch_add(1)) + kUnfinished;
    bool whole = false;
    {
        const Descriptor file(
            ::open(own.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
        if (file.value < 0) return;
        whole = writeAll(file.value, bytes);
    }
    const std::string path = folder_ + "/" + key + kSuffix;
    if (!whole || ::rename(own.c_str(), path.c_str()) != 0) {
        ::unlink(own.c_str());
        return;
    }
    trim();
}

void ProgramCache::trim() const {
    struct File {
        fs::file_time_type used;
        int64_t bytes;
        fs::path path;
    };
    // What a process that died left unfinished goes after an hour.
    const auto stale = fs::file_time_type::clock::now() - std::chrono::hours(1);
    std::vector<File> files;
    int64_t total = 0;
    std::error_code code;
    for (fs::directory_iterator it(folder_, code), end; !code && it != end; it.increment(code)) {
        std::error_code gone;  // another process may remove files at the same time
        const fs::path& path = it->path();
        const auto used = fs::last_write_time(path, gone);
        const auto bytes = static_cast<int64_t>(fs::file_size(path, gone));
        if (gone) continue;
        if (path.extension() == kUnfinished && used < stale) fs::remove(path, gone);
        if (path.extension() != kSuffix) continue;
        files.push_back({used, bytes, path});
        total += bytes;
    }
    std::ranges::sort(files, {}, &File::used);
    for (const File& file : files) {
        if (total <= limit_bytes_) break;
        fs::remove(file.path, code);
        total -= file.bytes;
    }
}

}  // namespace optirs::plugin
