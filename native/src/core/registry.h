// All backends of the process: built in, or found as liboptirs_<name>.so.
#pragma once

#include <optirs/backend.h>

#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/backend_table.h"
#include "src/core/object.h"

namespace optirs::core {

/// The tables compiled into this library. Defined by whoever links backends into it, so that core knows none
/// of them.
std::span<const optirs_backend_table* const> builtinBackends() noexcept;

/// The function at a member of the table, or NULL if the table is too short to have it or leaves it out.
template <class Function>
Function optionalFunction(const optirs_backend_table& table,
                          Function optirs_backend_table::* member) noexcept {
    const auto offset =
        reinterpret_cast<const char*>(&(table.*member)) - reinterpret_cast<const char*>(&table);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): the size of the member, which is a pointer
    return static_cast<uint64_t>(offset) + sizeof(Function) <= table.struct_size ? table.*member : nullptr;
}

/// Throws what a status says.
[[noreturn]] void throwStatus(const optirs_backend_status& status, std::string_view backend);

/// One backend, usable or not. Entries and their texts are never removed: the C ABI lends them for ever.
struct BackendEntry {
    std::string name;
    std::string path;                             // empty if built in
    const optirs_backend_table* table = nullptr;  // once it is known
    int32_t score = 0;                            // above 0 once the backend has been found usable
};

/// Thread-safe.
class Registry {
 public:
    /// Searches in `folders`, in order.
    Registry(std::span<const optirs_backend_table* const> builtins, std::vector<std::string> folders);

    /// The registry of the process: the built-in tables, the folder of this library, and OPTIRS_BACKEND_PATH.
    static Registry& global();

    /// Looks for libraries that appeared since the last call.
    uint64_t count();
    std::string_view nameAt(uint64_t index);

    /// 0 if the backend cannot be used. `reason` says why, or what a usable backend does without, in text
    /// that lives as long as the registry.
    int32_t score(std::string_view name, std::string_view* reason);

    /// The entry of a usable backend; throws NOT_FOUND or UNAVAILABLE, with the reason, otherwise.
    const BackendEntry& load(std::string_view name);

 private:
    BackendEntry* find(std::string_view name);
    void discover();
    std::string notFoundReason(std::string_view name) const;
    /// Makes the entry usable; returns the reason if it cannot.
    std::optional<std::string> prepare(BackendEntry& entry);

    std::mutex mutex_;
    std::vector<std::string> folders_;
    std::deque<BackendEntry> entries_;
    std::set<std::string, std::less<>> reasons_;
};

}  // namespace optirs::core

/// A handle on a usable backend.
struct optirs_backend final : optirs::core::Object {
    explicit optirs_backend(const optirs::core::BackendEntry& backend_entry) noexcept
        : Object(OPTIRS_OBJECT_BACKEND), entry(backend_entry) {}

    const optirs::core::BackendEntry& entry;
};
