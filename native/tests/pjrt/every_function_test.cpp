// Each function of the table through the C ABI: it works, its errors arrive with their code, and plugins that
// lack it are told apart.
#include "pjrt_abi/pjrt_abi_versions.h"
#include "tests/pjrt/function_cases_buffers.h"
#include "tests/pjrt/function_cases_places.h"
#include "tests/pjrt/function_cases_programs.h"
#include "tests/pjrt/support.h"

namespace {

using test::Outcome;

const std::vector<test::Case>& cases() {
    static const std::vector<test::Case> all = [] {
        std::vector<test::Case> joined = test::placeCases();
        for (const auto& more : {test::bufferCases(), test::programCases()}) {
            joined.insert(joined.end(), more.begin(), more.end());
        }
        return joined;
    }();
    return all;
}

class EveryFunction : public test::FakeTest {
 protected:
    void SetUp() override {}

    void openPlugin(const std::string& name) {
        open(name);
        ASSERT_OK(test::load(test::pluginPath(name), plugin_));
    }
    void TearDown() override {
        plugin_.reset();
        FakeTest::TearDown();
    }

    test::World world() {
        test::World w{plugin_.get(), client_.get(), {}, {}};
        EXPECT_OK(upload({1, 2, 3, 4}, w.buffer));
        EXPECT_OK(compile(test::kAddProgram, w.executable));
        return w;
    }

    test::Plugin plugin_;
};

TEST_F(EveryFunction, Works) {
    openPlugin("fake");
    for (const test::Case& c : cases()) {
        test::World w = world();
        const Outcome outcome = c.call(w);
        EXPECT_TRUE(outcome.isOk()) << c.function << ": " << outcome.message;
    }
}

TEST_F(EveryFunction, ItsErrorsArriveWithTheirCode) {
    openPlugin("fake");
    const int others = control_->others;
    for (const test::Case& c : cases()) {
        for (int code = OPTIRS_CANCELLED; code <= OPTIRS_UNAUTHENTICATED; ++code) {
            test::World w = world();
            // Memory pressure tries twice. A promise that could not be kept is broken when it goes, by the
            // same function.
            const bool is_retried = code == OPTIRS_RESOURCE_EXHAUSTED &&
                                    std::string_view(c.function) != "PJRT_Client_FulfillAliasBuffer";
            fail(c.function, code, is_retried ? 2 : 1);
            const Outcome outcome = c.call(w);
            control_->failing_times = 0;
            w.buffer.reset();
            w.executable.reset();
            EXPECT_EQ(control_->others, others) << c.function << " leaves something behind when it fails";
            EXPECT_EQ(outcome.code, code) << c.function << ": " << outcome.message;
            EXPECT_TRUE(outcome.says(c.function)) << outcome.message;
            // Topologies have no client whose platform could be named.
            EXPECT_TRUE(outcome.backend == "fake" || outcome.backend == test::pluginPath("fake"))
                << outcome.backend;
        }
    }
}

// Each allocation of the library and each call of the plugin fails in turn.
TEST_F(EveryFunction, EveryFaultIsSurvived) {
    openPlugin("fake");
    for (const test::Case& c : cases()) {
        for (const auto& [site, expected] :
             {std::pair{"oom", OPTIRS_RESOURCE_EXHAUSTED}, {"pjrt", OPTIRS_UNAVAILABLE}}) {
            bool has_fired = true;
            for (int k = 0; has_fired && k < 1000; ++k) {
                const int others = control_->others;
                test::World w = world();
                const std::string fault = std::string(site) + "@" + std::to_string(k);
                ASSERT_OK(optirs_fault_set(fault.data(), fault.size()));
                const Outcome answer = c.call(w);
                has_fired = optirs_fault_fired() != 0;
                ASSERT_OK(optirs_fault_set("", 0));
                w.buffer.reset();
                w.executable.reset();
                // A fault where nothing depends on the call may be survived.
                EXPECT_TRUE(answer.isOk() || (has_fired && answer.code == expected))
                    << c.function << ", " << fault << ": " << answer.code << " " << answer.message;
                EXPECT_EQ(control_->others, others) << c.function << ", " << fault;
            }
            EXPECT_FALSE(has_fired) << c.function;
        }
    }
}

// What the plugin's version lacks is refused by name, with both versions; what it has works.
TEST_F(EveryFunction, IsNamedWherePluginsLackIt) {
    for (const auto& [name, minor] : {std::pair{"fake_40", 40}, {"fake_57", 57}, {"fake_90", 90}}) {
        openPlugin(name);
        for (const test::Case& c : cases()) {
            int since = 0;
            for (const auto& fact : pjrt_abi::kFunctions) {
                since = std::string_view(fact.name) == c.function ? fact.since_minor : since;
            }
            test::World w = world();
            const Outcome outcome = c.call(w);
            if (since <= minor) {
                // Setting up may need something that is younger.
                EXPECT_TRUE(outcome.isOk() || outcome.says("needs 0."))
                    << c.function << ": " << outcome.message;
                continue;
            }
            EXPECT_EQ(outcome.code, OPTIRS_UNIMPLEMENTED) << c.function;
            EXPECT_TRUE(outcome.says(std::string(name) + ".so speaks PJRT 0." + std::to_string(minor) + "; "))
                << outcome.message;
            EXPECT_TRUE(outcome.says("needs 0.")) << outcome.message;
        }
        client_.reset();
        plugin_.reset();
    }
}

TEST_F(EveryFunction, TheSentenceNamesFunctionAndBothVersions) {
    openPlugin("fake_57");
    test::Event event;
    const Outcome outcome(optirs_pjrt_event_create(client_.get(), event.out()));
    EXPECT_EQ(outcome.message,
              "plugin " + test::pluginPath("fake_57") + " speaks PJRT 0.57; Event.Set needs 0.89");
}

TEST_F(EveryFunction, AFieldThatIsTooYoungIsNamed) {
    openPlugin("fake_57");
    test::World w = world();
    optirs_pjrt_execute_options options OPTIRS_PJRT_EXECUTE_OPTIONS_INIT;
    options.call_location = "here";
    optirs_pjrt_buffer* argument = w.buffer.get();
    optirs_pjrt_buffer* result = nullptr;
    const Outcome outcome(optirs_pjrt_executable_execute(w.executable.get(), &options, &argument, 1, &result,
                                                         1, nullptr, nullptr));
    EXPECT_EQ(outcome.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_TRUE(outcome.says("call_location of LoadedExecutable.Execute needs 0.76")) << outcome.message;
}

TEST_F(EveryFunction, PayloadsComeWithTheError) {
    openPlugin("fake");
    fail("PJRT_Client_DmaMap", OPTIRS_DATA_LOSS);
    int32_t room = 0;
    const test::ErrorPointer error(optirs_pjrt_client_dma_map(client_.get(), &room, 4));
    ASSERT_EQ(optirs_error_num_payloads(error.get()), 1);
    uint64_t key_size = 0;
    const uint8_t* value = nullptr;
    uint64_t value_size = 0;
    const char* key = optirs_error_payload(error.get(), 0, &key_size, &value, &value_size);
    EXPECT_EQ(std::string(key, key_size), "fake/detail");
    ASSERT_EQ(value_size, 2U);
    EXPECT_EQ(value[1], 1);
    EXPECT_EQ(optirs_error_payload(error.get(), 1, &key_size, &value, &value_size), nullptr);
}

}  // namespace
