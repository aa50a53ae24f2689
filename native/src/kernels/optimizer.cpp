#include "src/kernels/optimizer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "src/core/state_map.h"
#include "src/kernels/overlap.h"

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

/// What a call has beside its lists, f32.
class Vectors {
 public:
    explicit Vectors(const Operand& like) : like_(like) {}

    void add(const char* name, const optirs_dl_tensor* tensor, int64_t count, bool is_written) {
        if (tensor == nullptr) {
            return;
        }
        const Operand operand = required(name, tensor);
        checkType(operand, {kF32});
        checkSameDevice(operand, like_);
        if (operand.elementCount() != count) {
            refuse(operand, concat("must have ", count, count == 1 ? " element" : " elements"));
        }
        for (size_t i = 0; i < used_; ++i) {
            if (is_written || vectors_[i].is_written) {
                checkDisjoint(operand, vectors_[i].operand);
            }
        }
        vectors_[used_++] = {operand, Place(operand), is_written};
    }

    /// Throws if a tensor of a list shares memory with one of them.
    void checkApart(const Operand& operand, const Place& place, bool is_written) const {
        for (size_t i = 0; i < used_; ++i) {
            if (vectors_[i].place.overlaps(place) && (is_written || vectors_[i].is_written)) {
                checkDisjoint(operand, vectors_[i].operand);
            }
        }
    }

 private:
    struct Vector {
        Operand operand;
        Place place;
        bool is_written = false;
    };
    const Operand& like_;
    std::array<Vector, 4> vectors_;
    size_t used_ = 0;
};

/// The tensors of one index, each checked against the parameter, which is the first.
class Index {
 public:
    Index(const optirs_optimizer_tensors& tensors, int64_t index, const Vectors& vectors)
        : index_(index), vectors_(vectors) {
        add(required("params", tensors.params + index, index));
        checkType(param(), {kF32, kBF16, kF16});
    }

    const Operand& param() const { return operands_[0]; }

    Operand like(const char* name, const optirs_dl_tensor* list, std::initializer_list<uint32_t> types,
                 bool is_written = true) {
        const Operand operand = required(name, list + index_, index_);
        checkType(operand, types);
        checkSameShape(operand, param());
        add(operand, is_written);
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
    void add(const Operand& operand, bool is_written = true) {
        if (used_ > 0) {
            checkSameDevice(operand, param());
        }
        const Place place(operand);
        for (size_t i = 0; i < used_; ++i) {
            if (place.overlaps(places_[i])) {
                checkDisjoint(operand, operands_[i]);
            }
        }
        vectors_.checkApart(operand, place, is_written);
        operands_[used_] = operand;
        places_[used_++] = place;
    }

    int64_t index_;
    const Vectors& vectors_;
    std::array<Operand, 9> operands_;
    std::array<Place, 9> places_;
    size_t used_ = 0;
};

void checkIndex(const optirs_optimizer_tensors& tensors, int64_t i, const Vectors& vectors) {
    Index index(tensors, i, vectors);
    if (tensors.grads != nullptr) {
        index.like("grads", tensors.grads, {kF32, kBF16, kF16}, tensors.zero_grads != 0);
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
    Vectors vectors(first);
    vectors.add("cast_scale", tensors.cast_scale, tensors.count, false);
    vectors.add("cast_amax", tensors.cast_amax, tensors.count, true);
    vectors.add("grad_scale", tensors.grad_scale, 1, false);
    vectors.add("skip", tensors.skip, 1, false);
    for (int64_t i = 0; i < tensors.count; ++i) {
        checkSameDevice(required("params", tensors.params + i, i), first);
        checkIndex(tensors, i, vectors);
    }
    checkParametersDisjoint(tensors.params, tensors.count);
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
    Vectors vectors(norm);
    vectors.add("norm", args.norm, 1, true);
    vectors.add("scale", args.scale, 1, false);
    vectors.add("grad_scale", args.grad_scale, 1, true);
    vectors.add("non_finite", args.non_finite, 1, true);
    for (int64_t i = 0; i < args.count; ++i) {
        if (args.grads == nullptr) {
            throw Error(Code::kInvalidArgument, "the list grads is NULL");
        }
        const Operand grad = required("grads", args.grads + i, i);
        checkType(grad, {kF32, kBF16, kF16});
        checkSameDevice(grad, norm);
        vectors.checkApart(grad, Place(grad), false);
    }
}

}  // namespace optirs::kernels
