// Sixteen threads on a client, each doing whatever comes up to whatever the others hold. Nothing may break,
// whoever comes too late is told so, and nothing is left. A short run here; `pjrt_hammer` runs it for a
// minute, which is for ThreadSanitizer.
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/pjrt/support.h"

namespace test {
namespace {

constexpr int kThreads = 16;
constexpr std::size_t kCells = 24;
constexpr int64_t kExtent = 64;

/// Runs for a number of rounds or, with OPTIRS_HAMMER_SECONDS, for as long as that says.
class Clock {
 public:
    Clock() {
        const char* seconds = std::getenv("OPTIRS_HAMMER_SECONDS");
        if (seconds != nullptr) {
            end_ = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(seconds));
        }
    }
    bool goesOn(int round) const {
        constexpr int kRounds = 200;
        return end_ ? std::chrono::steady_clock::now() < *end_ : round < kRounds;
    }

 private:
    std::optional<std::chrono::steady_clock::time_point> end_;
};

struct Shared {
    optirs_pjrt_client* client;
    std::string program;
    std::string donating;
    optirs_pjrt_executable* executable;
    optirs_pjrt_executable* step;
    std::array<Buffer, kCells> cells;
};

/// One thread's part.
class Worker {
 public:
    Worker(Shared& shared, int seed) : shared_(shared), random_(static_cast<unsigned>(seed)) {}

    void run() {
        const Clock clock;
        for (int round = 0; clock.goesOn(round); ++round) {
            act();
        }
    }

 private:
    optirs_pjrt_buffer* cell() { return shared_.cells[random_() % kCells].get(); }

    // Others may have donated or deleted what this thread uses.
    static void expectTold(const Outcome& outcome) {
        EXPECT_TRUE(outcome.isOk() || outcome.code == OPTIRS_FAILED_PRECONDITION ||
                    outcome.code == OPTIRS_INVALID_ARGUMENT)
            << outcome.code << ": " << outcome.message;
    }

    void act() {
        switch (random_() % 8) {
            case 0:
                return upload(cell());
            case 1:
                return execute(shared_.executable, cell(), cell());
            case 2: {
                optirs_pjrt_buffer* state = cell();
                return execute(shared_.step, state, state);
            }
            case 3:
                return expectTold(optirs_pjrt_buffer_to_host_wait(cell(), values_.data(), sizeof values_));
            case 4:
                return readLater();
            case 5:
                return expectTold(optirs_pjrt_buffer_delete(cell()));
            case 6:
                // Compiling takes longer than everything else together.
                return random_() % 16 == 0 ? compileAndRun() : upload(cell());
            default:
                return retainAndCopy();
        }
    }

    void upload(optirs_pjrt_buffer* into) {
        EXPECT_OK(optirs_pjrt_buffer_from_host(
            shared_.client, values_.data(), sizeof values_, OPTIRS_DTYPE_S32, &kExtent, 1, nullptr,
            OPTIRS_PJRT_HOST_DURING_CALL, nullptr, nullptr, nullptr, &into));
    }

    void execute(optirs_pjrt_executable* executable, optirs_pjrt_buffer* argument,
                 optirs_pjrt_buffer* result) {
        Completion done;
        const Outcome started(optirs_pjrt_executable_execute(executable, nullptr, &argument, 1, &result, 1,
                                                             Completion::done, &done));
        expectTold(started);
        if (started.isOk()) {
            expectTold(done.wait());
        }
    }

    void readLater() {
        Completion done;
        const Outcome started(
            optirs_pjrt_buffer_to_host(cell(), values_.data(), sizeof values_, Completion::done, &done));
        expectTold(started);
        if (started.isOk()) {
            expectTold(done.wait());
        }
    }

    void compileAndRun() {
        Executable own;
        ASSERT_OK(optirs_pjrt_executable_compile(shared_.client, shared_.program.data(),
                                                 shared_.program.size(), nullptr, own.out()));
        Buffer result;
        optirs_pjrt_buffer* argument = cell();
        expectTold(optirs_pjrt_executable_execute(own.get(), nullptr, &argument, 1, result.out(), 1, nullptr,
                                                  nullptr));
        own.reset();  // while it runs
    }

    void retainAndCopy() {
        optirs_pjrt_buffer* held = cell();
        optirs_pjrt_buffer_retain(held);
        Buffer copy;
        expectTold(optirs_pjrt_buffer_copy_to_device(held, nullptr, copy.out()));
        optirs_pjrt_buffer_release(held);
    }

    Shared& shared_;
    std::minstd_rand random_;
    std::array<int32_t, kExtent> values_{};
};

void hammer(Shared& shared) {
    for (Buffer& cell : shared.cells) {
        const std::array<int32_t, kExtent> values{};
        ASSERT_OK(optirs_pjrt_buffer_from_host(shared.client, values.data(), sizeof values, OPTIRS_DTYPE_S32,
                                               &kExtent, 1, nullptr, OPTIRS_PJRT_HOST_DURING_CALL, nullptr,
                                               nullptr, nullptr, cell.out()));
    }
    Executable executable;
    Executable step;
    ASSERT_OK(optirs_pjrt_executable_compile(shared.client, shared.program.data(), shared.program.size(),
                                             nullptr, executable.out()));
    ASSERT_OK(optirs_pjrt_executable_compile(shared.client, shared.donating.data(), shared.donating.size(),
                                             nullptr, step.out()));
    shared.executable = executable.get();
    shared.step = step.get();
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&shared, i] { Worker(shared, i + 1).run(); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

class HammerTest : public FakeTest {
 protected:
    static void hammerFake(optirs_pjrt_client* client) {
        Shared shared{client,
                      "name add\narguments 1\noutput 4 64\n",
                      "name step\narguments 1\ndonate 0\noutput 4 64\n",
                      nullptr,
                      nullptr,
                      {}};
        hammer(shared);
    }
};

TEST_F(HammerTest, TheFakePluginSurvives) {
    control_->events = fake::Events::kThread;
    hammerFake(client_.get());
}

// Each client is made and destroyed while the other is at work: what they share must bear it.
TEST_F(HammerTest, TwoClientsOfOnePluginSurvive) {
    control_->events = fake::Events::kThread;
    std::thread other([] {
        Plugin plugin;
        ASSERT_OK(
            optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
        Client client;
        ASSERT_OK(optirs_pjrt_client_create(plugin.get(), nullptr, 0, client.out()));
        hammerFake(client.get());
    });
    hammerFake(client_.get());
    client_.reset();
    other.join();
}

TEST(EmbeddedHammerTest, TheEmbeddedPluginSurvives) {
    if (!std::filesystem::exists(OPTIRS_EMBEDDED_PLUGIN)) {
        GTEST_SKIP() << "the embedded plugin is not built: " << OPTIRS_EMBEDDED_PLUGIN;
    }
    const auto program = [](const std::string& attribute) {
        return "module @add { func.func public @main(%a: tensor<64xi32>" + attribute +
               ") -> tensor<64xi32> {\n  %0 = stablehlo.add %a, %a : tensor<64xi32>\n"
               "  return %0 : tensor<64xi32>\n} }\n";
    };
    Plugin plugin;
    ASSERT_OK(load(OPTIRS_EMBEDDED_PLUGIN, plugin));
    Client client;
    ASSERT_OK(optirs_pjrt_client_create(plugin.get(), nullptr, 0, client.out()));
    Shared shared{client.get(), program(""), program(" {tf.aliasing_output = 0 : i32}"),
                  nullptr,      nullptr,     {}};
    hammer(shared);
}

}  // namespace
}  // namespace test
