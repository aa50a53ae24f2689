#include "src/core/object.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace optirs::core {
namespace {

constexpr optirs_object_kind kKind = OPTIRS_OBJECT_OPERATION;

struct Probe final : Object {
    explicit Probe(bool* is_destroyed = nullptr) : Object(kKind), destroyed(is_destroyed) {}
    ~Probe() override {
        if (destroyed != nullptr) {
            *destroyed = true;
        }
    }
    bool* destroyed;
};

struct Throwing final : Object {
    Throwing() : Object(kKind) { throw 1; }
};

TEST(Object, LastReferenceDestroysIt) {
    bool destroyed = false;
    Probe* probe = makeObject<Probe>(&destroyed).detach();
    probe->retain();
    probe->release();
    EXPECT_FALSE(destroyed);
    probe->release();  // NOLINT(clang-analyzer-cplusplus.NewDelete): it does not follow the atomic count
    EXPECT_TRUE(destroyed);
}

TEST(Object, IsCountedWhileItLives) {
    const int64_t before = liveObjects(kKind);
    {
        const auto first = makeObject<Probe>();
        const auto second = makeObject<Probe>();
        EXPECT_EQ(liveObjects(kKind), before + 2);
    }
    EXPECT_EQ(liveObjects(kKind), before);
}

TEST(Object, IsNotCountedIfItsConstructorThrows) {
    const int64_t before = liveObjects(kKind);
    EXPECT_THROW(makeObject<Throwing>(), int);
    EXPECT_EQ(liveObjects(kKind), before);
}

TEST(Object, HandlesMayBeNull) {
    retainHandle(nullptr);
    releaseHandle(nullptr);
}

TEST(Ref, CopiesShareAndMovesHandOver) {
    bool destroyed = false;
    auto first = makeObject<Probe>(&destroyed);
    auto second = first;
    first = Ref<Probe>();
    EXPECT_FALSE(destroyed);
    auto third = std::move(second);
    EXPECT_FALSE(static_cast<bool>(
        second));  // NOLINT(bugprone-use-after-move): the state after a move is what is tested
    third = Ref<Probe>();
    EXPECT_TRUE(destroyed);
}

TEST(Object, ReferencesAreCountedAcrossThreads) {
    bool destroyed = false;
    auto shared = makeObject<Probe>(&destroyed);
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([copy = shared]() mutable {
            for (int i = 0; i < 10'000; ++i) {
                copy->retain();
                copy->release();
            }
            copy = Ref<Probe>();
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_FALSE(destroyed);
    shared = Ref<Probe>();
    EXPECT_TRUE(destroyed);
}

TEST(LiveObjects, EachKindHasAName) {
    for (optirs_object_kind kind = 0; kind < OPTIRS_OBJECT_KIND_COUNT; ++kind) {
        EXPECT_FALSE(objectKindName(kind).empty());
        EXPECT_NE(objectKindName(kind), "unknown");
    }
    EXPECT_EQ(objectKindName(-1), "unknown");
    EXPECT_EQ(objectKindName(OPTIRS_OBJECT_KIND_COUNT), "unknown");
    EXPECT_EQ(liveObjects(-1), 0);
}

}  // namespace
}  // namespace optirs::core
