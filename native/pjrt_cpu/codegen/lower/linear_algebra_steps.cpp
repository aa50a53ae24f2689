// fft, cholesky, triangular_solve and rng by the runtime's steps.
#include "pjrt_cpu/codegen/index/access.h"
#include "pjrt_cpu/codegen/lower/lowering.h"
#include "pjrt_cpu/ir/ops.h"
#include "pjrt_cpu/runtime/cholesky.h"
#include "pjrt_cpu/runtime/fft.h"
#include "pjrt_cpu/runtime/random_numbers.h"
#include "pjrt_cpu/runtime/triangular_solve.h"

namespace optirs::plugin {

void Lowering::lowerFft(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    FftSpec spec;
    switch (fftType(op)) {
        case FftType::kFft:
            spec.kind = FftKind::kComplex;
            break;
        case FftType::kIfft:
            spec.kind = FftKind::kComplexInverse;
            break;
        case FftType::kRfft:
            spec.kind = FftKind::kRealToComplex;
            break;
        case FftType::kIrfft:
            spec.kind = FftKind::kComplexToReal;
            break;
    }
    const TensorType& operand = op.operand(0)->tensor();
    spec.real = realType(operand.element());
    spec.in_shape = dimsOf(*op.operand(0));
    spec.out_shape = dimsOf(*op.result());
    const auto lengths = integersAttribute(op, "fft_length");
    spec.lengths.assign(lengths.begin(), lengths.end());
    spec.in_allocation = read(op.operand(0));
    if (spec.kind == FftKind::kComplexToReal && spec.lengths.size() > 1) {
        spec.scratch_allocation = newTemporary(operand.byteCount());
        touch(spec.scratch_allocation);
    }
    spec.out_allocation = makeSlot(op.result(), scope);
    scope.steps->push_back(makeFftStep(spec));
}

void Lowering::lowerCholesky(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    CholeskySpec spec;
    spec.type = op.operand(0)->tensor().element();
    spec.shape = dimsOf(*op.operand(0));
    spec.lower = boolAttribute(op, "lower");
    spec.in_allocation = read(op.operand(0));
    spec.out_allocation = makeSlot(op.result(), scope);
    scope.steps->push_back(makeCholeskyStep(spec));
}

void Lowering::lowerTriangularSolve(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    TriangularSolveSpec spec;
    spec.type = op.operand(0)->tensor().element();
    spec.a_shape = dimsOf(*op.operand(0));
    spec.b_shape = dimsOf(*op.operand(1));
    spec.left_side = boolAttribute(op, "left_side");
    spec.lower = boolAttribute(op, "lower");
    spec.unit_diagonal = boolAttribute(op, "unit_diagonal");
    switch (transposeA(op)) {
        case TransposeKind::kNoTranspose:
            spec.form = TriangularSolveSpec::Form::kPlain;
            break;
        case TransposeKind::kTranspose:
            spec.form = TriangularSolveSpec::Form::kTransposed;
            break;
        case TransposeKind::kAdjoint:
            spec.form = TriangularSolveSpec::Form::kAdjoint;
            break;
    }
    spec.a_allocation = read(op.operand(0));
    spec.b_allocation = read(op.operand(1));
    spec.out_allocation = makeSlot(op.result(), scope);
    scope.steps->push_back(makeTriangularSolveStep(spec));
}

void Lowering::lowerRandomNumbers(Group& group, Scope& scope) {
    const Operation& op = *group.op;
    if (random_state_ < 0) {
        random_state_ = newTemporary(kRandomStateBytes);
        // Set before the first step of the program, see program.cpp.
        arena_.touch(random_state_, 0);
    }
    touch(random_state_);
    RandomNumbersSpec spec;
    spec.type = op.result()->tensor().element();
    spec.count = op.result()->tensor().elementCount();
    spec.normal = rngDistribution(op) == RngDistribution::kNormal;
    spec.a_allocation = read(op.operand(0));
    spec.b_allocation = read(op.operand(1));
    spec.state_allocation = random_state_;
    spec.out_allocation = makeSlot(op.result(), scope);
    scope.steps->push_back(makeRandomNumbersStep(spec));
}

}  // namespace optirs::plugin
