#include "pjrt_cpu/codegen/lower/steps.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "src/cpu/thread_pool.h"

namespace optirs::plugin {
namespace {

std::string list(const std::vector<int32_t>& operands) {
    std::string text;
    for (const int32_t operand : operands)
        text += (text.empty() ? "" : ", ") + std::string("@") + std::to_string(operand);
    return text;
}

std::string indented(const Steps& steps) {
    std::string text;
    for (const auto& step : steps) {
        text += "\n    ";
        for (const char c : step->describe()) {
            text += c;
            if (c == '\n') text += "    ";
        }
    }
    return text;
}

/// Work of a piece that is worth handing to another thread, in simple operations: some twenty microseconds.
constexpr double kPiece = 65536;

}  // namespace

KernelStep::KernelStep(std::vector<int32_t> operands, std::vector<int32_t> written, int64_t extent,
                       double cost, std::string description)
    : operands_(std::move(operands)),
      written_(std::move(written)),
      extent_(extent),
      description_(std::move(description)) {
    grain_ = std::max<int64_t>(1, static_cast<int64_t>(kPiece / std::max(cost, 1e-3)));
    // Pieces of whole cache lines, where a step is an element.
    if (grain_ > 64) grain_ = (grain_ + 63) / 64 * 64;
    description_ +=
        " (" + list(operands_) + ") x " + std::to_string(extent_) + " / " + std::to_string(grain_);
}

template <class Body>
void KernelStep::withPointers(const Frame& frame, const Body& body) const {
    constexpr size_t kFew = 32;
    std::array<std::byte*, kFew> few;
    std::vector<std::byte*> many;
    std::byte** pointers = few.data();
    if (operands_.size() > kFew) {
        many.resize(operands_.size());
        pointers = many.data();
    }
    for (size_t i = 0; i < operands_.size(); ++i) pointers[i] = frame.buffers[operands_[i]];
    body(pointers);
}

void KernelStep::run(const Frame& frame) const {
    withPointers(frame, [&](std::byte** pointers) {
        if (extent_ <= grain_) {
            function_(pointers, 0, extent_);
            return;
        }
        frame.pool.parallelFor(extent_, grain_,
                               [&](int64_t begin, int64_t end) { function_(pointers, begin, end); });
    });
}

void KernelStep::runRange(const Frame& frame, int64_t begin, int64_t end) const {
    withPointers(frame, [&](std::byte** pointers) { function_(pointers, begin, end); });
}

void CopyStep::run(const Frame& frame) const {
    std::byte* to = frame.buffers[to_];
    const std::byte* from = frame.buffers[from_];
    if (to == from) return;
    constexpr int64_t kGrain = int64_t{1} << 18;
    if (bytes_ <= kGrain) {
        std::memcpy(to, from, static_cast<size_t>(bytes_));
        return;
    }
    frame.pool.parallelFor(bytes_, kGrain, [&](int64_t begin, int64_t end) {
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
    });
}

std::string CopyStep::describe() const {
    return "copy @" + std::to_string(from_) + " -> @" + std::to_string(to_) + ", " + std::to_string(bytes_) +
           " bytes";
}

WhileStep::WhileStep(Steps condition, int32_t predicate, Steps body)
    : condition_(std::move(condition)), predicate_(predicate), body_(std::move(body)) {}

void WhileStep::run(const Frame& frame) const {
    for (;;) {
        for (const auto& step : condition_) step->run(frame);
        if (*frame.buffers[predicate_] == std::byte{0}) return;
        for (const auto& step : body_) step->run(frame);
    }
}

std::string WhileStep::describe() const {
    return "while @" + std::to_string(predicate_) + indented(condition_) + "\n  do" + indented(body_);
}

CaseStep::CaseStep(int32_t selector, bool is_boolean, std::vector<Steps> branches)
    : selector_(selector), is_boolean_(is_boolean), branches_(std::move(branches)) {}

void CaseStep::run(const Frame& frame) const {
    size_t branch = branches_.size() - 1;
    const std::byte* selector = frame.buffers[selector_];
    if (is_boolean_) {
        branch = *selector != std::byte{0} ? 0 : 1;
    } else {
        int32_t number = 0;
        std::memcpy(&number, selector, sizeof number);
        if (number >= 0 && static_cast<size_t>(number) < branches_.size())
            branch = static_cast<size_t>(number);
    }
    for (const auto& step : branches_[branch]) step->run(frame);
}

std::string CaseStep::describe() const {
    std::string text = "case @" + std::to_string(selector_);
    for (const Steps& branch : branches_) text += "\n  branch" + indented(branch);
    return text;
}

void DeviceNumberStep::run(const Frame& frame) const {
    const auto number =
        static_cast<uint32_t>(replica_ ? frame.context.replica_id : frame.context.partition_id);
    std::memcpy(frame.buffers[to_], &number, sizeof number);
}

}  // namespace optirs::plugin
