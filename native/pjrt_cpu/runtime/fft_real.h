/// @file
/// Transforms of real lines by complex ones of half the length.
#pragma once

#include "pjrt_cpu/runtime/fft_plan.h"

namespace optirs::plugin {

/// Of a complex result z of n/2 points, made from x[2k] + i x[2k+1], to the first n/2 + 1 outputs of the
/// transform of the n real points x. `rows` of `out` take n/2 + 1 rows; `out` and `z` differ.
template <class T>
void splitSpectrum(int64_t n, const std::vector<T>& roots, Lines<T> z, Lines<T> out, int64_t lanes) {
    const int64_t half = n / 2;
    for (int64_t k = 0; k <= half; ++k) {
        const int64_t forward = (k == half ? 0 : k) * lanes;
        const int64_t backward = (k == 0 || k == half ? 0 : half - k) * lanes;
        const T w_re = roots[static_cast<size_t>(2 * k)];
        const T w_im = roots[static_cast<size_t>(2 * k + 1)];
        for (int64_t l = 0; l < lanes; ++l) {
            // The transforms of the even and of the odd points: (z[k] +- conj z[-k]) / 2, the latter over i.
            const T even_re = T(0.5) * (z.re[forward + l] + z.re[backward + l]);
            const T even_im = T(0.5) * (z.im[forward + l] - z.im[backward + l]);
            const T odd_re = T(0.5) * (z.im[forward + l] + z.im[backward + l]);
            const T odd_im = T(0.5) * (z.re[backward + l] - z.re[forward + l]);
            out.re[k * lanes + l] = even_re + (w_re * odd_re - w_im * odd_im);
            // The first and the last output are real.
            out.im[k * lanes + l] = k == 0 || k == half ? T(0) : even_im + (w_re * odd_im + w_im * odd_re);
        }
    }
}

/// The way back, times 2: from n/2 + 1 rows of x to n/2 of z, whose inverse transform holds the real points.
template <class T>
void joinSpectrum(int64_t n, const std::vector<T>& roots, Lines<T> x, Lines<T> z, int64_t lanes) {
    const int64_t half = n / 2;
    for (int64_t k = 0; k < half; ++k) {
        const int64_t forward = k * lanes;
        const int64_t backward = (half - k) * lanes;
        const T w_re = roots[static_cast<size_t>(2 * k)];
        const T w_im = -roots[static_cast<size_t>(2 * k + 1)];
        for (int64_t l = 0; l < lanes; ++l) {
            const T a_im = k == 0 ? T(0) : x.im[forward + l];
            const T b_im = k == 0 ? T(0) : x.im[backward + l];
            const T even_re = x.re[forward + l] + x.re[backward + l];
            const T even_im = a_im - b_im;
            const T difference_re = x.re[forward + l] - x.re[backward + l];
            const T difference_im = a_im + b_im;
            const T odd_re = w_re * difference_re - w_im * difference_im;
            const T odd_im = w_re * difference_im + w_im * difference_re;
            z.re[forward + l] = even_re - odd_im;
            z.im[forward + l] = even_im + odd_re;
        }
    }
}

}  // namespace optirs::plugin
