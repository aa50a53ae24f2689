// Where NVIDIA's libraries may lie.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace optirs::cuda {

/// The folders to search for a library before the system's loader is asked, in order: OPTIRS_CUDA_PATH
/// (separated by colons; each folder itself and its lib64 and lib), the folder of this backend, and, for the
/// toolkit's libraries, CUDA_HOME, CUDA_PATH and the `nvidia-*` packages of Python: of the active environment
/// (VIRTUAL_ENV, CONDA_PREFIX), the user and the system. `python_packages` are the names below `nvidia/`;
/// empty for the driver, which belongs to the system.
std::vector<std::string> searchFolders(std::span<const char* const> python_packages);

}  // namespace optirs::cuda
