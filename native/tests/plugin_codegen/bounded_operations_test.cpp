// Every operation on dimensions whose size an argument gives, against the same program with that size in it.
#include <gtest/gtest.h>

#include "bounded_case.h"

namespace optirs::plugin::testing {
namespace {

std::string nameOf(const ::testing::TestParamInfo<BoundedCase>& each) { return each.param.name; }

class BoundedOperation : public ::testing::TestWithParam<BoundedCase> {};

TEST_P(BoundedOperation, GivesWhatItGivesAtTheSize) { expectTheSameAtEverySize(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Operations, BoundedOperation, ::testing::ValuesIn(boundedOperations()), nameOf);
INSTANTIATE_TEST_SUITE_P(Products, BoundedOperation, ::testing::ValuesIn(boundedProducts()), nameOf);

}  // namespace
}  // namespace optirs::plugin::testing
