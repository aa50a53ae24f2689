#include "src/cpu/state8.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/state8.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "src/cpu/convert-inl.h"

#ifndef OPTIRS_CPU_STATE8_TABLES
#define OPTIRS_CPU_STATE8_TABLES
namespace optirs::cpu {

// Magnitudes below the first bucket have the code of 0: half of the smallest value is above it.
inline constexpr uint32_t kFirstBucket = 0x3400;  // upper halves of the bits of 2^-23 ...
inline constexpr uint32_t kLastBucket = 0x3F80;   // ... and of 1

/// A map, and how to find the nearest value of a magnitude: the upper half of its bits chooses a bucket, in
/// which at most one boundary between neighbours lies.
struct StateTables {
    std::array<float, 256> values;                              // of the codes, ascending
    std::array<int32_t, kLastBucket - kFirstBucket + 1> ranks;  // of the smallest number in a bucket
    std::array<float, 129> signed_bounds;                       // above which rank + 1 is nearer
    std::array<float, 257> bounds;
    int32_t zero;  // code of 0
    bool has_sign;

    const float* bound() const { return has_sign ? signed_bounds.data() : bounds.data(); }
};

const StateTables& stateTables(bool has_sign);

}  // namespace optirs::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using Vec = hn::Vec<F32>;
using I32 = hn::RebindToSigned<F32>;
using Codes = hn::Rebind<uint8_t, F32>;

void decodeStateHere(const uint8_t* codes, const float* scales, bool has_sign, float* to, int64_t count) {
    const F32 d;
    const float* values = stateTables(has_sign).values.data();
    for (int64_t begin = 0; begin < count; begin += kStateBlock) {
        const float scale = scales[begin / kStateBlock];
        const Vec factor = hn::Set(d, scale);
        const auto decode = [&](const uint8_t* from) HWY_ATTR {
            const auto index = hn::BitCast(I32(), hn::PromoteTo(Words<F32>(), hn::LoadU(Codes(), from)));
            return hn::Mul(hn::GatherIndex(d, values, index), factor);
        };
        forVectors(
            d, std::min(kStateBlock, count - begin),
            [&](int64_t i) HWY_ATTR { hn::StoreU(decode(codes + begin + i), d, to + begin + i); },
            [&](int64_t i, size_t rest) HWY_ATTR {
                HWY_ALIGN uint8_t lanes[hn::MaxLanes(F32())] = {};
                std::memcpy(lanes, codes + begin + i, rest);
                storeSome(decode(lanes), d, to + begin + i, rest);
            });
    }
}

/// Codes of numbers from -1 to 1.
HWY_INLINE hn::Vec<I32> codesOf(const StateTables& tables, Vec value) {
    const F32 d;
    const I32 integers;
    const Vec magnitude = hn::Abs(value);
    const auto bucket = hn::ShiftRight<16>(hn::BitCast(integers, magnitude));
    const auto inside = hn::Min(hn::Max(bucket, hn::Set(integers, int32_t{kFirstBucket})),
                                hn::Set(integers, int32_t{kLastBucket}));
    const auto rank = hn::GatherIndex(integers, tables.ranks.data(),
                                      hn::Sub(inside, hn::Set(integers, int32_t{kFirstBucket})));
    const auto above = hn::Gt(magnitude, hn::GatherIndex(d, tables.bound(), rank));
    const auto exact =
        hn::Add(rank, hn::IfThenElseZero(hn::RebindMask(integers, above), hn::Set(integers, 1)));
    const auto zero = hn::Set(integers, tables.zero);
    if (!tables.has_sign) {
        return exact;
    }
    // There is no -1: the largest negative value is one rank lower.
    const auto negative = hn::Sub(zero, hn::Min(exact, zero));
    const auto is_negative = hn::RebindMask(integers, hn::Lt(value, hn::Zero(d)));
    return hn::IfThenElse(is_negative, negative, hn::Add(zero, exact));
}

void encodeStateHere(const float* from, bool has_sign, uint8_t* codes, float* scales, int64_t count) {
    const F32 d;
    const StateTables& tables = stateTables(has_sign);
    for (int64_t begin = 0; begin < count; begin += kStateBlock) {
        const int64_t length = std::min(kStateBlock, count - begin);
        Vec largest = hn::Zero(d);
        forVectors(
            d, length,
            [&](int64_t i) HWY_ATTR { largest = hn::Max(largest, hn::Abs(hn::LoadU(d, from + begin + i))); },
            [&](int64_t i, size_t rest)
                HWY_ATTR { largest = hn::Max(largest, hn::Abs(loadSome(d, from + begin + i, rest))); });
        const float scale = hn::GetLane(hn::MaxOfLanes(d, largest));
        scales[begin / kStateBlock] = scale;
        const Vec divisor = hn::Set(d, scale > 0 ? scale : 1.0F);
        forVectors(
            d, length,
            [&](int64_t i) HWY_ATTR {
                const Vec value = hn::Div(hn::LoadU(d, from + begin + i), divisor);
                hn::StoreU(hn::DemoteTo(Codes(), codesOf(tables, value)), Codes(), codes + begin + i);
            },
            [&](int64_t i, size_t rest) HWY_ATTR {
                HWY_ALIGN uint8_t lanes[hn::MaxLanes(F32())];
                const Vec value = hn::Div(loadSome(d, from + begin + i, rest), divisor);
                hn::StoreU(hn::DemoteTo(Codes(), codesOf(tables, value)), Codes(), lanes);
                std::memcpy(codes + begin + i, lanes, rest);
            });
    }
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {
namespace {

/// Positive values of a map: for each power of ten from -6 to 0 the midpoints of a division of [0.1, 1] into
/// 1, 2, 4, ... parts (twice as many without a sign), and 1.
std::array<double, 256> positiveValues(bool has_sign, int& count) {
    std::array<double, 256> values{};
    count = 0;
    for (int decade = 0; decade < 7; ++decade) {
        const int parts = (has_sign ? 1 : 2) << decade;
        for (int k = 0; k < parts; ++k) {
            values[static_cast<size_t>(count++)] =
                (0.1 + 0.9 * (k + 0.5) / parts) * std::pow(10.0, decade - 6);
        }
    }
    values[static_cast<size_t>(count++)] = 1;
    return values;
}

StateTables makeTables(bool has_sign) {
    StateTables tables{};
    int count = 0;
    const std::array<double, 256> positive = positiveValues(has_sign, count);
    tables.has_sign = has_sign;
    tables.zero = has_sign ? count - 1 : 0;  // 1 has no negative
    for (int rank = 0; rank < count; ++rank) {
        const auto value = static_cast<float>(positive[static_cast<size_t>(rank)]);
        tables.values[static_cast<size_t>(tables.zero) + static_cast<size_t>(rank) + 1] = value;
        if (has_sign && rank + 1 < count) {
            tables.values[static_cast<size_t>(tables.zero - 1 - rank)] = -value;
        }
    }
    float* bounds = has_sign ? tables.signed_bounds.data() : tables.bounds.data();
    for (int rank = 0; rank < count; ++rank) {
        const float* at = tables.values.data() + tables.zero + rank;
        bounds[rank] = at[0] + (at[1] - at[0]) / 2;
    }
    bounds[count] = 2;  // nothing is beyond the last
    for (uint32_t bucket = kFirstBucket; bucket <= kLastBucket; ++bucket) {
        const uint32_t bits = bucket << 16;
        float smallest = 0;
        std::memcpy(&smallest, &bits, sizeof(smallest));
        if (bucket == kFirstBucket) {
            smallest = 0;
        }
        const auto rank = std::lower_bound(bounds, bounds + count, smallest) - bounds;
        tables.ranks[bucket - kFirstBucket] = static_cast<int32_t>(rank);
    }
    return tables;
}

HWY_EXPORT(decodeStateHere);
HWY_EXPORT(encodeStateHere);

}  // namespace

const StateTables& stateTables(bool has_sign) {
    static const StateTables with_sign = makeTables(true);
    static const StateTables without_sign = makeTables(false);
    return has_sign ? with_sign : without_sign;
}

void decodeState(const uint8_t* codes, const float* scales, bool has_sign, float* to, int64_t count) {
    HWY_DYNAMIC_DISPATCH(decodeStateHere)(codes, scales, has_sign, to, count);
}

void encodeState(const float* from, bool has_sign, uint8_t* codes, float* scales, int64_t count) {
    HWY_DYNAMIC_DISPATCH(encodeStateHere)(from, has_sign, codes, scales, count);
}

const float* stateMap(bool has_sign) { return stateTables(has_sign).values.data(); }

}  // namespace optirs::cpu
#endif
