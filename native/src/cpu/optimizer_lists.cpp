#include "src/cpu/optimizer_lists.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "src/cpu/convert.h"
#include "src/cpu/state8.h"
#include "src/cpu/tensor.h"
#include "src/cpu/thread_pool.h"

namespace optirs::cpu {
namespace {

/// Elements that are converted at a time: such runs of f32 fit into a first-level cache. What needs no
/// conversion is taken in longer runs.
constexpr int64_t kBlock = 1024;
constexpr int64_t kDirectBlock = 4096;

struct alignas(64) Staging {
    float param[kBlock];
    float grad[kBlock];
    float state1[kBlock];
    float state2[kBlock];
};

float scalarOf(const optirs_dl_tensor* tensor, int64_t index, float otherwise) {
    return tensor != nullptr ? dataOf<float>(*tensor)[index] : otherwise;
}

/// target = max(target, the f32 with these bits). Bits of non-negative floats are ordered as the floats are,
/// with NaN on top.
void raiseTo(float* target, uint32_t bits) {
    std::atomic_ref<float> largest(*target);
    float seen = largest.load(std::memory_order_relaxed);
    while (std::bit_cast<uint32_t>(seen) < bits &&
           !largest.compare_exchange_weak(seen, std::bit_cast<float>(bits), std::memory_order_relaxed)) {
    }
}

/// A state as f32: in place, or decoded.
class State {
 public:
    State(const optirs_dl_tensor* list, const optirs_dl_tensor* scales, int64_t tensor, bool has_sign)
        : has_sign_(has_sign) {
        if (list == nullptr) {
            return;
        }
        if (scales == nullptr) {
            direct_ = dataOf<float>(list[tensor]);
        } else {
            codes_ = dataOf<uint8_t>(list[tensor]);
            scales_ = dataOf<float>(scales[tensor]);
        }
    }

    bool isDirect() const { return codes_ == nullptr; }

    float* read(int64_t begin, int64_t count, float* staging) const {
        if (codes_ == nullptr) {
            return direct_ != nullptr ? direct_ + begin : nullptr;
        }
        decodeState(codes_ + begin, scales_ + begin / kStateBlock, has_sign_, staging, count);
        return staging;
    }

    void write(int64_t begin, int64_t count, const float* staging) const {
        if (codes_ != nullptr) {
            encodeState(staging, has_sign_, codes_ + begin, scales_ + begin / kStateBlock, count);
        }
    }

 private:
    bool has_sign_;
    float* direct_ = nullptr;
    uint8_t* codes_ = nullptr;
    float* scales_ = nullptr;
};

/// A parameter as f32: in place, from its master, put together with its remainder, or widened.
class Param {
 public:
    Param(const optirs_optimizer_tensors& tensors, int64_t tensor)
        : type_(elementOf(tensors.params[tensor].dtype)), data_(dataOf<char>(tensors.params[tensor])) {
        if (tensors.masters != nullptr) {
            master_ = dataOf<float>(tensors.masters[tensor]);
        } else if (tensors.remainders != nullptr) {
            remainder_ = dataOf<int16_t>(tensors.remainders[tensor]);
        }
    }

    bool isDirect() const { return type_ == Element::kF32; }

    float* read(int64_t begin, int64_t count, float* staging) const {
        if (master_ != nullptr) {
            return master_ + begin;
        }
        if (type_ == Element::kF32) {
            return reinterpret_cast<float*>(data_) + begin;
        }
        if (remainder_ != nullptr) {
            joinMasters(reinterpret_cast<BF16*>(data_) + begin, remainder_ + begin, staging, count);
        } else {
            convert(type_, at(begin), 1.0F, Element::kF32, staging, count);
        }
        return staging;
    }

    void write(int64_t begin, int64_t count, const float* value) const {
        if (remainder_ != nullptr) {
            splitMasters(value, reinterpret_cast<BF16*>(data_) + begin, remainder_ + begin, count);
        } else if (type_ != Element::kF32) {
            convert(Element::kF32, value, 1.0F, type_, at(begin), count);
        }
    }

 private:
    char* at(int64_t begin) const { return data_ + begin * byteSize(type_); }

    Element type_;
    char* data_;
    float* master_ = nullptr;
    int16_t* remainder_ = nullptr;
};

/// Everything of one index of the lists.
class Operands {
 public:
    Operands(const optirs_optimizer_tensors& tensors, const StepForm& form, int64_t tensor)
        : param_(tensors, tensor),
          state1_(tensors.state1, tensors.scales1, tensor, form.state1_has_sign),
          state2_(tensors.state2, tensors.scales2, tensor, false),
          form_(form) {
        if (tensors.grads != nullptr && form.uses_grads) {
            grad_type_ = elementOf(tensors.grads[tensor].dtype);
            grad_ = dataOf<char>(tensors.grads[tensor]);
            grad_scale_ = scalarOf(tensors.grad_scale, 0, 1.0F);
            zero_grads_ = tensors.zero_grads != 0;
        }
        if (tensors.casts != nullptr && form.writes_params) {
            cast_type_ = elementOf(tensors.casts[tensor].dtype);
            cast_ = dataOf<char>(tensors.casts[tensor]);
            cast_scale_ = scalarOf(tensors.cast_scale, tensor, 1.0F);
        }
        if (tensors.cast_amax != nullptr && form.writes_params) {
            amax_ = dataOf<float>(*tensors.cast_amax) + tensor;
        }
    }

    int64_t blockLength() const {
        const bool is_direct = param_.isDirect() && state1_.isDirect() && state2_.isDirect() &&
                               isGradDirect() && !zero_grads_ && cast_ == nullptr && amax_ == nullptr;
        return is_direct ? kDirectBlock : kBlock;
    }

    template <class Rule>
    void run(int64_t begin, int64_t count, Staging& staging, const Rule& rule) const {
        float* param = param_.read(begin, count, staging.param);
        const float* grad = readGrad(begin, count, staging.grad);
        float* state1 = state1_.read(begin, count, staging.state1);
        float* state2 = state2_.read(begin, count, staging.state2);
        rule(RuleBlock{param, grad, state1, state2, count});
        if (form_.writes_states) {
            state1_.write(begin, count, state1);
            state2_.write(begin, count, state2);
        }
        if (zero_grads_) {
            std::memset(gradAt(begin), 0, static_cast<size_t>(count * byteSize(grad_type_)));
        }
        if (form_.writes_params) {
            param_.write(begin, count, param);
            castParam(begin, count, param);
        }
    }

 private:
    bool isGradDirect() const { return grad_type_ == Element::kF32 && grad_scale_ == 1.0F; }

    char* gradAt(int64_t begin) const { return grad_ + begin * byteSize(grad_type_); }

    const float* readGrad(int64_t begin, int64_t count, float* staging) const {
        if (grad_ == nullptr) {
            return nullptr;
        }
        if (isGradDirect()) {
            return reinterpret_cast<const float*>(gradAt(begin));
        }
        convert(grad_type_, gradAt(begin), grad_scale_, Element::kF32, staging, count);
        return staging;
    }

    void castParam(int64_t begin, int64_t count, const float* param) const {
        if (cast_ != nullptr) {
            const uint32_t largest =
                convert(Element::kF32, param, cast_scale_, cast_type_, cast_ + begin, count);
            if (amax_ != nullptr) {
                raiseTo(amax_, largest);
            }
        } else if (amax_ != nullptr) {
            raiseTo(amax_, maxMagnitude(Element::kF32, param, count));
        }
    }

    Param param_;
    State state1_;
    State state2_;
    const StepForm& form_;
    Element grad_type_ = Element::kF32;
    char* grad_ = nullptr;
    float grad_scale_ = 1.0F;
    bool zero_grads_ = false;
    Element cast_type_ = Element::kE4M3;
    char* cast_ = nullptr;
    float cast_scale_ = 1.0F;
    float* amax_ = nullptr;
};

}  // namespace

Chunks::Chunks(const optirs_dl_tensor* tensors, int64_t count)
    : tensors_(tensors), first_([]() -> std::vector<int64_t>& {
          thread_local std::vector<int64_t> first;
          return first;
      }()) {
    first_.resize(static_cast<size_t>(count) + 1);
    first_[0] = 0;
    for (int64_t i = 0; i < count; ++i) {
        const auto k = static_cast<size_t>(i);
        first_[k + 1] = first_[k] + (elementCount(tensors[i]) + kChunk - 1) / kChunk;
    }
}

void Chunks::forEach(ThreadPool& pool, FunctionRef<void(int64_t, int64_t, int64_t, int64_t)> body) const {
    pool.parallelFor(count(), 1, [&](int64_t begin, int64_t end) {
        auto tensor = std::ranges::upper_bound(first_, begin) - first_.begin() - 1;
        for (int64_t chunk = begin; chunk < end; ++chunk) {
            while (first_[static_cast<size_t>(tensor) + 1] <= chunk) {
                ++tensor;
            }
            const int64_t from = (chunk - first_[static_cast<size_t>(tensor)]) * kChunk;
            body(chunk, tensor, from, std::min(kChunk, elementCount(tensors_[tensor]) - from));
        }
    });
}

double* Chunks::numbers(int slot, int64_t size) {
    thread_local std::vector<double> numbers[3];
    numbers[slot].assign(static_cast<size_t>(size), 0.0);
    return numbers[slot].data();
}

bool isSkipped(const optirs_optimizer_tensors& tensors) { return scalarOf(tensors.skip, 0, 0.0F) != 0.0F; }

void forBlocks(const optirs_optimizer_tensors& tensors, const StepForm& form, const Chunks& chunks,
               ThreadPool& pool, FunctionRef<void(int64_t, int64_t, const RuleBlock&)> rule) {
    if (tensors.cast_amax != nullptr && form.writes_params) {
        std::fill_n(dataOf<float>(*tensors.cast_amax), tensors.count, 0.0F);
    }
    chunks.forEach(pool, [&](int64_t chunk, int64_t tensor, int64_t begin, int64_t count) {
        Staging staging;
        const Operands operands(tensors, form, tensor);
        const int64_t length = operands.blockLength();
        for (int64_t done = 0; done < count; done += length) {
            operands.run(begin + done, std::min(length, count - done), staging,
                         [&](const RuleBlock& block) { rule(chunk, tensor, block); });
        }
    });
}

}  // namespace optirs::cpu
