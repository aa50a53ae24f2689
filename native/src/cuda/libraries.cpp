#include "src/cuda/libraries.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/text.h"
#include "src/cuda/search.h"

namespace optirs::cuda {
namespace {

using core::concat;

struct Description {
    const char* title;                             // as people call it
    std::span<const char* const> sonames;          // newest first
    std::span<const char* const> python_packages;  // folders below nvidia/ in Python's packages
    const char* remedy;
};

constexpr const char* kDriverNames[] = {"libcuda.so.1"};
constexpr const char* kCublasLtNames[] = {"libcublasLt.so.13", "libcublasLt.so.12"};
constexpr const char* kCudnnNames[] = {"libcudnn.so.9"};
constexpr const char* kNcclNames[] = {"libnccl.so.2"};
constexpr const char* kCublasPackages[] = {"cu13", "cublas"};
constexpr const char* kCudnnPackages[] = {"cudnn"};
constexpr const char* kNcclPackages[] = {"nccl"};

constexpr Description kDriver = {"the NVIDIA driver", kDriverNames, {}, "install NVIDIA's driver"};
constexpr Description kCublasLt = {
    "cuBLASLt", kCublasLtNames, kCublasPackages,
    "install nvidia-cublas from PyPI or the CUDA toolkit, or set OPTIRS_CUDA_PATH to its folder"};
constexpr Description kCudnn = {
    "cuDNN", kCudnnNames, kCudnnPackages,
    "install nvidia-cudnn-cu13 (or -cu12) from PyPI, or set OPTIRS_CUDA_PATH to its folder"};
constexpr Description kNccl = {
    "NCCL", kNcclNames, kNcclPackages,
    "install nvidia-nccl-cu13 (or -cu12) from PyPI, or set OPTIRS_CUDA_PATH to its folder"};

/// The first file or system library that opens; NULL with the reason if none does. A file that is there and
/// does not open is the reason: it is what the user wanted to be used.
void* openFirst(const Description& wanted, std::string& path, std::string& reason) {
    std::error_code ignored;
    std::vector<std::string> candidates;
    for (const std::string& folder : searchFolders(wanted.python_packages)) {
        for (const char* name : wanted.sonames) {
            std::string file = concat(folder, "/", name);
            if (std::filesystem::exists(file, ignored)) {
                candidates.push_back(std::move(file));
            }
        }
    }
    const bool is_file_there = !candidates.empty();
    candidates.insert(candidates.end(), wanted.sonames.begin(), wanted.sonames.end());
    std::string failure;
    for (std::string& candidate : candidates) {
        // Never closed: these libraries start threads and keep state that does not survive it.
        if (void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
            path = std::move(candidate);
            return library;
        }
        const char* message = dlerror();
        if (failure.empty() && message != nullptr) {
            failure = message;
        }
    }
    reason = is_file_there
                 ? concat(wanted.title, " cannot be loaded: ", failure, ".")
                 : concat(wanted.title, " (", wanted.sonames.back(), ") was not found: ", wanted.remedy, ".");
    return nullptr;
}

struct SymbolSlot {
    const char* name;
    void** target;
};

/// Finds every symbol; false, with the reason, if one is missing.
bool findSymbols(void* library, const Description& wanted, const std::string& path,
                 std::span<const SymbolSlot> symbols, std::string& reason) {
    for (const SymbolSlot& symbol : symbols) {
        *symbol.target = dlsym(library, symbol.name);
        if (*symbol.target == nullptr) {
            reason = concat(wanted.title, " at ", path, " has no function ", symbol.name,
                            ": it is too old or not this library; ", wanted.remedy, ".");
            return false;
        }
    }
    return true;
}

std::string dottedThree(int64_t version) {
    return concat(version / 10000, ".", version % 10000 / 100, ".", version % 100);
}

std::string dottedDriver(int64_t version) { return concat(version / 1000, ".", version % 1000 / 10); }

/// Opens a library and checks its version, which `read_version` asks it for.
template <class Api, class ReadVersion>
void load(VendorLibrary<Api>& library, const Description& wanted, std::span<const SymbolSlot> symbols,
          int64_t oldest, std::string (*text)(int64_t), ReadVersion&& read_version,
          std::span<const SymbolSlot> optional = {}) {
    library.reason.clear();
    void* handle = openFirst(wanted, library.path, library.reason);
    if (handle == nullptr || !findSymbols(handle, wanted, library.path, symbols, library.reason)) {
        return;
    }
    for (const SymbolSlot& symbol : optional) {
        *symbol.target = dlsym(handle, symbol.name);
    }
    library.version = read_version(library.api);
    if (library.version < oldest) {
        library.reason = concat(wanted.title, " at ", library.path, " has version ", text(library.version),
                                "; at least ", text(oldest), " is needed.");
        return;
    }
    library.is_loaded = true;
}

#define OPTIRS_SLOT(member, symbol, ...) SymbolSlot{symbol, reinterpret_cast<void**>(&library.api.member)},

void loadDriver(VendorLibrary<DriverApi>& library) {
    const SymbolSlot symbols[] = {OPTIRS_DRIVER_FUNCTIONS(OPTIRS_SLOT)};
    const SymbolSlot optional[] = {OPTIRS_DRIVER_OPTIONAL_FUNCTIONS(OPTIRS_SLOT)};
    const auto read_version = [](const DriverApi& api) {
        int32_t version = 0;
        return api.driverGetVersion(&version) == CUDA_SUCCESS ? int64_t{version} : 0;
    };
    load(library, kDriver, symbols, kOldestDriver, dottedDriver, read_version, optional);
}

void loadCublasLt(VendorLibrary<CublasLtApi>& library) {
    const SymbolSlot symbols[] = {OPTIRS_CUBLASLT_FUNCTIONS(OPTIRS_SLOT)};
    load(library, kCublasLt, symbols, kOldestCublasLt, dottedThree,
         [](const CublasLtApi& api) { return static_cast<int64_t>(api.getVersion()); });
}

void loadCudnn(VendorLibrary<CudnnApi>& library) {
    const SymbolSlot symbols[] = {OPTIRS_CUDNN_FUNCTIONS(OPTIRS_SLOT)};
    load(library, kCudnn, symbols, kOldestCudnn, dottedThree,
         [](const CudnnApi& api) { return static_cast<int64_t>(api.getVersion()); });
}

void loadNccl(VendorLibrary<NcclApi>& library) {
    const SymbolSlot symbols[] = {OPTIRS_NCCL_FUNCTIONS(OPTIRS_SLOT)};
    load(library, kNccl, symbols, kOldestNccl, dottedThree, [](const NcclApi& api) {
        int32_t version = 0;
        return api.getVersion(&version) == ncclSuccess ? int64_t{version} : 0;
    });
}
#undef OPTIRS_SLOT

}  // namespace

Libraries& libraries() {
    static Libraries instance;
    return instance;
}

void loadLibraries(Libraries& all) {
    if (!all.driver.is_loaded) {
        loadDriver(all.driver);
    }
    // In this order: cuDNN finds the cuBLASLt that is open already.
    if (!all.cublaslt.is_loaded) {
        loadCublasLt(all.cublaslt);
    }
    if (!all.cudnn.is_loaded) {
        loadCudnn(all.cudnn);
    }
    if (!all.nccl.is_loaded) {
        loadNccl(all.nccl);
    }
}

std::string missingLibraries(const Libraries& all) {
    std::string text;
    for (const std::string* reason :
         {&all.driver.reason, &all.cublaslt.reason, &all.cudnn.reason, &all.nccl.reason}) {
        if (!reason->empty()) {
            text += text.empty() ? *reason : " " + *reason;
        }
    }
    return text;
}

std::string foundLibraries(const Libraries& all) {
    std::string text;
    const auto add = [&](bool is_loaded, const char* name, const std::string& version) {
        if (is_loaded) {
            text += concat(text.empty() ? "" : ", ", name, " ", version);
        }
    };
    add(all.driver.is_loaded, "driver", dottedDriver(all.driver.version));
    add(all.cublaslt.is_loaded, "cuBLASLt", dottedThree(all.cublaslt.version));
    add(all.cudnn.is_loaded, "cuDNN", dottedThree(all.cudnn.version));
    add(all.nccl.is_loaded, "NCCL", dottedThree(all.nccl.version));
    return text;
}

}  // namespace optirs::cuda
