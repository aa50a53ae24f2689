/// @file
/// What each operation does with dimensions whose size is known only at run time, by subject.
#pragma once

#include "pjrt_cpu/passes/bounded/padder.h"

namespace optirs::plugin {

class BoundedOp;

/// Finds the rule of the operation, which is not one of control flow.
/// @throws Error UNIMPLEMENTED for operations that cannot keep a size: operation, dimension and what to do
void applyRule(Padder& padder, Operation& op);

/// while, if, case: the sizes go in and out with the values, and the regions are visited. @returns whether
/// the operation is one of these
bool padControl(Padder& padder, Operation& op);

// pad_movement.cpp
void padTranspose(BoundedOp& op);
void padSlice(BoundedOp& op);
void padReverse(BoundedOp& op);
void padConcatenate(BoundedOp& op);
void padPad(BoundedOp& op);
void padBitcastConvert(BoundedOp& op);
// pad_reshape.cpp
void padReshape(BoundedOp& op);
// pad_dynamic.cpp: sizes that operands give
void padSetDimensionSize(BoundedOp& op);
void padGetDimensionSize(BoundedOp& op);
void padBroadcast(BoundedOp& op);
void padDynamicIota(BoundedOp& op);
void padDynamicPad(BoundedOp& op);
void padRealDynamicSlice(BoundedOp& op);
void padRng(BoundedOp& op);
// pad_indexing.cpp
void padDynamicSlice(BoundedOp& op);
void padDynamicUpdateSlice(BoundedOp& op);
void padGather(BoundedOp& op);
// pad_scatter.cpp
void padScatter(BoundedOp& op);
// pad_reduction.cpp
void padReduce(BoundedOp& op);
void padSort(BoundedOp& op);
// pad_window.cpp
void padReduceWindow(BoundedOp& op);
void padSelectAndScatter(BoundedOp& op);
/// From the first to the last element that a window sees. @throws Error UNIMPLEMENTED above 2^31
int64_t extentOf(const BoundedOp& op, const WindowDimension& w);
/// How often a window fits a dimension of this size, of which `padding` is on both sides together.
Value* windowed(BoundedOp& op, Value* size, Value* padding, const WindowDimension& w, int64_t bound);
Value* windowed(BoundedOp& op, Value* size, const WindowDimension& w, int64_t bound);
// pad_convolution.cpp
void padConvolution(BoundedOp& op);
// pad_contraction.cpp
void padDotGeneral(BoundedOp& op);
void padRaggedDot(BoundedOp& op);
void padBatched(BoundedOp& op);
// pad_scan.cpp
void padScan(BoundedOp& op);
// pad_collective.cpp
void padCollective(BoundedOp& op);

}  // namespace optirs::plugin
