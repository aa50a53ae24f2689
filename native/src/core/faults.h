// Fault injection: the k-th allocation or the k-th call of a backend fails. See optirs/fault.h for the
// specification.
#pragma once

#include <cstdint>
#include <string_view>

namespace optirs::core {

/// Arms the faults of a specification in place of the armed ones. Throws INVALID_ARGUMENT and changes nothing
/// if it is malformed. Makes no allocation otherwise.
void setFaults(std::string_view specification);

/// How many faults have fired since they were armed.
uint64_t faultsFired() noexcept;

/// Counts one allocation of this library; true if it is to fail.
bool allocationFaultDue() noexcept;

/// Counts one call of a backend; true if it is to fail.
bool callFaultDue(std::string_view backend) noexcept;

/// Counts one call of a backend and throws UNAVAILABLE if it is to fail.
void callFaultPoint(std::string_view backend);

}  // namespace optirs::core
