#include "support.h"

namespace optirs::test {
namespace {

class Memory : public testing::Test {
 protected:
    void TearDown() override {
        optirs_memory_set_pressure_handler(nullptr, nullptr);
        EXPECT_OK(optirs_fault_set(nullptr, 0));
    }
};

struct Handler {
    uint64_t bytes = 0;
    int calls = 0;
    bool freed = true;

    void install() {
        optirs_memory_set_pressure_handler(
            [](uint64_t wanted, void* context) -> uint8_t {
                auto& self = *static_cast<Handler*>(context);
                self.bytes = wanted;
                ++self.calls;
                return self.freed ? 1 : 0;
            },
            this);
    }
};

TEST_F(Memory, AnAllocationIsTriedAgainAfterTheHandlerFreedMemory) {
    Handler handler;
    handler.install();
    EXPECT_OK(optirs_fault_set("oom@0", 5));
    const auto buffer = createBuffer(1000);
    EXPECT_NE(buffer, nullptr);
    EXPECT_EQ(handler.calls, 1);
    EXPECT_EQ(handler.bytes, 1000u);
    EXPECT_EQ(optirs_fault_fired(), 1u);
}

TEST_F(Memory, AndFailsIfThatIsNotEnough) {
    Handler handler;
    handler.install();
    EXPECT_OK(optirs_fault_set("oom@0,oom@1", 11));
    optirs_buffer* buffer = nullptr;
    EXPECT_EQ(take(optirs_buffer_create(1000, &buffer)).code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(buffer, nullptr);
    EXPECT_EQ(handler.calls, 1);
}

TEST_F(Memory, AHandlerWithNothingToFreeEndsIt) {
    Handler handler;
    handler.freed = false;
    handler.install();
    EXPECT_OK(optirs_fault_set("oom@0", 5));
    optirs_buffer* buffer = nullptr;
    EXPECT_EQ(take(optirs_buffer_create(1000, &buffer)).code, OPTIRS_RESOURCE_EXHAUSTED);
    EXPECT_EQ(handler.calls, 1);
}

TEST_F(Memory, KindsHaveNames) {
    uint64_t size = 0;
    EXPECT_STREQ(optirs_object_kind_name(OPTIRS_OBJECT_BUFFER, &size), "buffer");
    EXPECT_EQ(size, 6u);
    EXPECT_STREQ(optirs_object_kind_name(1000, nullptr), "unknown");
    EXPECT_EQ(optirs_live_objects(1000), 0);
}

}  // namespace
}  // namespace optirs::test
