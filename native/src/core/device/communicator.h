// One rank of a group of devices.
#pragma once

#include <optirs/communicator.h>

#include "src/core/device/stream.h"

struct optirs_communicator final : optirs::core::Object {
    optirs_communicator(optirs_device& owner, const optirs_communicator_id& id, int32_t count,
                        int32_t own_rank);
    ~optirs_communicator() override;

    /// Checks what all operations have in common, and starts this one.
    void run(optirs_backend_collective collective, optirs_stream& stream);
    void check();
    /// Throws INVALID_ARGUMENT unless `value` is a rank.
    void checkRank(int32_t value, const char* name) const;
    int32_t rankCount() const noexcept { return rank_count_; }

 private:
    optirs_device& device_;
    int32_t rank_count_;
    void* native_ = nullptr;
};

namespace optirs::core {

void createCommunicatorId(optirs_device& device, optirs_communicator_id& id);

}  // namespace optirs::core
