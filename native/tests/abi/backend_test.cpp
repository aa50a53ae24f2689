#include "support.h"

namespace optirs::test {
namespace {

TEST(Backend, EveryListedOneHasANameAndAScoreOrAReason) {
    uint64_t count = 0;
    EXPECT_OK(optirs_backend_count(&count));
    EXPECT_GE(count, 2u);
    for (uint64_t i = 0; i < count; ++i) {
        const char* name = nullptr;
        uint64_t name_size = 0;
        EXPECT_OK(optirs_backend_name_at(i, &name, &name_size));
        int32_t score = -1;
        EXPECT_OK(optirs_backend_score(name, name_size, &score));
        const char* reason = nullptr;
        uint64_t reason_size = 0;
        EXPECT_OK(optirs_backend_reason(name, name_size, &reason, &reason_size));
        EXPECT_EQ(score > 0, reason_size == 0) << name << ": " << reason;
    }
    const char* name = "old";
    const Failure failure = take(optirs_backend_name_at(count, &name, nullptr));
    EXPECT_EQ(failure.code, OPTIRS_OUT_OF_RANGE);
    EXPECT_EQ(name, nullptr);
}

TEST(Backend, EchoIsBuiltIn) {
    const auto echo = loadBackend("echo");
    EXPECT_STREQ(optirs_backend_name(echo.get(), nullptr), "echo");
    EXPECT_STREQ(optirs_backend_path(echo.get(), nullptr), "");
    uint64_t size = 0;
    EXPECT_EQ(std::string_view(optirs_backend_version(echo.get(), &size)).size(), size);
}

TEST(Backend, AnUnknownOneHasAReason) {
    const char* reason = nullptr;
    uint64_t size = 0;
    EXPECT_OK(optirs_backend_reason("abacus", 6, &reason, &size));
    EXPECT_NE(std::string_view(reason, size).find("liboptirs_abacus.so"), std::string_view::npos) << reason;
    optirs_backend* backend = nullptr;
    const Failure failure = take(optirs_backend_load("abacus", 6, &backend));
    EXPECT_EQ(failure.code, OPTIRS_NOT_FOUND);
    EXPECT_EQ(failure.message, std::string(reason, size));
    EXPECT_EQ(backend, nullptr);
}

TEST(Backend, HandlesAreCounted) {
    const auto before = liveObjects();
    auto first = loadBackend("echo");
    optirs_backend_retain(first.get());
    Owned<optirs_backend> second(first.get());
    first.reset();
    EXPECT_STREQ(optirs_backend_name(second.get(), nullptr), "echo");
    second.reset();
    EXPECT_EQ(liveObjects(), before);
    optirs_backend_retain(nullptr);
    optirs_backend_release(nullptr);
}

}  // namespace
}  // namespace optirs::test
