// What a kernel throws when the contents of a tensor, not its form, are wrong.
#pragma once

#include <optirs/error.h>

#include <stdexcept>
#include <string>

namespace optirs::cpu {

class KernelError : public std::runtime_error {
 public:
    KernelError(optirs_status code, const std::string& message) : runtime_error(message), code_(code) {}

    optirs_status code() const noexcept { return code_; }

 private:
    optirs_status code_;
};

}  // namespace optirs::cpu
