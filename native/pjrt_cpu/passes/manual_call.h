/// @file
/// Manual computations as XLA's clients write them where there are no operations of Shardy: a call between
/// two custom calls, each of which stands only where there are values to take in or to give.
#pragma once

namespace optirs::plugin {

class Operation;

/// Writes the custom call that is missing because the body takes nothing or returns nothing. Once the call is
/// written out, only the two tell where the body begins and ends.
void delimitManualCall(Operation& call);

}  // namespace optirs::plugin
