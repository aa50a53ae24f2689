#include "src/core/guard.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace optirs::core {
namespace {

struct Failure {
    int32_t code;
    std::string message;
    std::string operation;
    bool is_preallocated;
};

/// Runs a body through guard and releases the error.
template <class Body>
Failure failureOf(Body&& body) {
    optirs_error* error = guard("optirs_test", std::forward<Body>(body));
    if (error == nullptr) {
        return {};
    }
    Failure failure{error->code, std::string(error->message), std::string(error->operation),
                    error->is_preallocated};
    releaseError(error);
    return failure;
}

TEST(Guard, ReturnsNullOnSuccess) {
    bool ran = false;
    EXPECT_EQ(guard("optirs_test", [&] { ran = true; }), nullptr);
    EXPECT_TRUE(ran);
}

TEST(Guard, PassesOurErrorsOn) {
    const Failure failure = failureOf([] { throw Error(Code::kOutOfRange, "index is 9"); });
    EXPECT_EQ(failure.code, OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(failure.message, "index is 9");
    EXPECT_EQ(failure.operation, "optirs_test");
}

TEST(Guard, ReportsBadAllocWithoutAllocating) {
    const Failure failure = failureOf([] { throw std::bad_alloc(); });
    EXPECT_EQ(failure.code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(failure.operation, "optirs_test");
    EXPECT_TRUE(failure.is_preallocated);
}

TEST(Guard, ReportsStandardExceptionsAsInternal) {
    const Failure failure = failureOf([] { throw std::out_of_range("vector::at"); });
    EXPECT_EQ(failure.code, OPTIRS_INTERNAL);
    EXPECT_NE(failure.message.find("vector::at"), std::string::npos);
}

TEST(Guard, ReportsForeignExceptionsAsUnknown) {
    struct Foreign {};
    EXPECT_EQ(failureOf([] { throw 42; }).code, OPTIRS_UNKNOWN);
    EXPECT_EQ(failureOf([] { throw Foreign(); }).code, OPTIRS_UNKNOWN);
    EXPECT_EQ(failureOf([] { throw "text"; }).code, OPTIRS_UNKNOWN);
}

TEST(Arguments, NullIsNamed) {
    int* pointer = nullptr;
    EXPECT_EQ(failureOf([&] { required(pointer, "out_buffer"); }).message, "argument out_buffer is NULL");
}

TEST(Arguments, EmptyTextsAndSpansMayBeNull) {
    EXPECT_EQ(requiredText(nullptr, 0, "name"), "");
    EXPECT_EQ(requiredSpan<const int64_t>(nullptr, 0, "dims", "rank").size(), 0u);
    EXPECT_EQ(failureOf([] { requiredText(nullptr, 1, "name"); }).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(failureOf([] { requiredSpan<const int64_t>(nullptr, -1, "dims", "rank"); }).message,
              "argument rank is -1, which is negative");
}

TEST(Arguments, OutputsAreClearedBeforeAnythingCanFail) {
    int value = 7;
    int* pointer = &value;
    const Failure failure = failureOf([&] {
        Out out(&pointer, "out_pointer");
        throw Error(Code::kInternal, "later");
    });
    EXPECT_EQ(failure.code, OPTIRS_INTERNAL);
    EXPECT_EQ(pointer, nullptr);
}

TEST(Arguments, LentTextsAreClearedBeforeAnythingCanFail) {
    const char* text = "old";
    uint64_t size = 3;
    failureOf([&] {
        OutText out(&text, &size, "out_text");
        throw Error(Code::kInternal, "later");
    });
    EXPECT_EQ(text, nullptr);
    EXPECT_EQ(size, 0u);
}

}  // namespace
}  // namespace optirs::core
