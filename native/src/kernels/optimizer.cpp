#include "src/kernels/optimizer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "src/core/state_map.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

/// Whether a list must, may or must not be given.
enum class Want : uint8_t { kYes, kMaybe, kNo };

void checkGiven(const optirs_dl_tensor* list, const char* name, Want want, const char* why) {
    if (want == Want::kYes && list == nullptr) {
        throw Error(Code::kInvalidArgument, concat("the list tensors->", name, " is NULL"));
    }
    if (want == Want::kNo && list != nullptr) {
        throw Error(Code::kInvalidArgument, concat("the list tensors->", name, " is given, but ", why));
    }
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
    thread_local std::vector<int64_t> order;
    order.resize(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        order[static_cast<size_t>(i)] = i;
    }
    std::ranges::sort(order, {}, [&](int64_t i) { return operand(i).data(); });
    for (size_t i = 1; i < order.size(); ++i) {
        checkDisjoint(operand(order[i - 1]), operand(order[i]));
    }
}

/// The tensors of one index, each checked against the parameter, which is the first.
class Index {
 public:
    Index(const optirs_optimizer_tensors& tensors, int64_t index) : index_(index) {
        add(required("params", tensors.params + index, index));
        checkType(param(), {kF32, kBF16, kF16});
    }

    const Operand& param() const { return operands_[0]; }

    Operand like(const char* name, const optirs_dl_tensor* list, std::initializer_list<uint32_t> types) {
        const Operand operand = required(name, list + index_, index_);
        checkType(operand, types);
        checkSameShape(operand, param());
        add(operand);
        return operand;
    }

    void state(const char* name, const optirs_dl_tensor* list, const char* scales_name,
               const optirs_dl_tensor* scales) {
        if (list == nullptr) {
            return;
        }
        if (scales == nullptr) {
            like(name, list, {kF32});
            return;
        }
        like(name, list, {kU8});
        const Operand operand = required(scales_name, scales + index_, index_);
        checkType(operand, {kF32});
        const int64_t blocks = (param().elementCount() + kStateBlock - 1) / kStateBlock;
        if (operand.elementCount() != blocks) {
            refuse(operand, concat("must have ", blocks, " elements, one for each ", kStateBlock, " of ",
                                   param().text()));
        }
        add(operand);
    }

 private:
    void add(const Operand& operand) {
        if (used_ > 0) {
            checkSameDevice(operand, param());
        }
        for (size_t i = 0; i < used_; ++i) {
            checkDisjoint(operand, operands_[i]);
        }
        operands_[used_++] = operand;
    }

    int64_t index_;
    std::array<Operand, 9> operands_;
    size_t used_ = 0;
};

void checkVector(const char* name, const optirs_dl_tensor* tensor, int64_t count, const Operand& like) {
    if (tensor == nullptr) {
        return;
    }
    const Operand operand = required(name, tensor);
    checkType(operand, {kF32});
    checkSameDevice(operand, like);
    if (operand.elementCount() != count) {
        refuse(operand, concat("must have ", count, count == 1 ? " element" : " elements"));
    }
}

void checkIndex(const optirs_optimizer_tensors& tensors, int64_t i) {
    Index index(tensors, i);
    if (tensors.grads != nullptr) {
        index.like("grads", tensors.grads, {kF32, kBF16, kF16});
    }
    index.state("state1", tensors.state1, "scales1", tensors.scales1);
    index.state("state2", tensors.state2, "scales2", tensors.scales2);
    if (tensors.masters != nullptr) {
        checkType(index.param(), {kBF16, kF16});
        index.like("masters", tensors.masters, {kF32});
    }
    if (tensors.remainders != nullptr) {
        checkType(index.param(), {kBF16});
        index.like("remainders", tensors.remainders, {kS16});
    }
    if (tensors.casts != nullptr) {
        index.like("casts", tensors.casts, {kE4M3, kE5M2});
    }
}

}  // namespace

OptimizerLists::OptimizerLists(const optirs_optimizer_tensors* given, OptimizerForm form)
    : tensors(readStruct(given, "tensors")) {
    if (tensors.count < 0) {
        throw Error(Code::kInvalidArgument,
                    concat("tensors->count is ", tensors.count, ", which is negative"));
    }
    if (tensors.count == 0) {
        return;
    }
    const auto wanted_state = [&](int state) { return form.states >= state ? Want::kYes : Want::kNo; };
    const char* no_state = "this step has no such state";
    checkGiven(tensors.grads, "grads", form.has_grads ? Want::kYes : Want::kNo,
               "this step reads no gradients");
    checkGiven(tensors.state1, "state1", wanted_state(1), no_state);
    checkGiven(tensors.state2, "state2", wanted_state(2), no_state);
    checkGiven(tensors.scales1, "scales1", form.states >= 1 ? Want::kMaybe : Want::kNo, no_state);
    checkGiven(tensors.scales2, "scales2", form.states >= 2 ? Want::kMaybe : Want::kNo, no_state);
    checkGiven(tensors.remainders, "remainders", tensors.masters != nullptr ? Want::kNo : Want::kMaybe,
               "there are masters");
    checkGiven(tensors.cast_scale, "cast_scale", tensors.casts == nullptr ? Want::kNo : Want::kMaybe,
               "there are no casts");
    checkGiven(tensors.params, "params", Want::kYes, "");
    const Operand first = required("params", tensors.params, 0);
    device = first->device;
    for (int64_t i = 0; i < tensors.count; ++i) {
        checkSameDevice(required("params", tensors.params + i, i), first);
        checkIndex(tensors, i);
    }
    checkParametersDisjoint(tensors.params, tensors.count);
    checkVector("cast_scale", tensors.cast_scale, tensors.count, first);
    checkVector("cast_amax", tensors.cast_amax, tensors.count, first);
    checkVector("grad_scale", tensors.grad_scale, 1, first);
    checkVector("skip", tensors.skip, 1, first);
}

Call<optirs_grad_norm_args>::Call(const optirs_grad_norm_args* given) : args(readStruct(given, "args")) {
    if (args.count < 0) {
        throw Error(Code::kInvalidArgument, concat("count is ", args.count, ", which is negative"));
    }
    if (!(args.max_norm >= 0)) {
        throw Error(Code::kInvalidArgument, "max_norm is negative or NaN; 0 stands for no clipping");
    }
    const Operand norm = required("norm", args.norm);
    device = norm->device;
    for (int64_t i = 0; i < args.count; ++i) {
        if (args.grads == nullptr) {
            throw Error(Code::kInvalidArgument, "the list grads is NULL");
        }
        const Operand grad = required("grads", args.grads + i, i);
        checkType(grad, {kF32, kBF16, kF16});
        checkSameDevice(grad, norm);
    }
    checkVector("norm", args.norm, 1, norm);
    checkVector("scale", args.scale, 1, norm);
    checkVector("grad_scale", args.grad_scale, 1, norm);
    checkVector("non_finite", args.non_finite, 1, norm);
}

}  // namespace optirs::kernels
