#include "src/pjrt/plugin.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "pjrt_abi/pjrt_in_place.h"
#include "src/core/text.h"
#include "src/pjrt/discovery.h"
#include "src/pjrt/dynamic_library.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;

struct Loaded {
    std::mutex mutex;
    std::map<std::string, std::unique_ptr<PluginLibrary>> libraries;
};

// Never destroyed: plugins run threads until the very end of the process.
Loaded& loaded() {
    static Loaded& instance = *std::make_unique<Loaded>().release();
    return instance;
}

std::string canonical(const std::string& path) {
    std::error_code failure;
    const auto result = std::filesystem::weakly_canonical(path, failure);
    return failure ? path : result.string();
}

// The first three fields of the table have kept their place in all versions; nothing else is read before this
// passes.
void checkVersion(const std::string& path, const PJRT_Api& api) {
    const int major = api.pjrt_api_version.major_version;
    const int minor = api.pjrt_api_version.minor_version;
    const auto refuse = [&](const std::string& why) {
        throw Error(Code::kFailedPrecondition,
                    concat("the plugin ", path, " speaks PJRT ", major, ".", minor, why));
    };
    if (major != PJRT_API_MAJOR) {
        refuse(concat("; this library speaks major version ", PJRT_API_MAJOR, " only"));
    }
    if (minor < kOldestMinor) {
        refuse(concat("; the oldest version spoken here is ", PJRT_API_MAJOR, ".", kOldestMinor,
                      ": update the plugin"));
    }
    if (std::ranges::find(pjrt_abi::kForeignTableMinors, minor) != std::end(pjrt_abi::kForeignTableMinors)) {
        refuse(
            concat(", whose function table has an order of its own that no other version shares: "
                   "use ",
                   PJRT_API_MAJOR, ".", minor - 1, " or ", PJRT_API_MAJOR, ".", minor + 1, " of the plugin"));
    }
    constexpr std::size_t kSmallest = offsetof(PJRT_Api, PJRT_Error_Destroy) + sizeof(void*);
    if (api.struct_size < kSmallest) {
        refuse(concat(" but its function table has only ", api.struct_size, " bytes"));
    }
}

const PJRT_Api* entryPoint(const std::string& path) {
    void* library = openLibrary(path);
    const auto get = reinterpret_cast<const PJRT_Api* (*)()>(findSymbol(library, "GetPjrtApi"));
    if (get == nullptr) {
        throw Error(Code::kInvalidArgument,
                    concat(path,
                           " is a shared library but not a PJRT plugin: it does not export "
                           "GetPjrtApi"));
    }
    const PJRT_Api* api = get();
    if (api == nullptr) {
        throw Error(Code::kFailedPrecondition, concat("GetPjrtApi of ", path, " returned NULL"));
    }
    checkVersion(path, *api);
    return api;
}

PJRT_Api copyTable(const PJRT_Api& theirs) noexcept {
    PJRT_Api table{};
    std::memcpy(&table, &theirs, std::min(theirs.struct_size, sizeof table));
    return table;
}

void initialize(PluginLibrary& library) {
    if (library.api.has<&PJRT_Api::PJRT_Plugin_Initialize>()) {
        auto args = library.api.make<PJRT_Plugin_Initialize_Args>();
        library.api.call<&PJRT_Api::PJRT_Plugin_Initialize>(args);
    }
    auto attributes = library.api.make<PJRT_Plugin_Attributes_Args>();
    if (askIfOffered([&] { library.api.call<&PJRT_Api::PJRT_Plugin_Attributes>(attributes); })) {
        library.attributes.append(attributes.attributes, attributes.num_attributes);
    }
    for (const PJRT_Extension_Base* e = library.firstExtension(); e != nullptr; e = e->next) {
        library.extensions.push_back(e->type);
    }
}

core::Ref<optirs_pjrt_plugin> loadPath(const std::string& path) {
    return core::makeObject<optirs_pjrt_plugin>(loadLibrary(path));
}

// Tries candidates until one loads; `table` collects what happened to each.
core::Ref<optirs_pjrt_plugin> loadFirst(const std::vector<Candidate>& candidates, std::string& table) {
    for (const Candidate& candidate : candidates) {
        std::string outcome = candidate.note;
        if (candidate.exists) {
            try {
                return loadPath(candidate.path);
            } catch (const Error& error) {
                if (candidate.is_explicit) {
                    throw;  // whoever names a plugin does not want another one
                }
                outcome = error.message();
            }
        }
        table += concat("\n  ", candidate.name, " from ", candidate.source, ": ", outcome);
    }
    return {};
}

// A name may have several candidates; it is told once.
std::string namesOf(const std::vector<Candidate>& candidates) {
    std::string text;
    std::set<std::string_view> told{kNameless};
    for (const Candidate& candidate : candidates) {
        if (told.insert(candidate.name).second) {
            text += concat(text.empty() ? "" : ", ", candidate.name);
        }
    }
    return text;
}

}  // namespace

PluginLibrary::PluginLibrary(std::string file, const PJRT_Api* theirs)
    : path(std::move(file)),
      table(copyTable(*theirs)),
      major(theirs->pjrt_api_version.major_version),
      minor(theirs->pjrt_api_version.minor_version),
      api(&table, minor, &path) {}

bool PluginLibrary::hasFunction(int index) const noexcept {
    void* function = nullptr;
    std::memcpy(static_cast<void*>(&function),
                reinterpret_cast<const char*>(&table) + pjrt_abi::kFunctions[index].offset, sizeof function);
    return function != nullptr;
}

const PJRT_Extension_Base* PluginLibrary::firstExtension() const noexcept {
    // The list begins with minor 42; before that its place held a private pointer.
    constexpr int kFirstWithExtensions = 42;
    return minor >= kFirstWithExtensions ? table.extension_start : nullptr;
}

std::string_view extensionName(int32_t type) noexcept {
    const bool is_known = type >= 0 && type < static_cast<int32_t>(std::size(pjrt_abi::kExtensionNames));
    if (type == PJRT_EXTENSION_TYPE_IN_PLACE) {
        return "InPlace";
    }
    return is_known ? pjrt_abi::kExtensionNames[type] : "unknown";
}

const PluginLibrary& loadLibrary(const std::string& path) {
    const std::string file = canonical(path);
    Loaded& all = loaded();
    // Held while the plugin initialises, which is to happen once.
    const std::scoped_lock lock(all.mutex);
    if (const auto found = all.libraries.find(file); found != all.libraries.end()) {
        return *found->second;
    }
    auto library = std::make_unique<PluginLibrary>(file, entryPoint(file));
    initialize(*library);
    return *all.libraries.emplace(file, std::move(library)).first->second;
}

bool isLoaded(const std::string& path) {
    Loaded& all = loaded();
    const std::scoped_lock lock(all.mutex);
    return all.libraries.contains(canonical(path));
}

core::Ref<optirs_pjrt_plugin> loadPlugin(std::string_view name_or_path) {
    if (name_or_path.find('/') != std::string_view::npos || name_or_path.ends_with(".so")) {
        return loadPath(std::filesystem::absolute(name_or_path).string());
    }
    std::vector<Candidate> candidates = findCandidates();
    if (!name_or_path.empty()) {
        const std::string known = namesOf(candidates);
        std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.name != name_or_path; });
        if (candidates.empty()) {
            throw Error(Code::kNotFound,
                        concat("there is no plugin named '", name_or_path, "'; names known here: ", known,
                               "; a path to a .so file works too"));
        }
    }
    std::string table;
    if (auto plugin = loadFirst(candidates, table)) {
        return plugin;
    }
    throw Error(Code::kNotFound,
                concat(name_or_path.empty() ? std::string("no PJRT plugin could be loaded")
                                            : concat("the plugin '", name_or_path, "' could not be loaded"),
                       "; tried:", table));
}

}  // namespace optirs::pjrt
