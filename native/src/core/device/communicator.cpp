#include "src/core/device/communicator.h"

#include "src/core/dtype.h"
#include "src/core/error.h"
#include "src/core/guard.h"
#include "src/core/text.h"

using namespace optirs::core;

optirs_communicator::optirs_communicator(optirs_device& owner, const optirs_communicator_id& id,
                                         int32_t count, int32_t own_rank)
    : Object(OPTIRS_OBJECT_COMMUNICATOR), device_(owner), rank_count_(count) {
    if (count < 1) {
        throw Error(Code::kInvalidArgument, concat("rank_count is ", count, "; it must be at least 1"));
    }
    checkRank(own_rank, "rank");
    device_.calls(&optirs_device_table::communicator_create, id.bytes, count, own_rank, &native_);
}

optirs_communicator::~optirs_communicator() {
    device_.calls.attempt(&optirs_device_table::communicator_destroy, native_);
}

void optirs_communicator::run(optirs_backend_collective collective, optirs_stream& stream) {
    checkSameDevice(device_, stream.device(), "stream");
    if (collective.reduction < OPTIRS_REDUCTION_SUM || collective.reduction > OPTIRS_REDUCTION_MEAN) {
        throw Error(Code::kInvalidArgument,
                    concat("reduction is ", collective.reduction, "; it must be 0 to 4"));
    }
    if (findDType(collective.dtype) == nullptr) {
        throw Error(Code::kInvalidArgument,
                    concat("dtype is ", collective.dtype, ", which is not an element type"));
    }
    if (collective.count == 0) {
        return;
    }
    const bool is_exchange = collective.operation == OPTIRS_BACKEND_SEND_RECEIVE;
    if (!is_exchange || collective.root >= 0) {
        required(collective.input, "input");
    }
    if (!is_exchange || collective.from >= 0) {
        required(collective.output, "output");
    }
    collective.rank_count = rank_count_;
    device_.calls(&optirs_device_table::communicator_run, native_, &collective, stream.native());
}

void optirs_communicator::check() { device_.calls(&optirs_device_table::communicator_check, native_); }

void optirs_communicator::checkRank(int32_t value, const char* name) const {
    if (value < 0 || value >= rank_count_) {
        throw Error(Code::kInvalidArgument,
                    concat(name, " is ", value, "; there are ", rank_count_, " ranks, numbered from 0"));
    }
}

namespace optirs::core {

void createCommunicatorId(optirs_device& device, optirs_communicator_id& id) {
    device.calls(&optirs_device_table::communicator_id, id.bytes);
}

}  // namespace optirs::core
