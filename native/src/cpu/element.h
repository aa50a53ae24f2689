// Element types of tensors, as C++ types that hold their bits.
#pragma once

#include <optirs/dlpack.h>

#include <cstdint>

namespace optirs::cpu {

struct BF16 {
    uint16_t bits;
};

struct F16 {
    static constexpr int kMantissaBits = 10;
    static constexpr int kBias = 15;
    static constexpr float kInfinite = 65536.0F;
    uint16_t bits;
};

/// OPTIRS_DTYPE_F8E4M3FN
struct E4M3 {
    static constexpr int kMantissaBits = 3;
    static constexpr int kBias = 7;
    static constexpr float kMax = 448.0F;
    static constexpr uint8_t kMaxCode = 0x7E;
    static constexpr bool kHasInfinity = false;
    static constexpr float kDecodeScale = 1.329227995784916e+36F;  // 2^(127-7)
    uint8_t bits;
};

/// OPTIRS_DTYPE_F8E5M2
struct E5M2 {
    static constexpr int kMantissaBits = 2;
    static constexpr int kBias = 15;
    static constexpr float kMax = 57344.0F;
    static constexpr uint8_t kMaxCode = 0x7B;
    static constexpr bool kHasInfinity = true;
    static constexpr float kDecodeScale = 5.192296858534828e+33F;  // 2^(127-15)
    uint8_t bits;
};

enum class Element : uint8_t { kF32, kBF16, kF16, kE4M3, kE5M2, kOther };

inline Element elementOf(optirs_dl_data_type type) noexcept {
    switch (type.code << 8 | type.bits) {
        case OPTIRS_DL_FLOAT << 8 | 32:
            return Element::kF32;
        case OPTIRS_DL_BFLOAT << 8 | 16:
            return Element::kBF16;
        case OPTIRS_DL_FLOAT << 8 | 16:
            return Element::kF16;
        case OPTIRS_DL_F8E4M3FN << 8 | 8:
            return Element::kE4M3;
        case OPTIRS_DL_F8E5M2 << 8 | 8:
            return Element::kE5M2;
        default:
            return Element::kOther;
    }
}

inline int64_t byteSize(Element element) noexcept {
    switch (element) {
        case Element::kF32:
            return 4;
        case Element::kBF16:
        case Element::kF16:
            return 2;
        default:
            return 1;
    }
}

/// Calls body(pointer of the element's type); `T` tells const from not.
template <class Body>
decltype(auto) visitElement(Element element, const void* data, Body&& body) {
    switch (element) {
        case Element::kBF16:
            return body(static_cast<const BF16*>(data));
        case Element::kF16:
            return body(static_cast<const F16*>(data));
        case Element::kE4M3:
            return body(static_cast<const E4M3*>(data));
        case Element::kE5M2:
            return body(static_cast<const E5M2*>(data));
        default:
            return body(static_cast<const float*>(data));
    }
}

template <class Body>
decltype(auto) visitElement(Element element, void* data, Body&& body) {
    switch (element) {
        case Element::kBF16:
            return body(static_cast<BF16*>(data));
        case Element::kF16:
            return body(static_cast<F16*>(data));
        case Element::kE4M3:
            return body(static_cast<E4M3*>(data));
        case Element::kE5M2:
            return body(static_cast<E5M2*>(data));
        default:
            return body(static_cast<float*>(data));
    }
}

/// The same for the types of 16 bits and more.
template <class Body>
decltype(auto) visitFloat(Element element, const void* data, Body&& body) {
    switch (element) {
        case Element::kBF16:
            return body(static_cast<const BF16*>(data));
        case Element::kF16:
            return body(static_cast<const F16*>(data));
        default:
            return body(static_cast<const float*>(data));
    }
}

}  // namespace optirs::cpu
