#include "pjrt_cpu/runtime/fft_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pjrt_cpu/runtime/fft_passes.h"

namespace optirs::plugin {
namespace {

constexpr int64_t kLargestRadix = 31;

/// The radices of n, fours first; empty when a prime factor is too large.
std::vector<int64_t> radices(int64_t n) {
    std::vector<int64_t> out;
    while (n % 4 == 0) {
        out.push_back(4);
        n /= 4;
    }
    for (int64_t factor = 2; factor <= kLargestRadix && n > 1; ++factor) {
        while (n % factor == 0) {
            out.push_back(factor);
            n /= factor;
        }
    }
    if (n > 1) out.clear();
    return out;
}

/// The smallest number of the form 2^a 3^b 5^c that is not below n.
int64_t smoothLength(int64_t n) {
    int64_t best = 1;
    while (best < n) best *= 2;
    for (int64_t five = 1; five < best; five *= 5) {
        for (int64_t product = five; product < best; product *= 3) {
            int64_t length = product;
            while (length < n) length *= 2;
            best = std::min(best, length);
        }
    }
    return best;
}

}  // namespace

template <class T>
void rootOfUnity(int64_t k, int64_t n, T* parts) {
    // By symmetry the angle is brought into [0, pi/4], where both functions keep all digits. In eighths of
    // the circle: k / n = (octant + fraction) / 8.
    const auto octant = static_cast<int>(8 * k / n);
    const int64_t rest = 8 * k % n;
    const bool mirrored = octant % 2 == 1;
    const long double fraction =
        static_cast<long double>(mirrored ? n - rest : rest) / static_cast<long double>(n);
    const long double angle = fraction * (std::numbers::pi_v<long double> / 4);
    long double cosine = std::cos(angle);
    long double sine = std::sin(angle);
    // Octants 1 and 2 (5 and 6) are seen from the imaginary axis.
    if ((octant + 1) / 2 % 2 == 1) std::swap(cosine, sine);
    const bool left = octant >= 2 && octant < 6;
    const bool lower = octant >= 4;
    parts[0] = static_cast<T>(left ? -cosine : cosine);
    parts[1] = static_cast<T>(lower ? sine : -sine);
}

/// With jk = (j^2 + k^2 - (j - k)^2) / 2 the transform is a convolution with a chirp, done by a plan of a
/// convenient length.
template <class T>
struct FftPlan<T>::Bluestein {
    FftPlan plan;
    std::vector<T> chirp;   ///< exp(-pi i k^2 / n), k < n, interleaved
    std::vector<T> filter;  ///< transform of the conjugate chirp, divided by the length, interleaved

    explicit Bluestein(int64_t n) : plan(smoothLength(2 * n - 1)) {
        const int64_t m = plan.size();
        chirp.resize(static_cast<size_t>(2 * n));
        int64_t square = 0;  // k^2 mod 2n
        for (int64_t k = 0; k < n; ++k) {
            rootOfUnity(square, 2 * n, chirp.data() + 2 * k);
            square = (square + 2 * k + 1) % (2 * n);
        }
        const auto size = static_cast<size_t>(m);
        std::vector<T> re(size), im(size), scratch(2 * static_cast<size_t>(plan.scratchPerLane()));
        for (int64_t k = 0; k < n; ++k) {
            for (const int64_t at : {k, (m - k) % m}) {
                re[static_cast<size_t>(at)] = chirp[static_cast<size_t>(2 * k)] / static_cast<T>(m);
                im[static_cast<size_t>(at)] = -chirp[static_cast<size_t>(2 * k + 1)] / static_cast<T>(m);
            }
        }
        const Lines<T> done = plan.transform({re.data(), im.data()},
                                             {scratch.data(), scratch.data() + plan.scratchPerLane()}, 1);
        filter.resize(2 * size);
        for (size_t k = 0; k < size; ++k) {
            filter[2 * k] = done.re[k];
            filter[2 * k + 1] = done.im[k];
        }
    }
};

template <class T>
FftPlan<T>::FftPlan(int64_t n) : n_(n) {
    if (n == 1) return;
    const std::vector<int64_t> factors = radices(n);
    if (factors.empty()) {
        bluestein_ = std::make_shared<const Bluestein>(n);
        return;
    }
    int64_t size = n;
    for (const int64_t radix : factors) {
        Pass pass;
        pass.radix = radix;
        pass.rest = size / radix;
        pass.twiddles.resize(static_cast<size_t>(2 * pass.rest * (radix - 1)));
        T* out = pass.twiddles.data();
        for (int64_t p = 0; p < pass.rest; ++p) {
            for (int64_t j = 1; j < radix; ++j, out += 2) rootOfUnity(p * j, size, out);
        }
        if (radix > 5) {
            pass.roots.resize(static_cast<size_t>(2 * radix));
            for (int64_t j = 0; j < radix; ++j) rootOfUnity(j, radix, pass.roots.data() + 2 * j);
        }
        passes_.push_back(std::move(pass));
        size /= radix;
    }
}

template <class T>
int64_t FftPlan<T>::scratchPerLane() const {
    if (!bluestein_) return n_;
    return bluestein_->plan.size() + bluestein_->plan.scratchPerLane();
}

template <class T>
Lines<T> FftPlan<T>::transform(Lines<T> data, Lines<T> scratch, int64_t lanes) const {
    if (bluestein_) return convolve(data, scratch, lanes);
    int64_t lines = lanes;
    for (const Pass& pass : passes_) {
        runFftPass<T>(pass, data, scratch, lines);
        std::swap(data, scratch);
        lines *= pass.radix;
    }
    return data;
}

template <class T>
Lines<T> FftPlan<T>::convolve(Lines<T> data, Lines<T> scratch, int64_t lanes) const {
    const FftPlan& plan = bluestein_->plan;
    const int64_t m = plan.size();
    const Lines<T> inner = {scratch.re + m * lanes, scratch.im + m * lanes};
    const auto turn = [&](Lines<T> from, Lines<T> to, const std::vector<T>& by, int64_t count) {
        for (int64_t k = 0; k < count; ++k) {
            const T re = by[static_cast<size_t>(2 * k)];
            const T im = by[static_cast<size_t>(2 * k + 1)];
            for (int64_t l = k * lanes; l < (k + 1) * lanes; ++l) {
                const T a = from.re[l];
                const T b = from.im[l];
                to.re[l] = a * re - b * im;
                to.im[l] = a * im + b * re;
            }
        }
    };
    turn(data, scratch, bluestein_->chirp, n_);
    std::fill(scratch.re + n_ * lanes, scratch.re + m * lanes, T(0));
    std::fill(scratch.im + n_ * lanes, scratch.im + m * lanes, T(0));
    const Lines<T> spectrum = plan.transform(scratch, inner, lanes);
    const Lines<T> other = spectrum.re == scratch.re ? inner : scratch;
    turn(spectrum, spectrum, bluestein_->filter, m);
    // The inverse: forward, with the parts swapped before and after.
    const Lines<T> swapped = plan.transform({spectrum.im, spectrum.re}, {other.im, other.re}, lanes);
    turn({swapped.im, swapped.re}, data, bluestein_->chirp, n_);
    return data;
}

template class FftPlan<float>;
template class FftPlan<double>;
template void rootOfUnity<float>(int64_t, int64_t, float*);
template void rootOfUnity<double>(int64_t, int64_t, double*);

}  // namespace optirs::plugin
