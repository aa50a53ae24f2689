#include "src/core/error.h"

#include <gtest/gtest.h>

#include "src/core/live_objects.h"

namespace optirs::core {
namespace {

optirs_error no_memory = outOfMemoryError("test");

TEST(ErrorCode, KeepsTheNumbersOfAbsl) {
    EXPECT_EQ(codeFromNumber(1), Code::kCancelled);
    EXPECT_EQ(codeFromNumber(3), Code::kInvalidArgument);
    EXPECT_EQ(codeFromNumber(12), Code::kUnimplemented);
    EXPECT_EQ(codeFromNumber(16), Code::kUnauthenticated);
}

TEST(ErrorCode, AnyOtherNumberIsUnknown) {
    for (const int32_t number : {-1, 0, 17, INT32_MIN, INT32_MAX}) {
        EXPECT_EQ(codeFromNumber(number), Code::kUnknown) << number;
    }
}

TEST(ErrorCode, HasANameForEachNumber) {
    EXPECT_EQ(codeName(0), "OK");
    EXPECT_EQ(codeName(8), "RESOURCE_EXHAUSTED");
    EXPECT_EQ(codeName(16), "UNAUTHENTICATED");
    EXPECT_EQ(codeName(17), "UNKNOWN");
    EXPECT_EQ(codeName(-5), "UNKNOWN");
}

TEST(ErrorObject, CarriesCodeMessageOperationAndBackend) {
    optirs_error* error =
        makeError(Error(Code::kNotFound, "no such thing", "echo"), "optirs_test", &no_memory);
    EXPECT_EQ(error->code, OPTIRS_NOT_FOUND);
    EXPECT_EQ(error->message, "no such thing");
    EXPECT_EQ(error->operation, "optirs_test");
    EXPECT_EQ(error->backend, "echo");
    EXPECT_EQ(error->message.data()[error->message.size()], '\0');
    releaseError(error);
}

TEST(ErrorObject, IsCountedWhileItLives) {
    const int64_t before = liveObjects(OPTIRS_OBJECT_ERROR);
    optirs_error* error = makeError(Error(Code::kInternal, "x"), "optirs_test", &no_memory);
    EXPECT_EQ(liveObjects(OPTIRS_OBJECT_ERROR), before + 1);
    releaseError(error);
    EXPECT_EQ(liveObjects(OPTIRS_OBJECT_ERROR), before);
}

TEST(ErrorObject, OutOfMemoryIsPreallocatedAndMayBeReleasedAnyNumberOfTimes) {
    const int64_t before = liveObjects(OPTIRS_OBJECT_ERROR);
    EXPECT_TRUE(no_memory.is_preallocated);
    EXPECT_EQ(no_memory.code, OPTIRS_RESOURCE_EXHAUSTED);
    releaseError(&no_memory);
    releaseError(&no_memory);
    EXPECT_EQ(no_memory.operation, "test");
    EXPECT_EQ(liveObjects(OPTIRS_OBJECT_ERROR), before);
}

}  // namespace
}  // namespace optirs::core
