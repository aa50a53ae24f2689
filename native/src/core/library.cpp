#include "src/core/library.h"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

/// The loader's message starts with the file that it could not open, which is often not the one that was
/// asked for.
[[noreturn]] void throwLoadError(const std::string& path, std::string_view loader_message) {
    const std::string_view culprit = loader_message.substr(0, loader_message.find(':'));
    const bool is_missing = loader_message.find("No such file or directory") != std::string_view::npos;
    if (is_missing && culprit == path) {
        throw Error(Code::kNotFound, concat(path, " does not exist or is not in the loader's search path"));
    }
    if (is_missing) {
        throw Error(Code::kFailedPrecondition,
                    concat(path, " needs ", culprit,
                           ", which is not installed: install it, or add its folder to LD_LIBRARY_PATH"));
    }
    const bool is_file = loader_message.find("undefined symbol") == std::string_view::npos &&
                         loader_message.find("not found (required by") == std::string_view::npos;
    throw Error(is_file ? Code::kInvalidArgument : Code::kFailedPrecondition,
                concat(path, " cannot be loaded: ", loader_message));
}

}  // namespace

Library Library::open(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* message = dlerror();
        throwLoadError(path, message != nullptr ? message : "unknown reason");
    }
    return Library(handle);
}

void* Library::symbol(const char* name) const noexcept { return dlsym(handle_, name); }

std::string libraryFolder() {
    static const char here = 0;
    Dl_info info{};
    if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr) {
        return ".";
    }
    std::error_code ignored;
    const std::filesystem::path file = std::filesystem::weakly_canonical(info.dli_fname, ignored);
    return file.has_parent_path() ? file.parent_path().string() : ".";
}

}  // namespace optirs::core
