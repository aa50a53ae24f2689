// Complex numbers: products by the formula, without care for infinities.
#include <stdexcept>
#include <string>

#include "interpreter_tensor.h"
#include "pjrt_cpu/ir/ops.h"

namespace optirs::plugin::testing {

void complexElement(const Operation& op, const std::vector<Tensor>& in, Tensor& out, int64_t i) {
    using enum OpKind;
    const auto at = static_cast<size_t>(i);
    const auto number = [&](size_t k) {
        if (isComplex(in[k].type.element())) return complexAt(in[k], i);
        return std::complex<double>(isReal(in[k].type) ? in[k].reals[at]
                                                       : static_cast<double>(in[k].integers[at]));
    };
    const std::complex<double> x = number(0);
    const std::complex<double> y = in.size() > 1 ? number(1) : 0.0;
    switch (op.kind()) {
        case kAdd:
            return setComplex(out, i, x.real() + y.real(), x.imag() + y.imag());
        case kSubtract:
            return setComplex(out, i, x.real() - y.real(), x.imag() - y.imag());
        case kMultiply:
            return setComplex(out, i, x.real() * y.real() - x.imag() * y.imag(),
                              x.real() * y.imag() + x.imag() * y.real());
        case kNegate:
            return setComplex(out, i, -x.real(), -x.imag());
        case kComplex:
            return setComplex(out, i, x.real(), y.real());
        case kConvert:
            if (isComplex(out.type.element())) return setComplex(out, i, x.real(), x.imag());
            break;
        case kReal:
            out.reals[at] = x.real();
            return;
        case kImag:
            out.reals[at] = x.imag();
            return;
        case kCompare: {
            const bool equal = x.real() == y.real() && x.imag() == y.imag();
            out.integers[at] = equal == (comparisonDirection(op) == ComparisonDirection::kEq) ? 1 : 0;
            return;
        }
        default:
            break;
    }
    throw std::runtime_error("complex " + std::string(opKindName(op.kind())));
}

}  // namespace optirs::plugin::testing
