#pragma once

#include "pjrt_cpu/ir/module.h"

namespace optirs::plugin {

/// Cuts large reductions to one number, or over leading dimensions, into a fixed number of partial ones, so
/// that they can run in parallel, each reading memory from end to end. The cut depends on the shape only:
/// results do not depend on the number of threads.
void splitLargeReductions(Function& function);

}  // namespace optirs::plugin
