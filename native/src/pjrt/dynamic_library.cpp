#include "src/pjrt/dynamic_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::pjrt {
namespace {

namespace fs = std::filesystem;
using core::Code;
using core::concat;
using core::Error;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

void checkFile(const std::string& path) {
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    if (status.type() == fs::file_type::not_found) {
        throw Error(Code::kNotFound, concat("there is no file ", path));
    }
    if (status.type() == fs::file_type::directory) {
        throw Error(Code::kInvalidArgument, concat(path, " is a folder; give the plugin's .so file"));
    }
    if (access(path.c_str(), R_OK) != 0) {
        throw Error(Code::kPermissionDenied, concat("the file ", path, " is not readable"));
    }
}

// The loader's texts are the only place where the cause is told.
[[noreturn]] void throwReason(const std::string& path, std::string_view reason) {
    if (contains(reason, "invalid ELF header") || contains(reason, "file too short") ||
        contains(reason, "wrong ELF class") || contains(reason, "not a dynamic") ||
        contains(reason, "object file") == false) {
        if (contains(reason, "undefined symbol") || contains(reason, "version `")) {
            throw Error(Code::kFailedPrecondition,
                        concat(path, " needs another version of a library than the one found: ", reason));
        }
        throw Error(Code::kInvalidArgument,
                    concat(path, " is not a shared library of this machine: ", reason));
    }
    const std::string_view missing = reason.substr(0, reason.find(':'));
    throw Error(Code::kFailedPrecondition, concat(path, " needs ", missing, ", which is missing: ", reason,
                                                  "; install it or add its folder to LD_LIBRARY_PATH"));
}

}  // namespace

void* openLibrary(const std::string& path) {
    checkFile(path);
    // NODELETE: plugins start threads and register destructors, and do not survive being unmapped.
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
        const char* reason = dlerror();
        throwReason(path, reason == nullptr ? "the system gives no reason" : reason);
    }
    return library;
}

void* findSymbol(void* library, const char* name) noexcept { return dlsym(library, name); }

std::string ownFolder() {
    Dl_info info{};
    static const char anchor = 0;
    if (dladdr(&anchor, &info) == 0 || info.dli_fname == nullptr) {
        return {};
    }
    std::error_code failure;
    const fs::path path = fs::weakly_canonical(info.dli_fname, failure);
    return failure ? std::string() : path.parent_path().string();
}

std::string programFolder() {
    std::error_code failure;
    const fs::path path = fs::read_symlink("/proc/self/exe", failure);
    return failure ? std::string() : path.parent_path().string();
}

}  // namespace optirs::pjrt
