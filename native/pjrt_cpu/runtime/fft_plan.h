#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace optirs::plugin {

/// Complex numbers of several lines, real and imaginary parts apart: element k of line l at [k * lanes + l].
template <class T>
struct Lines {
    T* re = nullptr;
    T* im = nullptr;
};

/// The forward discrete Fourier transform of n complex points, X[j] = sum_k x[k] exp(-2 pi i jk / n), for any
/// n >= 1. Lengths with prime factors up to 31 take Stockham's self-sorting passes (P. Swarztrauber, "FFT
/// algorithms for vector computers", Parallel Computing 1, 1984), others Bluestein's convolution (IEEE Trans.
/// Audio Electroacoustics 18, 1970). The roots of unity are exact to half a unit in the last place, so that
/// the error grows with log n. The inverse is the forward transform with the two parts swapped.
template <class T>
class FftPlan {
 public:
    explicit FftPlan(int64_t n);

    int64_t size() const { return n_; }
    /// Numbers of each part that `scratch` of transform() must hold, for each lane.
    int64_t scratchPerLane() const;
    /// Transforms `lanes` lines. Returns where the result is: `data` or the beginning of `scratch`; the
    /// other's contents are lost.
    Lines<T> transform(Lines<T> data, Lines<T> scratch, int64_t lanes) const;

    /// One pass: n = radix * rest points become `radix` times as many interleaved transforms of `rest`
    /// points.
    struct Pass {
        int64_t radix = 2;
        int64_t rest = 1;
        /// Row p: exp(-2 pi i p j / (radix * rest)) for j in [1, radix), real part then imaginary part.
        std::vector<T> twiddles;
        /// Radices without a formula of their own: exp(-2 pi i j / radix) for j in [0, radix).
        std::vector<T> roots;
    };

 private:
    struct Bluestein;
    Lines<T> convolve(Lines<T> data, Lines<T> scratch, int64_t lanes) const;

    int64_t n_;
    std::vector<Pass> passes_;
    std::shared_ptr<const Bluestein> bluestein_;
};

/// exp(-2 pi i k / n) for 0 <= k < n, each part rounded once: `parts` = {real, imaginary}.
template <class T>
void rootOfUnity(int64_t k, int64_t n, T* parts);

extern template class FftPlan<float>;
extern template class FftPlan<double>;
extern template void rootOfUnity<float>(int64_t, int64_t, float*);
extern template void rootOfUnity<double>(int64_t, int64_t, double*);

}  // namespace optirs::plugin
