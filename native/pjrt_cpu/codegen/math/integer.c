// Integer powers by squaring, modulo 2^64. A negative exponent gives 0, but for a base of 1 or -1 (and of 0,
// where the standard leaves the result open, 0).
#include "bits.h"

OPTIRS_LOCAL uint64_t powerBySquaring(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    while (exponent != 0) {
        result *= exponent & 1u ? base : 1u;
        base *= base;
        exponent >>= 1;
    }
    return result;
}

OPTIRS_MATH int64_t optirs_pow_i64(int64_t base, int64_t exponent) {
    if (exponent >= 0) return (int64_t)powerBySquaring((uint64_t)base, (uint64_t)exponent);
    if (base == 1) return 1;
    if (base == -1) return exponent & 1 ? -1 : 1;
    return 0;
}

OPTIRS_MATH uint64_t optirs_pow_u64(uint64_t base, uint64_t exponent) {
    return powerBySquaring(base, exponent);
}
