#include "src/pjrt/discovery.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "src/core/text.h"
#include "src/pjrt/dynamic_library.h"

namespace optirs::pjrt {
namespace {

namespace fs = std::filesystem;
using core::concat;

constexpr const char* kEmbeddedPlugin = "libpjrt_optirs.so";

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

class Search {
 public:
    std::vector<Candidate> run() {
        fromVariable();
        fromNamesAndPaths();
        fromTpuVariable();
        fromPython();
        fromFolders();
        return std::move(found_);
    }

 private:
    void addFile(std::string name, std::string source, const fs::path& path, bool is_explicit = false) {
        std::error_code failure;
        const fs::path absolute = fs::absolute(path, failure);
        Candidate candidate{std::move(name), std::move(source), (failure ? path : absolute).string(), "",
                            false,           is_explicit};
        candidate.exists = fs::is_regular_file(candidate.path, failure);
        // A file that the user names is tried in any case, so that the reason is told.
        if (!candidate.exists && !is_explicit) {
            candidate.note = concat("there is no file ", candidate.path);
        }
        candidate.exists |= is_explicit;
        found_.push_back(std::move(candidate));
    }

    void addMissing(std::string name, std::string source, std::string note) {
        found_.push_back({std::move(name), std::move(source), "", std::move(note), false, false});
    }

    // "libpjrt_x.so" is known as "x", as is "pjrt_x_plugin.so".
    static std::string nameOfFile(const fs::path& path) {
        std::string name = path.stem().string();
        for (const std::string_view prefix : {"lib", "pjrt_"}) {
            if (name.starts_with(prefix)) {
                name.erase(0, prefix.size());
            }
        }
        if (constexpr std::string_view kSuffix = "_plugin"; name.ends_with(kSuffix)) {
            name.erase(name.size() - kSuffix.size());
        }
        return name;
    }

    void fromVariable() {
        const std::string_view path = environment("OPTIRS_PJRT_PLUGIN");
        if (path.empty()) {
            addMissing(std::string(kNameless), "OPTIRS_PJRT_PLUGIN", "the variable is not set");
        } else {
            addFile(nameOfFile(path), "OPTIRS_PJRT_PLUGIN", path, true);
        }
    }

    void fromNamesAndPaths() {
        constexpr const char* kVariable = "PJRT_NAMES_AND_LIBRARY_PATHS";
        std::string_view rest = environment(kVariable);
        if (rest.empty()) {
            addMissing(std::string(kNameless), kVariable, "the variable is not set");
        }
        while (!rest.empty()) {
            const std::string_view item = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(item.size() + 1, rest.size()));
            const std::size_t colon = item.find(':');
            if (colon == std::string_view::npos || colon == 0 || colon + 1 == item.size()) {
                addMissing(std::string(item), kVariable, concat("'", item, "' is not of the form name:path"));
            } else {
                addFile(std::string(item.substr(0, colon)), kVariable, item.substr(colon + 1));
            }
        }
    }

    void fromTpuVariable() {
        const std::string_view path = environment("TPU_LIBRARY_PATH");
        if (path.empty()) {
            addMissing("tpu", "TPU_LIBRARY_PATH", "the variable is not set");
        } else {
            addFile("tpu", "TPU_LIBRARY_PATH", path);
        }
    }

    // Folders where packages of the active environment lie.
    static std::vector<fs::path> sitePackages(const fs::path& environment_root) {
        std::vector<fs::path> folders;
        std::error_code failure;
        for (const auto& entry : fs::directory_iterator(environment_root / "lib", failure)) {
            if (entry.path().filename().string().starts_with("python3")) {
                folders.push_back(entry.path() / "site-packages");
            }
        }
        std::ranges::sort(folders);
        return folders;
    }

    void fromPython() {
        bool is_active = false;
        for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            const std::string_view root = environment(variable);
            if (root.empty()) {
                continue;
            }
            is_active = true;
            const std::string source = concat("the Python environment of ", variable);
            for (const fs::path& folder : sitePackages(root)) {
                addFile("tpu", source, folder / "libtpu" / "libtpu.so");
                addCudaPlugins(source, folder);
            }
        }
        if (!is_active) {
            addMissing("tpu", "the Python environment",
                       "no environment is active (VIRTUAL_ENV, CONDA_PREFIX)");
        }
    }

    void addCudaPlugins(const std::string& source, const fs::path& folder) {
        std::vector<fs::path> plugins;
        std::error_code failure;
        for (const auto& entry : fs::directory_iterator(folder / "jax_plugins", failure)) {
            if (entry.path().filename().string().starts_with("xla_cuda")) {
                plugins.push_back(entry.path() / "xla_cuda_plugin.so");
            }
        }
        std::ranges::sort(plugins);
        for (const fs::path& plugin : plugins) {
            addFile("cuda", source, plugin);
        }
        if (plugins.empty()) {
            addMissing("cuda", source, concat("there is no jax_plugins/xla_cuda* in ", folder.string()));
        }
    }

    void fromFolders() {
        const std::string own = ownFolder();
        const std::string program = programFolder();
        if (!own.empty()) {
            addFile("cpu", "the folder of this library", fs::path(own) / kEmbeddedPlugin);
        }
        if (!program.empty() && program != own) {
            addFile("cpu", "the folder of the program", fs::path(program) / kEmbeddedPlugin);
        }
    }

    std::vector<Candidate> found_;
};

}  // namespace

std::vector<Candidate> findCandidates() { return Search().run(); }

}  // namespace optirs::pjrt
