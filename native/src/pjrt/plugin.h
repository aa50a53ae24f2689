// A plugin library: found, opened, its version negotiated.
#pragma once

#include <optirs/pjrt.h>

#include <string>
#include <vector>

#include "src/core/object.h"
#include "src/pjrt/api.h"
#include "src/pjrt/named_values.h"

namespace optirs::pjrt {

/// What is kept of a plugin's file for as long as the process lives: a plugin cannot be unloaded.
struct PluginLibrary {
    PluginLibrary(std::string file, const PJRT_Api* theirs);

    /// By index in the table.
    bool hasFunction(int index) const noexcept;

    /// Begin of the list of extensions, NULL if there are none.
    const PJRT_Extension_Base* firstExtension() const noexcept;

    std::string path;
    PJRT_Api table;  // theirs, with NULL for what it lacks
    int major;
    int minor;
    Api api;
    NamedValues attributes;
    std::vector<int32_t> extensions;  // numbers of PJRT_Extension_Type
};

/// "Layouts" for its number; "unknown" for one that is newer than this library.
std::string_view extensionName(int32_t type) noexcept;

/// Oldest minor version that is spoken.
inline constexpr int kOldestMinor = 40;

/// Opens the library of a path, or gives the one that is open already. Throws as optirs_pjrt_plugin_load
/// says.
const PluginLibrary& loadLibrary(const std::string& path);

/// True where the library of this path is loaded.
bool isLoaded(const std::string& path);

}  // namespace optirs::pjrt

/// A reference to a loaded plugin.
struct optirs_pjrt_plugin final : optirs::core::Object {
    explicit optirs_pjrt_plugin(const optirs::pjrt::PluginLibrary& library) noexcept
        : Object(OPTIRS_OBJECT_PJRT_PLUGIN), library_(library) {}

    const optirs::pjrt::PluginLibrary& library() const noexcept { return library_; }

 private:
    const optirs::pjrt::PluginLibrary& library_;
};

namespace optirs::pjrt {

/// By path, by name, or the first that loads; see optirs_pjrt_plugin_load.
core::Ref<optirs_pjrt_plugin> loadPlugin(std::string_view name_or_path);

}  // namespace optirs::pjrt
