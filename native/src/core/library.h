// Shared libraries opened at run time, with an error that says which file is missing.
#pragma once

#include <string>

namespace optirs::core {

/// An open shared library. It stays open until the process ends: its threads and objects may outlive any
/// owner.
class Library {
 public:
    /// Opens `path`, or a name that the system's loader searches for. Throws NOT_FOUND if the file itself is
    /// missing, FAILED_PRECONDITION if a library that it needs is missing, and INVALID_ARGUMENT if it is not
    /// a shared library.
    static Library open(const std::string& path);

    /// The address of an exported symbol, or NULL.
    void* symbol(const char* name) const noexcept;

 private:
    explicit Library(void* handle) noexcept : handle_(handle) {}

    void* handle_;
};

/// The folder of the file that holds this code, without a trailing slash.
std::string libraryFolder();

}  // namespace optirs::core
