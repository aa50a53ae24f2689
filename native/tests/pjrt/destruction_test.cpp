// Everything may be destroyed in any order, with work in flight, and from within a completion.
#include <sched.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "tests/pjrt/support.h"

namespace test {
namespace {

class DestructionTest : public FakeTest {
 protected:
    // A client whose last reference was dropped in a callback is destroyed by a worker once the callback has
    // returned.
    void waitUntilNoClientIsLeft() const {
        while (control_->clients != 0) {
            sched_yield();
        }
    }
};

TEST_F(DestructionTest, AnyOrderWorksWithEventsOfAnyKind) {
    for (const fake::Events events : {fake::Events::kReady, fake::Events::kThread, fake::Events::kManual}) {
        std::vector<int> order{0, 1, 2, 3, 4};
        do {
            control_->events = fake::Events::kReady;
            client_.reset();
            Plugin plugin;
            ASSERT_OK(
                optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
            ASSERT_OK(optirs_pjrt_client_create(plugin.get(), nullptr, 0, client_.out()));
            Executable executable;
            ASSERT_EQ(compile(kDonatingProgram, executable).message, "");
            Buffer input;
            ASSERT_EQ(upload({1, 2, 3, 4}, input).message, "");
            control_->events = events;
            Completion executed;
            Completion copied;
            std::vector<optirs_pjrt_buffer*> results{nullptr};
            ASSERT_EQ(execute(executable, {input.get()}, results, &executed).message, "");
            Buffer output(results[0]);
            int32_t values[4];
            ASSERT_OK(
                optirs_pjrt_buffer_to_host(output.get(), values, sizeof values, Completion::done, &copied));

            const std::function<void()> destroy[] = {[&] { plugin.reset(); }, [&] { client_.reset(); },
                                                     [&] { executable.reset(); }, [&] { input.reset(); },
                                                     [&] { output.reset(); }};
            for (const int i : order) {
                destroy[i]();
            }
            if (events == fake::Events::kManual) {
                EXPECT_EQ(control_->clients, 1) << "work in flight keeps the client";
                control_->fire();
            }
            EXPECT_TRUE(executed.wait().isOk());
            EXPECT_TRUE(copied.wait().isOk());
            EXPECT_EQ(values[0], 1 + kStep);
            waitUntilNoClientIsLeft();
        } while (std::ranges::next_permutation(order).found);
    }
}

/// Drops the last references from within the completion.
struct LastReferences {
    Client client;
    Executable executable;
    Buffer buffer;
    Completion finished;

    static void done(optirs_error* error, void* context) {
        auto& self = *static_cast<LastReferences*>(context);
        self.client.reset();
        self.executable.reset();
        self.buffer.reset();
        Completion::done(error, &self.finished);
    }
};

TEST_F(DestructionTest, TheClientIsNotDestroyedOnThePluginsThread) {
    auto last = std::make_unique<LastReferences>();
    ASSERT_EQ(compile(kDonatingProgram, last->executable).message, "");
    ASSERT_EQ(upload({1, 2, 3, 4}, last->buffer).message, "");
    last->client = std::move(client_);
    control_->events = fake::Events::kThread;
    optirs_pjrt_buffer* cell = last->buffer.get();
    optirs_pjrt_buffer* result = cell;
    ASSERT_OK(optirs_pjrt_executable_execute(last->executable.get(), nullptr, &cell, 1, &result, 1,
                                             LastReferences::done, last.get()));
    EXPECT_TRUE(last->finished.wait().isOk());
    waitUntilNoClientIsLeft();
}

}  // namespace
}  // namespace test
