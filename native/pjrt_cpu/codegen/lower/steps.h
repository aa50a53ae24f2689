/// @file
/// The steps that compiled programs consist of beside the runtime's library calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_cpu/runtime/step.h"

namespace optirs::plugin {

using Steps = std::vector<std::unique_ptr<Step>>;

/// Runs a compiled loop, in pieces on the pool when there is enough to do.
class KernelStep final : public Step {
 public:
    /// `cost`: of one round of the loop, in simple operations. `written`: those of the operands that it
    /// writes.
    KernelStep(std::vector<int32_t> operands, std::vector<int32_t> written, int64_t extent, double cost,
               std::string description);
    /// The function is known only after all kernels of the program are compiled.
    void setFunction(KernelFunction function) { function_ = function; }
    void run(const Frame& frame) const override;
    /// Rounds [begin, end) of the loop, on the calling thread.
    void runRange(const Frame& frame, int64_t begin, int64_t end) const;
    std::string describe() const override { return description_; }

    const std::vector<int32_t>& operands() const { return operands_; }
    const std::vector<int32_t>& written() const { return written_; }
    int64_t extent() const { return extent_; }
    /// Rounds of a piece that is worth handing to another thread.
    int64_t grain() const { return grain_; }

 private:
    /// Calls `body` with the operands' addresses.
    template <class Body>
    void withPointers(const Frame& frame, const Body& body) const;

    std::vector<int32_t> operands_, written_;
    int64_t extent_;
    int64_t grain_;
    KernelFunction function_ = nullptr;
    std::string description_;
};

/// Copies bytes from one allocation to another.
class CopyStep final : public Step {
 public:
    CopyStep(int32_t from, int32_t to, int64_t bytes) : from_(from), to_(to), bytes_(bytes) {}
    void run(const Frame& frame) const override;
    std::string describe() const override;

 private:
    int32_t from_;
    int32_t to_;
    int64_t bytes_;
};

/// condition; while (predicate) { body; condition }
class WhileStep final : public Step {
 public:
    WhileStep(Steps condition, int32_t predicate, Steps body);
    void run(const Frame& frame) const override;
    std::string describe() const override;
    Steps& condition() { return condition_; }
    Steps& body() { return body_; }

 private:
    Steps condition_;
    int32_t predicate_;
    Steps body_;
};

/// Runs one of several lists of steps. A boolean selector takes branch 0 when true; an integer out of range
/// the last one.
class CaseStep final : public Step {
 public:
    CaseStep(int32_t selector, bool is_boolean, std::vector<Steps> branches);
    void run(const Frame& frame) const override;
    std::string describe() const override;
    std::vector<Steps>& branches() { return branches_; }

 private:
    int32_t selector_;
    bool is_boolean_;
    std::vector<Steps> branches_;
};

/// A step that needs compiled code to be made.
class DeferredStep final : public Step {
 public:
    void set(std::unique_ptr<Step> step) { step_ = std::move(step); }
    void run(const Frame& frame) const override { step_->run(frame); }
    std::string describe() const override { return step_->describe(); }

 private:
    std::unique_ptr<Step> step_;
};

/// Writes the replica's or partition's number (u32).
class DeviceNumberStep final : public Step {
 public:
    DeviceNumberStep(int32_t to, bool replica) : to_(to), replica_(replica) {}
    void run(const Frame& frame) const override;
    std::string describe() const override { return replica_ ? "replica_id" : "partition_id"; }

 private:
    int32_t to_;
    bool replica_;
};

}  // namespace optirs::plugin
