#pragma once

#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin {

/// A collective operation at which at least one member has arrived.
struct Rendezvous::Meeting {
    CollectiveName name;
    std::vector<int32_t> members;
    std::vector<Contribution> contributions;  // as members
    std::vector<bool> arrived;
    size_t missing = 0;  // members of this process that have not arrived
    bool performing = false;
    bool done = false;
    std::chrono::steady_clock::time_point last_arrival;
};

}  // namespace optirs::plugin
