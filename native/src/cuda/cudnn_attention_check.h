// Which calls of attention cuDNN may compute.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/cuda/attention.h"

namespace optirs::cuda {

/// What windows and masks leave of a row, in one form. A window as long as everything is none.
struct AttentionBand {
    explicit AttentionBand(const AttentionScores& scores);
    /// Whether every row sees a column. Others are 0 here, and not always in cuDNN.
    bool reachesAllRows(const AttentionScores& scores) const;

    int64_t left;
    int64_t right;
    bool is_bottom_right;
};

/// What keeps a call from cuDNN, by its version (major * 10000 + minor * 100 + patch) and the device's
/// compute capability; empty if nothing does.
std::string_view cudnnObstacle(const AttentionCall& call, int64_t version, int32_t capability);

}  // namespace optirs::cuda
