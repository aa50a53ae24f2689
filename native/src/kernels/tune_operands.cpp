#include "src/kernels/tune_operands.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "src/core/device/device.h"
#include "src/core/dtype.h"
#include "src/core/text.h"
#include "src/kernels/operand.h"

namespace optirs::kernels {

using core::Code;
using core::concat;
using core::Error;

namespace {

constexpr uint64_t kAlignment = 256;
constexpr uint64_t kMostSets = 16;
constexpr uint64_t kMostBytes = uint64_t{1} << 50;  // of a tensor

/// Bits of 1/2, and those that may be any: sign and mantissa.
struct RandomBits {
    uint32_t base;
    uint32_t free;
};

RandomBits randomBitsOf(optirs_dl_data_type type) {
    switch (typeKey(type)) {
        case kF32:
            return {0x3f000000, 0x807fffff};
        case kBF16:
            return {0x3f00, 0x807f};
        case kF16:
            return {0x3800, 0x83ff};
        case kE4M3:
            return {0x30, 0x87};
        case kE5M2:
            return {0x38, 0x83};
        default:
            throw Error(Code::kInvalidArgument,
                        concat("cannot measure ", core::findDType(core::fromDlpack(type))->name,
                               ": f32, bf16, f16, f8E4M3FN or f8E5M2 are expected"));
    }
}

void fillRandomly(std::byte* bytes, uint64_t count, optirs_dl_data_type type) {
    const RandomBits bits = randomBitsOf(type);
    const size_t size = type.bits / 8;
    std::mt19937 random(1);
    for (uint64_t at = 0; at < count; at += size) {
        const uint32_t number = bits.base | (static_cast<uint32_t>(random()) & bits.free);
        std::memcpy(bytes + at, &number, size);  // little-endian
    }
}

}  // namespace

void TuneOperands::add(const char* name, optirs_dtype type, std::vector<int64_t> shape) {
    const auto dl_type = core::toDlpack(type);
    if (!dl_type) {
        throw Error(Code::kInvalidArgument, concat(name, " has the type ", type, ", which no tensor has"));
    }
    randomBitsOf(*dl_type);
    uint64_t bytes = dl_type->bits / 8;
    for (const int64_t extent : shape) {
        if (extent <= 0 || bytes > kMostBytes / static_cast<uint64_t>(extent)) {
            throw Error(Code::kInvalidArgument, concat(name, " has an extent of ", extent,
                                                       "; what is measured has elements, and fits memory"));
        }
        bytes *= static_cast<uint64_t>(extent);
    }
    operands_.push_back({name, *dl_type, std::move(shape), bytes, set_bytes_});
    set_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

void TuneOperands::make(optirs_stream& stream) {
    const uint64_t cache = stream.device().info.l2_bytes;
    sets_ = static_cast<size_t>(std::clamp<uint64_t>(2 * cache / set_bytes_ + 1, 2, kMostSets));
    memory_ = core::makeObject<optirs_device_memory>(stream, set_bytes_ * sets_, "tuning");
    std::vector<std::byte> host(set_bytes_);
    for (const Operand& operand : operands_) {
        fillRandomly(host.data() + operand.offset, operand.bytes, operand.type);
    }
    for (size_t set = 0; set < sets_; ++set) {
        core::writeMemory(*memory_, set * set_bytes_, host.data(), set_bytes_, stream);
        for (Operand& operand : operands_) {
            tensors_.push_back({.data = memory_->data() + set * set_bytes_ + operand.offset,
                                .device = {OPTIRS_DL_CUDA, stream.device().calls.index()},
                                .ndim = static_cast<int32_t>(operand.shape.size()),
                                .dtype = operand.type,
                                .shape = operand.shape.data(),
                                .strides = nullptr,
                                .byte_offset = 0});
        }
    }
    stream.wait();  // the host's bytes go
}

const optirs_dl_tensor* TuneOperands::tensor(size_t set, const char* name) const {
    const auto found = std::ranges::find(operands_, std::string_view(name), [](const Operand& operand) {
        return std::string_view(operand.name);
    });
    return found == operands_.end()
               ? nullptr
               : &tensors_[set * operands_.size() + static_cast<size_t>(found - operands_.begin())];
}

}  // namespace optirs::kernels
