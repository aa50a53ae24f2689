// Opening a shared library, with the reason in words where that fails.
#pragma once

#include <string>

namespace optirs::pjrt {

/// Opens the library of an absolute path, for good. Throws NOT_FOUND (no such file), PERMISSION_DENIED,
/// INVALID_ARGUMENT (not a shared library of this machine) or FAILED_PRECONDITION (a dependency is missing,
/// or too old).
void* openLibrary(const std::string& path);

/// Address of an exported function; NULL where there is none.
void* findSymbol(void* library, const char* name) noexcept;

/// Folder of the library that holds this code; empty where the system does not say.
std::string ownFolder();

/// Folder of the running program; empty where the system does not say.
std::string programFolder();

}  // namespace optirs::pjrt
