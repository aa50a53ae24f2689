#include "src/core/registry.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "src/core/error.h"
#include "src/core/library.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr std::string_view kPrefix = "liboptirs_";
constexpr std::string_view kSuffix = ".so";

bool isValidName(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, is_allowed);
}

void checkName(std::string_view name) {
    if (!isValidName(name)) {
        throw Error(
            Code::kInvalidArgument,
            concat("'", name, "' is not a backend's name: use letters, digits and underscores, at most 64"));
    }
}

/// The name in liboptirs_<name>.so; empty for other files.
std::string backendOfFile(const std::string& file) {
    const bool matches =
        file.starts_with(kPrefix) && file.ends_with(kSuffix) && file.size() > kPrefix.size() + kSuffix.size();
    if (!matches) {
        return {};
    }
    std::string name = file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size());
    return isValidName(name) ? name : std::string();
}

std::vector<std::string> globalFolders() {
    std::vector<std::string> folders;
    if (const char* variable = std::getenv("OPTIRS_BACKEND_PATH")) {
        std::string_view rest = variable;
        while (!rest.empty()) {
            const size_t colon = std::min(rest.find(':'), rest.size());
            if (colon != 0) {
                folders.emplace_back(rest.substr(0, colon));
            }
            rest.remove_prefix(std::min(colon + 1, rest.size()));
        }
    }
    folders.push_back(libraryFolder());
    return folders;
}

/// Opens a backend library and asks for its table; throws with the reason.
const optirs_backend_table* tableOfLibrary(const BackendEntry& entry) {
    const Library library = Library::open(entry.path);
    const auto get = reinterpret_cast<optirs_backend_get_function>(library.symbol(kOptirsBackendGet));
    if (get == nullptr) {
        throw Error(Code::kInvalidArgument,
                    concat(entry.path, " is not a backend: it does not export ", kOptirsBackendGet));
    }
    const optirs_backend_table* table = get(kOptirsBackendAbi);
    if (table == nullptr || table->abi != kOptirsBackendAbi) {
        throw Error(Code::kFailedPrecondition,
                    concat(entry.path, " was built for backend ABI ",
                           table == nullptr ? "unknown" : std::to_string(table->abi),
                           "; this library has ABI ", kOptirsBackendAbi, ": install matching versions"));
    }
    if (optionalFunction(*table, &optirs_backend_table::score) == nullptr) {
        throw Error(Code::kInvalidArgument, concat(entry.path, " has a table without the function score"));
    }
    return table;
}

}  // namespace

void throwStatus(const optirs_backend_status& status, std::string_view backend) {
    std::string message(status.message);
    if (status.backend_code != 0) {
        message += concat(" (", backend, " code ", status.backend_code, ")");
    }
    throw Error(codeFromNumber(status.code), std::move(message), std::string(backend));
}

Registry::Registry(std::span<const optirs_backend_table* const> builtins, std::vector<std::string> folders)
    : folders_(std::move(folders)) {
    for (const optirs_backend_table* table : builtins) {
        entries_.push_back({table->name, {}, table, 0});
    }
}

Registry& Registry::global() {
    // Never destroyed: entries are lent for ever, and other threads may still run while the process ends.
    static Registry& registry = *std::make_unique<Registry>(builtinBackends(), globalFolders()).release();
    return registry;
}

uint64_t Registry::count() {
    const std::scoped_lock lock(mutex_);
    discover();
    return entries_.size();
}

std::string_view Registry::nameAt(uint64_t index) {
    const std::scoped_lock lock(mutex_);
    if (index >= entries_.size()) {
        throw Error(Code::kOutOfRange,
                    concat("index is ", index, "; there are ", entries_.size(), " backends"));
    }
    return entries_[index].name;
}

int32_t Registry::score(std::string_view name, std::string_view* reason) {
    checkName(name);
    const std::scoped_lock lock(mutex_);
    BackendEntry* entry = find(name);
    const std::optional<std::string> problem = entry == nullptr ? notFoundReason(name) : prepare(*entry);
    if (problem) {
        *reason = *reasons_.insert(*problem).first;
        return 0;
    }
    const auto missing = optionalFunction(*entry->table, &optirs_backend_table::reason);
    *reason = missing == nullptr ? "" : missing(entry->table->self);
    return entry->score;
}

const BackendEntry& Registry::load(std::string_view name) {
    checkName(name);
    const std::scoped_lock lock(mutex_);
    BackendEntry* entry = find(name);
    if (entry == nullptr) {
        throw Error(Code::kNotFound, notFoundReason(name));
    }
    if (std::optional<std::string> problem = prepare(*entry)) {
        throw Error(Code::kUnavailable, std::move(*problem), entry->name);
    }
    return *entry;
}

BackendEntry* Registry::find(std::string_view name) {
    const auto has_name = [&](const BackendEntry& entry) { return entry.name == name; };
    auto found = std::ranges::find_if(entries_, has_name);
    if (found == entries_.end()) {
        discover();
        found = std::ranges::find_if(entries_, has_name);
    }
    return found == entries_.end() ? nullptr : &*found;
}

void Registry::discover() {
    namespace fs = std::filesystem;
    for (const std::string& folder : folders_) {
        std::error_code unreadable;  // a folder that is not there holds no backends
        for (const fs::directory_entry& file : fs::directory_iterator(folder, unreadable)) {
            const std::string name = backendOfFile(file.path().filename().string());
            const bool is_known =
                std::ranges::any_of(entries_, [&](const BackendEntry& entry) { return entry.name == name; });
            if (!name.empty() && !is_known) {
                entries_.push_back({name, file.path().string(), nullptr, 0});
            }
        }
    }
}

std::string Registry::notFoundReason(std::string_view name) const {
    std::string text = concat("there is no backend ", name, ": ", kPrefix, name, kSuffix, " is not in");
    for (const std::string& folder : folders_) {
        text += concat(&folder == &folders_.front() ? " " : ", ", folder);
    }
    return text + "; set OPTIRS_BACKEND_PATH to the folder that has it";
}

std::optional<std::string> Registry::prepare(BackendEntry& entry) {
    if (entry.score > 0) {
        return std::nullopt;
    }
    // A failure is not remembered: what was missing may have been installed, or an injected fault may be
    // over.
    try {
        const optirs_backend_table* table = entry.table != nullptr ? entry.table : tableOfLibrary(entry);
        optirs_backend_status status{};
        entry.score = std::max(0, table->score(table->self, &status));
        if (entry.score == 0) {
            const auto missing = optionalFunction(*table, &optirs_backend_table::reason);
            if (const char* text = missing == nullptr ? "" : missing(table->self); *text != '\0') {
                return text;  // not cut to the size of a status
            }
            return status.message[0] != '\0'
                       ? std::string(status.message)
                       : concat("the backend ", entry.name, " scores 0 on this machine and gives no reason");
        }
        entry.table = table;
        return std::nullopt;
    } catch (const Error& error) {
        return error.message();
    }
}

}  // namespace optirs::core
