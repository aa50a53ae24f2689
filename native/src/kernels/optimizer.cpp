#include "src/kernels/optimizer.h"

#include <algorithm>
#include <string>
#include <vector>

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

const optirs_dl_tensor* listOf(const optirs_dl_tensor* list, const char* name, bool wanted) {
    if (wanted && list == nullptr) {
        throw Error(Code::kInvalidArgument, concat("the list tensors->", name, " is NULL"));
    }
    if (!wanted && list != nullptr) {
        throw Error(Code::kInvalidArgument,
                    concat("the list tensors->", name, " is given, but this step has no such state"));
    }
    return list;
}

/// Parameters that overlap would be updated twice, by two threads. Lists cut out of one block, in its order,
/// pass without being sorted.
void checkParametersDisjoint(const optirs_dl_tensor* params, int64_t count) {
    const auto operand = [&](int64_t i) { return Operand{"params", params + i, i}; };
    bool ascending = true;
    for (int64_t i = 1; i < count && ascending; ++i) {
        ascending = operand(i - 1).data() + operand(i - 1).byteCount() <= operand(i).data();
    }
    if (ascending) {
        return;
    }
    std::vector<int64_t> order(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        order[static_cast<size_t>(i)] = i;
    }
    std::ranges::sort(order, {}, [&](int64_t i) { return operand(i).data(); });
    for (size_t i = 1; i < order.size(); ++i) {
        checkDisjoint(operand(order[i - 1]), operand(order[i]));
    }
}

void checkFraction(double value, const char* name) {
    if (!(value >= 0 && value < 1)) {
        throw Error(Code::kInvalidArgument,
                    concat(name, " is ", std::to_string(value), "; it must be at least 0 and below 1"));
    }
}

void checkStep(int64_t step) {
    if (step < 1) {
        throw Error(Code::kInvalidArgument, concat("step is ", step, "; steps are counted from 1"));
    }
}

}  // namespace

OptimizerLists::OptimizerLists(const optirs_optimizer_tensors* given, int states)
    : tensors(readStruct(given, "tensors")) {
    if (tensors.count < 0) {
        throw Error(Code::kInvalidArgument,
                    concat("tensors->count is ", tensors.count, ", which is negative"));
    }
    if (tensors.count == 0) {
        return;
    }
    const optirs_dl_tensor* others[] = {listOf(tensors.grads, "grads", true),
                                        listOf(tensors.state1, "state1", states > 0),
                                        listOf(tensors.state2, "state2", states > 1)};
    constexpr const char* kNames[] = {"grads", "state1", "state2"};
    listOf(tensors.params, "params", true);
    device = tensors.params->device;
    const Operand first = required("params", tensors.params, 0);
    for (int64_t i = 0; i < tensors.count; ++i) {
        Operand all[4] = {required("params", tensors.params + i, i)};
        size_t used = 1;
        checkType(all[0], {kF32});
        checkSameDevice(all[0], first);
        for (size_t k = 0; k < std::size(kNames); ++k) {
            if (others[k] == nullptr) {
                continue;
            }
            const Operand other = required(kNames[k], others[k] + i, i);
            checkType(other, {kF32});
            checkSameShape(other, all[0]);
            checkSameDevice(other, all[0]);
            for (size_t j = 0; j < used; ++j) {
                checkDisjoint(other, all[j]);
            }
            all[used++] = other;
        }
    }
    checkParametersDisjoint(tensors.params, tensors.count);
}

Call<optirs_adamw_args>::Call(const optirs_adamw_args* given)
    : args(readStruct(given, "args")), lists(args.tensors, 2) {
    args.tensors = &lists.tensors;
    checkStep(args.step);
    checkFraction(args.beta1, "beta1");
    checkFraction(args.beta2, "beta2");
}

uint64_t workspaceOfKernel(optirs_kernel kernel, const void* args) {
    switch (kernel) {
        case OPTIRS_KERNEL_ADAMW:
            return workspaceOf<optirs_adamw_args>(kernel, args);
        default:
            throw Error(Code::kInvalidArgument, concat("there is no kernel ", kernel));
    }
}

}  // namespace optirs::kernels
