#include "src/cuda/search.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace optirs::cuda {
namespace {

namespace fs = std::filesystem;

void addWithLibraries(std::vector<std::string>& folders, const fs::path& folder) {
    folders.push_back(folder.string());
    for (const char* below : {"lib64", "lib"}) {
        folders.push_back((folder / below).string());
    }
}

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// site-packages and dist-packages below PREFIX/lib/python3.*, newest Python last as the file system lists
/// them.
void addPythonSites(std::vector<fs::path>& sites, const fs::path& prefix) {
    std::error_code unreadable;  // a prefix that is not there has no packages
    for (const fs::directory_entry& entry : fs::directory_iterator(prefix / "lib", unreadable)) {
        if (entry.path().filename().string().starts_with("python3")) {
            sites.push_back(entry.path() / "site-packages");
            sites.push_back(entry.path() / "dist-packages");
        }
    }
}

std::vector<fs::path> pythonSites() {
    std::vector<fs::path> sites;
    for (const char* active : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        if (const std::string_view prefix = environment(active); !prefix.empty()) {
            addPythonSites(sites, prefix);
        }
    }
    if (const std::string_view home = environment("HOME"); !home.empty()) {
        addPythonSites(sites, fs::path(home) / ".local");
    }
    addPythonSites(sites, "/usr/local");
    addPythonSites(sites, "/usr");
    return sites;
}

}  // namespace

std::vector<std::string> searchFolders(std::span<const char* const> python_packages) {
    std::vector<std::string> folders;
    std::string_view rest = environment("OPTIRS_CUDA_PATH");
    while (!rest.empty()) {
        const size_t colon = std::min(rest.find(':'), rest.size());
        if (colon != 0) {
            addWithLibraries(folders, rest.substr(0, colon));
        }
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    static const char here = 0;
    Dl_info info{};
    if (dladdr(&here, &info) != 0 && info.dli_fname != nullptr) {
        folders.push_back(fs::path(info.dli_fname).parent_path().string());
    }
    if (python_packages.empty()) {
        return folders;
    }
    for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
        if (const std::string_view home = environment(name); !home.empty()) {
            addWithLibraries(folders, home);
        }
    }
    for (const fs::path& site : pythonSites()) {
        for (const char* package : python_packages) {
            folders.push_back((site / "nvidia" / package / "lib").string());
        }
    }
    return folders;
}

}  // namespace optirs::cuda
