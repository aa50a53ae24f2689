#include "pjrt_cpu/runtime/fft_passes.h"

namespace optirs::plugin {
namespace {

/// A complex number in registers.
template <class T>
struct Point {
    T re, im;
};

template <class T>
[[gnu::always_inline]] inline Point<T> operator+(Point<T> a, Point<T> b) {
    return {a.re + b.re, a.im + b.im};
}
template <class T>
[[gnu::always_inline]] inline Point<T> operator-(Point<T> a, Point<T> b) {
    return {a.re - b.re, a.im - b.im};
}
template <class T>
[[gnu::always_inline]] inline Point<T> operator*(Point<T> a, Point<T> b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
[[gnu::always_inline]] inline Point<T> operator*(T a, Point<T> b) {
    return {a * b.re, a * b.im};
}
/// -i z
template <class T>
[[gnu::always_inline]] inline Point<T> turned(Point<T> z) {
    return {z.im, -z.re};
}

template <class T>
[[gnu::always_inline]] inline void butterfly2(const Point<T>* x, Point<T>* y) {
    y[0] = x[0] + x[1];
    y[1] = x[0] - x[1];
}

template <class T>
[[gnu::always_inline]] inline void butterfly3(const Point<T>* x, Point<T>* y) {
    constexpr T kSine = static_cast<T>(0.866025403784438646763723170752936183L);
    const Point<T> sum = x[1] + x[2];
    const Point<T> middle = x[0] - T(0.5) * sum;
    const Point<T> side = kSine * turned(x[1] - x[2]);
    y[0] = x[0] + sum;
    y[1] = middle + side;
    y[2] = middle - side;
}

template <class T>
[[gnu::always_inline]] inline void butterfly4(const Point<T>* x, Point<T>* y) {
    const Point<T> even_sum = x[0] + x[2];
    const Point<T> even_difference = x[0] - x[2];
    const Point<T> odd_sum = x[1] + x[3];
    const Point<T> odd_difference = turned(x[1] - x[3]);
    y[0] = even_sum + odd_sum;
    y[1] = even_difference + odd_difference;
    y[2] = even_sum - odd_sum;
    y[3] = even_difference - odd_difference;
}

template <class T>
[[gnu::always_inline]] inline void butterfly5(const Point<T>* x, Point<T>* y) {
    constexpr T kCosine1 = static_cast<T>(0.309016994374947424102293417182819059L);
    constexpr T kCosine2 = static_cast<T>(-0.809016994374947424102293417182819059L);
    constexpr T kSine1 = static_cast<T>(0.951056516295153572116439333379382143L);
    constexpr T kSine2 = static_cast<T>(0.587785252292473129168705954639072769L);
    const Point<T> outer = x[1] + x[4];
    const Point<T> inner = x[2] + x[3];
    const Point<T> outer_turned = turned(x[1] - x[4]);
    const Point<T> inner_turned = turned(x[2] - x[3]);
    const Point<T> first = x[0] + kCosine1 * outer + kCosine2 * inner;
    const Point<T> second = x[0] + kCosine2 * outer + kCosine1 * inner;
    const Point<T> first_side = kSine1 * outer_turned + kSine2 * inner_turned;
    const Point<T> second_side = kSine2 * outer_turned - kSine1 * inner_turned;
    y[0] = x[0] + outer + inner;
    y[1] = first + first_side;
    y[2] = second + second_side;
    y[3] = second - second_side;
    y[4] = first - first_side;
}

template <int kRadix, class T>
[[gnu::always_inline]] inline void butterfly(const Point<T>* x, Point<T>* y) {
    if constexpr (kRadix == 2) butterfly2(x, y);
    if constexpr (kRadix == 3) butterfly3(x, y);
    if constexpr (kRadix == 4) butterfly4(x, y);
    if constexpr (kRadix == 5) butterfly5(x, y);
}

template <int kRadix, class T>
[[gnu::always_inline]] inline void passBody(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y,
                                            int64_t lines) {
    const int64_t step = pass.rest * lines;
    for (int64_t p = 0; p < pass.rest; ++p) {
        Point<T> twiddles[kRadix];
        for (int j = 1; j < kRadix; ++j) {
            const T* w = pass.twiddles.data() + 2 * (p * (kRadix - 1) + j - 1);
            twiddles[j] = {w[0], w[1]};
        }
        const T* __restrict x_re = x.re + p * lines;
        const T* __restrict x_im = x.im + p * lines;
        T* __restrict y_re = y.re + p * lines * kRadix;
        T* __restrict y_im = y.im + p * lines * kRadix;
        for (int64_t q = 0; q < lines; ++q) {
            Point<T> in[kRadix];
            Point<T> out[kRadix];
            for (int k = 0; k < kRadix; ++k) in[k] = {x_re[q + step * k], x_im[q + step * k]};
            butterfly<kRadix>(in, out);
            y_re[q] = out[0].re;
            y_im[q] = out[0].im;
            for (int j = 1; j < kRadix; ++j) {
                const Point<T> turned_out = twiddles[j] * out[j];
                y_re[q + lines * j] = turned_out.re;
                y_im[q + lines * j] = turned_out.im;
            }
        }
    }
}

/// Any other radix, by the definition.
template <class T>
[[gnu::always_inline]] inline void genericBody(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y,
                                               int64_t lines) {
    const int64_t radix = pass.radix;
    const int64_t step = pass.rest * lines;
    for (int64_t p = 0; p < pass.rest; ++p) {
        for (int64_t j = 0; j < radix; ++j) {
            T* __restrict y_re = y.re + (p * radix + j) * lines;
            T* __restrict y_im = y.im + (p * radix + j) * lines;
            for (int64_t k = 0; k < radix; ++k) {
                const T* root = pass.roots.data() + 2 * (j * k % radix);
                const Point<T> w = {root[0], root[1]};
                const T* __restrict x_re = x.re + p * lines + step * k;
                const T* __restrict x_im = x.im + p * lines + step * k;
                if (k == 0) {
                    for (int64_t q = 0; q < lines; ++q) y_re[q] = x_re[q];
                    for (int64_t q = 0; q < lines; ++q) y_im[q] = x_im[q];
                    continue;
                }
                for (int64_t q = 0; q < lines; ++q) {
                    const Point<T> term = w * Point<T>{x_re[q], x_im[q]};
                    y_re[q] += term.re;
                    y_im[q] += term.im;
                }
            }
            if (j == 0) continue;
            const T* twiddle = pass.twiddles.data() + 2 * (p * (radix - 1) + j - 1);
            const Point<T> w = {twiddle[0], twiddle[1]};
            for (int64_t q = 0; q < lines; ++q) {
                const Point<T> turned_out = w * Point<T>{y_re[q], y_im[q]};
                y_re[q] = turned_out.re;
                y_im[q] = turned_out.im;
            }
        }
    }
}

template <class T>
[[gnu::always_inline]] inline void chooseBody(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y,
                                              int64_t lines) {
    switch (pass.radix) {
        case 2:
            return passBody<2, T>(pass, x, y, lines);
        case 3:
            return passBody<3, T>(pass, x, y, lines);
        case 4:
            return passBody<4, T>(pass, x, y, lines);
        case 5:
            return passBody<5, T>(pass, x, y, lines);
        default:
            return genericBody<T>(pass, x, y, lines);
    }
}

template <class T>
void passBase(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y, int64_t lines) {
    chooseBody<T>(pass, x, y, lines);
}
template <class T>
[[gnu::target("avx2,fma")]] void passAvx2(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y,
                                          int64_t lines) {
    chooseBody<T>(pass, x, y, lines);
}
template <class T>
[[gnu::target("avx512f")]] void passAvx512(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y,
                                           int64_t lines) {
    chooseBody<T>(pass, x, y, lines);
}

}  // namespace

template <class T>
void runFftPass(const typename FftPlan<T>::Pass& pass, Lines<T> x, Lines<T> y, int64_t lines) {
    static const auto function = __builtin_cpu_supports("avx512f") ? passAvx512<T>
                                 : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                     ? passAvx2<T>
                                     : passBase<T>;
    function(pass, x, y, lines);
}

template void runFftPass<float>(const FftPlan<float>::Pass&, Lines<float>, Lines<float>, int64_t);
template void runFftPass<double>(const FftPlan<double>::Pass&, Lines<double>, Lines<double>, int64_t);

}  // namespace optirs::plugin
