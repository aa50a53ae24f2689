#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pjrt_cpu/codegen/compiler.h"
#include "pjrt_cpu/runtime/executor.h"

namespace optirs::plugin::testing {

/// 64-byte aligned bytes; copies share them.
class Bytes {
 public:
    explicit Bytes(size_t size);
    template <typename T>
    static Bytes of(const std::vector<T>& values) {
        Bytes result(values.size() * sizeof(T));
        if (!values.empty()) std::memcpy(result.data(), values.data(), values.size() * sizeof(T));
        return result;
    }
    std::byte* data() const { return data_.get(); }
    size_t size() const { return size_; }
    template <typename T>
    std::vector<T> as() const {
        std::vector<T> result(size_ / sizeof(T));
        if (!result.empty()) std::memcpy(result.data(), data(), size_);
        return result;
    }

 private:
    std::shared_ptr<std::byte> data_;
    size_t size_;
};

/// What is there of an output: its dimensions and its elements.
struct Sized {
    std::vector<int64_t> dims;
    Bytes data;
};
/// Of a program of which results have dimensions whose size it computes.
std::vector<Sized> runSized(const Program& program, const std::vector<Bytes>& arguments, int threads = 2);

/// What happens to arguments whose memory a program may use for its outputs.
enum class Donation : uint8_t { kGiven, kKept };
/// Runs a program on one device of those in the context.
std::vector<Bytes> runOn(const Program& program, const std::vector<Bytes>& arguments, ThreadPool& pool,
                         const RunContext& context, Donation donation = Donation::kGiven);

/// Runs a compiled program; outputs take the memory of donated arguments, as a client's would.
std::vector<Bytes> run(const Program& program, const std::vector<Bytes>& arguments, int threads = 2);
std::vector<Bytes> run(std::string_view text, const std::vector<Bytes>& arguments, int threads = 2);

/// Numbers in [-1, 1), the same for the same seed.
std::vector<float> numbers(size_t count, uint32_t seed);

/// The only output, as floats.
std::vector<float> runFloats(std::string_view text, const std::vector<std::vector<float>>& arguments);

/// LLVM's IR of all kernels, as it was compiled.
std::string optimisedIr(std::string_view text);

}  // namespace optirs::plugin::testing
