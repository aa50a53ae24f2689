#include "pjrt_cpu/codegen/index/index_expr.h"

#include <gtest/gtest.h>

namespace optirs::plugin {
namespace {

TEST(IndexExpr, ReshapeOfMergedLoopsLeavesNoDivision) {
    IndexContext context;
    const IndexExpr v = context.variable(6 * 64);
    const Index parts = context.delinear(v, {6, 64});
    EXPECT_EQ(context.linear(parts, {6, 64}), v);
}

TEST(IndexExpr, DelinearInvertsLinear) {
    IndexContext context;
    const Index index{context.variable(8), context.variable(256), context.variable(384)};
    EXPECT_EQ(context.delinear(context.linear(index, {8, 256, 384}), {8, 256, 384}), index);
    // [8, 256, 384] seen as [2048, 384]: the row is an affine function of two loops.
    const Index flat = context.delinear(context.linear(index, {8, 256, 384}), {2048, 384});
    EXPECT_EQ(flat[0], context.add(context.scale(index[0], 256), index[1]));
    EXPECT_EQ(flat[1], index[2]);
}

TEST(IndexExpr, NegativeConstantsRoundDown) {
    IndexContext context;
    const IndexExpr v = context.variable(10);
    EXPECT_EQ(context.quotient(context.add(context.scale(v, 4), -3), 4), context.add(v, -1));
    EXPECT_EQ(context.remainder(context.add(context.scale(v, 4), -3), 4), IndexExpr(1));
}

TEST(IndexExpr, EqualQuotientsAreOneAtom) {
    IndexContext context;
    const IndexExpr v = context.variable(100);
    EXPECT_EQ(context.quotient(v, 7), context.quotient(v, 7));
    EXPECT_EQ(context.quotient(context.quotient(v, 2), 5), context.quotient(v, 10));
}

}  // namespace
}  // namespace optirs::plugin
