#include "src/cpu/norm_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/cpu/norm_rows.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each target
// After foreach_target.h:
#include <hwy/highway.h>

#include <cmath>

#include "src/cpu/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace optirs::cpu::HWY_NAMESPACE {
namespace {

template <class T>
RowStatistics statisticsOfRow(const T* x, int64_t n, float epsilon, bool centers) {
    const F32 d;
    const auto length = static_cast<float>(n);
    float sum = 0;
    float unused = 0;
    if (centers) {
        sumPairs<T>(n, [&](auto part, Vec& a, Vec&) HWY_ATTR { a = hn::Add(a, part.get(x)); }, sum, unused);
    }
    RowStatistics statistics;
    statistics.mean = sum / length;
    const Vec mean = hn::Set(d, statistics.mean);
    float squares = 0;
    sumPairs<T>(
        n,
        [&](auto part, Vec& a, Vec&) HWY_ATTR {
            const Vec deviation = part.orElse(hn::Sub(part.get(x), mean), hn::Zero(d));
            a = hn::MulAdd(deviation, deviation, a);
        },
        squares, unused);
    statistics.rstd = 1.0F / std::sqrt(squares / length + epsilon);
    return statistics;
}

RowStatistics statisticsOfHere(Element type, const void* x, int64_t n, float epsilon, bool centers) {
    return visitFloat(type, x, [&](const auto* from) { return statisticsOfRow(from, n, epsilon, centers); });
}

template <class T>
void normalizeRowOf(const T* x, RowStatistics statistics, const float* gamma, const float* beta, int64_t n,
                    T* out) {
    const F32 d;
    const Vec mean = hn::Set(d, statistics.mean);
    const Vec rstd = hn::Set(d, statistics.rstd);
    mapParts<T>(
        n, out,
        [&](auto part) HWY_ATTR {
            Vec value = hn::Mul(hn::Sub(part.get(x), mean), rstd);
            if (gamma != nullptr) {
                value = hn::Mul(value, part.get(gamma));
            }
            if (beta != nullptr) {
                value = hn::Add(value, part.get(beta));
            }
            return value;
        },
        x + n);
}

void normalizeRowHere(Element type, const void* x, RowStatistics statistics, const float* gamma,
                      const float* beta, int64_t n, void* out) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        normalizeRowOf(from, statistics, gamma, beta, n, static_cast<T*>(out));
    });
}

template <class T>
void normalizeRowBackwardOf(const T* x, const T* dout, RowStatistics statistics, const float* gamma,
                            int64_t n, bool centers, T* dx, float* dgamma, float* dbeta) {
    const F32 d;
    const Vec mean = hn::Set(d, statistics.mean);
    const Vec rstd = hn::Set(d, statistics.rstd);
    float slope = 0;      // sum of gamma dout
    float curvature = 0;  // sum of gamma dout (x - mean) rstd
    sumPairs<T>(
        n,
        [&](auto part, Vec& a, Vec& b) HWY_ATTR {
            const Vec normal = hn::Mul(hn::Sub(part.get(x), mean), rstd);
            const Vec change = part.get(dout);
            const Vec scaled = gamma != nullptr ? hn::Mul(change, part.get(gamma)) : change;
            a = hn::Add(a, scaled);
            b = hn::MulAdd(scaled, normal, b);  // behind the end scaled is 0
            if (dgamma != nullptr) {
                part.put(hn::MulAdd(change, normal, part.get(dgamma)), dgamma);
            }
            if (dbeta != nullptr) {
                part.put(hn::Add(change, part.get(dbeta)), dbeta);
            }
        },
        slope, curvature);
    const Vec shift = hn::Set(d, centers ? slope / static_cast<float>(n) : 0.0F);
    const Vec tilt = hn::Set(d, curvature / static_cast<float>(n));
    mapParts<T>(
        n, dx,
        [&](auto part) HWY_ATTR {
            const Vec normal = hn::Mul(hn::Sub(part.get(x), mean), rstd);
            const Vec change = part.get(dout);
            const Vec scaled = gamma != nullptr ? hn::Mul(change, part.get(gamma)) : change;
            return hn::Mul(rstd, hn::NegMulAdd(normal, tilt, hn::Sub(scaled, shift)));
        },
        x + n, dout + n);
}

void normalizeRowBackwardHere(Element type, const void* x, const void* dout, RowStatistics statistics,
                              const float* gamma, int64_t n, bool centers, void* dx, float* dgamma,
                              float* dbeta) {
    visitFloat(type, x, [&]<class T>(const T* from) {
        normalizeRowBackwardOf(from, static_cast<const T*>(dout), statistics, gamma, n, centers,
                               static_cast<T*>(dx), dgamma, dbeta);
    });
}

void arrangeRowHere(Element type, const float* row, int64_t n, float* arranged) {
    visitFloat(type, row, [&]<class T>(const T*) { arrange<T>(row, n, arranged); });
}

void restoreRowHere(Element type, const float* arranged, int64_t n, float* row) {
    visitFloat(type, arranged, [&]<class T>(const T*) { restore<T>(arranged, n, row); });
}

}  // namespace
}  // namespace optirs::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace optirs::cpu {

HWY_EXPORT(statisticsOfHere);
HWY_EXPORT(normalizeRowHere);
HWY_EXPORT(normalizeRowBackwardHere);
HWY_EXPORT(arrangeRowHere);
HWY_EXPORT(restoreRowHere);

RowStatistics statisticsOf(Element type, const void* x, int64_t n, float epsilon, bool centers) {
    return HWY_DYNAMIC_DISPATCH(statisticsOfHere)(type, x, n, epsilon, centers);
}

void normalizeRow(Element type, const void* x, RowStatistics statistics, const float* gamma,
                  const float* beta, int64_t n, void* out) {
    HWY_DYNAMIC_DISPATCH(normalizeRowHere)(type, x, statistics, gamma, beta, n, out);
}

void normalizeRowBackward(Element type, const void* x, const void* dout, RowStatistics statistics,
                          const float* gamma, int64_t n, bool centers, void* dx, float* dgamma,
                          float* dbeta) {
    HWY_DYNAMIC_DISPATCH(normalizeRowBackwardHere)
    (type, x, dout, statistics, gamma, n, centers, dx, dgamma, dbeta);
}

void arrangeRow(Element type, const float* row, int64_t n, float* arranged) {
    HWY_DYNAMIC_DISPATCH(arrangeRowHere)(type, row, n, arranged);
}

void restoreRow(Element type, const float* arranged, int64_t n, float* row) {
    HWY_DYNAMIC_DISPATCH(restoreRowHere)(type, arranged, n, row);
}

}  // namespace optirs::cpu
#endif
