#include "src/core/faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/core/error.h"

namespace optirs::core {
namespace {

class Faults : public testing::Test {
 protected:
    void TearDown() override { setFaults(""); }

    static std::vector<bool> allocations(int count) {
        std::vector<bool> due(static_cast<size_t>(count));
        std::generate(due.begin(), due.end(), allocationFaultDue);
        return due;
    }
};

TEST_F(Faults, NothingFailsUnlessArmed) {
    EXPECT_FALSE(allocationFaultDue());
    EXPECT_FALSE(callFaultDue("echo"));
    EXPECT_EQ(faultsFired(), 0u);
}

TEST_F(Faults, OnlyTheKthFails) {
    setFaults("oom@2");
    EXPECT_EQ(allocations(5), (std::vector<bool>{false, false, true, false, false}));
    EXPECT_EQ(faultsFired(), 1u);
}

TEST_F(Faults, SeveralMayBeArmed) {
    setFaults("oom@0,call@1,oom@3");
    EXPECT_EQ(allocations(5), (std::vector<bool>{true, false, false, true, false}));
    EXPECT_FALSE(callFaultDue("echo"));
    EXPECT_TRUE(callFaultDue("cuda"));
    EXPECT_EQ(faultsFired(), 3u);
}

TEST_F(Faults, ABackendCountsItsOwnCalls) {
    setFaults("cuda@1");
    EXPECT_FALSE(callFaultDue("cuda"));
    EXPECT_FALSE(callFaultDue("echo"));
    EXPECT_TRUE(callFaultDue("cuda"));
    EXPECT_FALSE(callFaultDue("cuda"));
}

TEST_F(Faults, ArmingAgainStartsOver) {
    setFaults("oom@1");
    EXPECT_FALSE(allocationFaultDue());
    setFaults("oom@1");
    EXPECT_FALSE(allocationFaultDue());
    EXPECT_TRUE(allocationFaultDue());
    setFaults("");
    EXPECT_EQ(faultsFired(), 0u);
    EXPECT_FALSE(allocationFaultDue());
}

TEST_F(Faults, TheFaultPointNamesTheBackend) {
    setFaults("call@0");
    try {
        callFaultPoint("pjrt");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnavailable);
        EXPECT_EQ(error.backend(), "pjrt");
    }
    EXPECT_NO_THROW(callFaultPoint("pjrt"));
}

TEST_F(Faults, MalformedSpecificationsAreRefusedAndChangeNothing) {
    setFaults("oom@0");
    const std::string many = [] {
        std::string text = "oom@0";
        for (int i = 0; i < 20; ++i) {
            text += ",oom@1";
        }
        return text;
    }();
    const std::string long_site = std::string(40, 'x') + "@1";
    for (const std::string_view specification :
         {"oom", "@3", "oom@", "oom@x", "oom@-1", "oom@1x", "oom@1,,call@2", "oom@99999999999999999999999",
          many.c_str(), long_site.c_str()}) {
        try {
            setFaults(specification);
            ADD_FAILURE() << specification << " was accepted";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::kInvalidArgument);
            EXPECT_NE(error.message().find(specification), std::string::npos) << error.message();
        }
    }
    EXPECT_TRUE(allocationFaultDue());
}

}  // namespace
}  // namespace optirs::core
