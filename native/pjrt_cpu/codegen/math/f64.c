// The double versions: the C library's, which are within two ULP. `-fno-math-errno` makes them pure. (Those
// that are not are made in long doubles, see jit/special_functions.h.)
#include <math.h>

#include "bits.h"

OPTIRS_MATH double optirs_exp_f64(double x) { return exp(x); }
OPTIRS_MATH double optirs_expm1_f64(double x) { return expm1(x); }
OPTIRS_MATH double optirs_log_f64(double x) { return log(x); }
OPTIRS_MATH double optirs_log1p_f64(double x) { return log1p(x); }
OPTIRS_MATH double optirs_tanh_f64(double x) { return tanh(x); }
OPTIRS_MATH double optirs_sin_f64(double x) { return sin(x); }
OPTIRS_MATH double optirs_cos_f64(double x) { return cos(x); }
OPTIRS_MATH double optirs_tan_f64(double x) { return tan(x); }
OPTIRS_MATH double optirs_pow_f64(double x, double y) { return pow(x, y); }
OPTIRS_MATH double optirs_asin_f64(double x) { return asin(x); }
OPTIRS_MATH double optirs_acos_f64(double x) { return acos(x); }
OPTIRS_MATH double optirs_atan_f64(double x) { return atan(x); }
OPTIRS_MATH double optirs_sinh_f64(double x) { return sinh(x); }
OPTIRS_MATH double optirs_cosh_f64(double x) { return cosh(x); }
OPTIRS_MATH double optirs_asinh_f64(double x) { return asinh(x); }
OPTIRS_MATH double optirs_acosh_f64(double x) { return acosh(x); }
OPTIRS_MATH double optirs_atanh_f64(double x) { return atanh(x); }
OPTIRS_MATH double optirs_erf_f64(double x) { return erf(x); }
OPTIRS_MATH double optirs_atan2_f64(double y, double x) { return atan2(y, x); }

OPTIRS_MATH double optirs_logistic_f64(double x) {
    const double e = exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : e) / (1.0 + e) + (x != x ? x : 0.0);
}
