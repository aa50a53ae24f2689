// NVIDIA's libraries, opened at run time: each is there with all its functions and an accepted version, or
// there is a sentence that says what is missing and what to do.
#pragma once

#include <cstdint>
#include <string>

#include "src/cuda/api/cublaslt.h"
#include "src/cuda/api/cudnn.h"
#include "src/cuda/api/driver.h"
#include "src/cuda/api/nccl.h"

namespace optirs::cuda {

/// One library. Found once, it stays; one that was missing is looked for again at the next `load`.
template <class Api>
struct VendorLibrary {
    Api api{};
    bool is_loaded = false;
    int64_t version = 0;  // as the library numbers itself
    std::string path;     // the file, or the name that the system's loader found
    std::string reason;   // why it is not loaded
};

struct Libraries {
    VendorLibrary<DriverApi> driver;
    VendorLibrary<CublasLtApi> cublaslt;
    VendorLibrary<CudnnApi> cudnn;
    VendorLibrary<NcclApi> nccl;
};

/// The libraries of the process. Not locked: the backend's score, called under the registry's lock, is the
/// only writer, and what it has loaded never changes.
Libraries& libraries();

/// Looks for what is not loaded yet.
void loadLibraries(Libraries& libraries);

/// The sentences of what is missing, joined; empty if nothing is.
std::string missingLibraries(const Libraries& libraries);

/// Name and version of what was found, for instance "driver 12.4, cuBLASLt 12.4.5".
std::string foundLibraries(const Libraries& libraries);

}  // namespace optirs::cuda
