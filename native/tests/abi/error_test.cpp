#include "support.h"

namespace optirs::test {
namespace {

TEST(Error, NullReadsAsSuccess) {
    EXPECT_EQ(optirs_error_code(nullptr), OPTIRS_OK);
    EXPECT_STREQ(optirs_error_message(nullptr, nullptr), "");
    EXPECT_STREQ(optirs_error_operation(nullptr, nullptr), "");
    EXPECT_STREQ(optirs_error_backend(nullptr, nullptr), "");
    optirs_error_release(nullptr);
}

TEST(Error, NamesTheOperationAndTheArgument) {
    const Failure failure = take(optirs_buffer_create(8, nullptr));
    EXPECT_EQ(failure.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failure.operation, "optirs_buffer_create");
    EXPECT_EQ(failure.message, "argument out_buffer is NULL");
    EXPECT_EQ(failure.backend, "");
}

TEST(Error, StatusNames) {
    uint64_t size = 0;
    EXPECT_STREQ(optirs_status_name(OPTIRS_UNIMPLEMENTED, &size), "UNIMPLEMENTED");
    EXPECT_EQ(size, 13u);
    EXPECT_STREQ(optirs_status_name(99, nullptr), "UNKNOWN");
}

TEST(DType, NumbersAreThoseOfPjrt) {
    EXPECT_EQ(OPTIRS_DTYPE_PRED, 1);
    EXPECT_EQ(OPTIRS_DTYPE_F32, 11);
    EXPECT_EQ(OPTIRS_DTYPE_BF16, 13);
    EXPECT_EQ(OPTIRS_DTYPE_F8E4M3FN, 17);
    EXPECT_EQ(OPTIRS_DTYPE_F6E3M2FN, 33);
}

TEST(DType, BitsAndNames) {
    EXPECT_EQ(optirs_dtype_bits(OPTIRS_DTYPE_F32), 32);
    EXPECT_EQ(optirs_dtype_bits(OPTIRS_DTYPE_C128), 128);
    EXPECT_EQ(optirs_dtype_bits(OPTIRS_DTYPE_S4), 4);
    EXPECT_STREQ(optirs_dtype_name(OPTIRS_DTYPE_PRED, nullptr), "i1");
    EXPECT_STREQ(optirs_dtype_name(OPTIRS_DTYPE_F8E5M2, nullptr), "f8E5M2");
    for (const optirs_dtype wrong : {-1, 0, 34, INT32_MAX}) {
        EXPECT_EQ(optirs_dtype_bits(wrong), 0);
        EXPECT_STREQ(optirs_dtype_name(wrong, nullptr), "invalid");
    }
}

}  // namespace
}  // namespace optirs::test
