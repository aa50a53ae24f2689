#include "pjrt_cpu/runtime/rendezvous.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

namespace optirs::plugin {
namespace {

std::vector<std::string> names(int count) {
    std::vector<std::string> result;
    for (int i = 0; i < count; ++i) result.push_back("device " + std::to_string(i));
    return result;
}

CollectiveName operation(int ordinal) {
    CollectiveName name;
    name.ordinal = ordinal;
    name.text = "operation " + std::to_string(ordinal);
    return name;
}

/// Runs body(participant) on threads of their own; gives each one's failure, empty when there was none.
std::vector<std::string> together(Rendezvous& rendezvous, const std::function<void(int)>& body) {
    std::vector<std::string> failures(static_cast<size_t>(rendezvous.participantCount()));
    std::vector<std::thread> threads;
    threads.reserve(failures.size());
    for (size_t i = 0; i < failures.size(); ++i) {
        threads.emplace_back([&, i] {
            try {
                body(static_cast<int>(i));
                rendezvous.finish(static_cast<int>(i));
            } catch (const Error& error) {
                failures[i] = error.message();
                rendezvous.fail(static_cast<int>(i), error);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    return failures;
}

constexpr double kNever = 1e6;

void meet(Rendezvous& rendezvous, int self, const std::vector<int32_t>& members, int ordinal) {
    rendezvous.meet(self, members, operation(ordinal), {}, [](std::span<const Contribution>) {});
}

TEST(Rendezvous, GivesContributionsInTheOrderOfTheMembersToOneOfThem) {
    Rendezvous rendezvous(names(4), kNever);
    const std::vector<int32_t> members = {2, 0, 3, 1};
    std::vector<std::byte> cells(4);
    std::atomic<int> calls{0};
    for (const std::string& failure : together(rendezvous, [&](int self) {
             for (int round = 0; round < 200; ++round) {
                 Contribution own;
                 own.operands.push_back(&cells[static_cast<size_t>(self)]);
                 rendezvous.meet(
                     self, members, operation(round), std::move(own), [&](std::span<const Contribution> all) {
                         ++calls;
                         for (size_t i = 0; i < 4; ++i)
                             EXPECT_EQ(all[i].operands[0], &cells[static_cast<size_t>(members[i])]);
                     });
             }
         })) {
        EXPECT_EQ(failure, "");
    }
    EXPECT_EQ(calls, 200);
}

TEST(Rendezvous, DisjointGroupsDoNotWaitForEachOther) {
    Rendezvous rendezvous(names(4), kNever);
    std::atomic<bool> second_pair_done{false};
    const auto failures = together(rendezvous, [&](int self) {
        if (self < 2) {
            second_pair_done.wait(false);  // would never end if the pairs waited for each other
            meet(rendezvous, self, {0, 1}, 0);
        } else {
            meet(rendezvous, self, {2, 3}, 0);
            second_pair_done = true;
            second_pair_done.notify_all();
        }
    });
    EXPECT_EQ(failures, std::vector<std::string>(4));
}

TEST(Rendezvous, AMemberThatEndsFailsTheOthersAtOnce) {
    Rendezvous rendezvous(names(3), kNever);
    const auto failures = together(rendezvous, [&](int self) {
        if (self != 1) meet(rendezvous, self, {0, 1, 2}, 7);
    });
    EXPECT_EQ(failures[1], "");
    // Whoever came first is told at once; the other one may not have arrived by then.
    EXPECT_NE(failures[0].find("at operation 7"), std::string::npos) << failures[0];
    EXPECT_NE(failures[0].find("device 1: ended"), std::string::npos) << failures[0];
    EXPECT_EQ(failures[2], failures[0]);
}

TEST(Rendezvous, AFailureReachesThoseWhoWait) {
    Rendezvous rendezvous(names(2), kNever);
    const auto failures = together(rendezvous, [&](int self) {
        if (self == 1) throw Error(Code::kInternal, "out of luck");
        meet(rendezvous, self, {0, 1}, 0);
    });
    EXPECT_NE(failures[0].find("device 1 failed: out of luck"), std::string::npos) << failures[0];
}

TEST(Rendezvous, ACycleIsSeenWhileOthersStillRun) {
    Rendezvous rendezvous(names(4), kNever);
    std::atomic<int> stuck{3};
    const auto failures = together(rendezvous, [&](int self) {
        if (self == 3) {
            for (int left = stuck; left > 0; left = stuck) stuck.wait(left);
            return;
        }
        try {
            // 0 waits for 1, 1 for 2, 2 for 0.
            const int next = (self + 1) % 3;
            meet(rendezvous, self, {self, next}, self);
        } catch (...) {
            --stuck;
            stuck.notify_all();
            throw;
        }
    });
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_NE(failures[i].find("device 1: at operation 1"), std::string::npos) << failures[i];
        EXPECT_NE(failures[i].find("device 3: still running"), std::string::npos) << failures[i];
    }
}

TEST(Rendezvous, ADeviceThatNeverArrivesMeetsTheDeadline) {
    Rendezvous rendezvous(names(2), 0.02);
    std::atomic<bool> given_up{false};
    const auto failures = together(rendezvous, [&](int self) {
        if (self == 1) {
            given_up.wait(false);
            return;
        }
        try {
            meet(rendezvous, self, {0, 1}, 0);
        } catch (...) {
            given_up = true;
            given_up.notify_all();
            throw;
        }
    });
    EXPECT_NE(failures[0].find("for 0.02 s"), std::string::npos) << failures[0];
    EXPECT_NE(failures[0].find("device 1: still running, never arrived"), std::string::npos) << failures[0];
}

TEST(Rendezvous, MessagesArriveInOrderAndFromWhomTheyShould) {
    Rendezvous rendezvous(names(3), kNever);
    const auto payload = [](int value) { return Rendezvous::Payload{{static_cast<std::byte>(value)}}; };
    std::vector<int> got;
    const auto failures = together(rendezvous, [&](int self) {
        if (self < 2) {
            for (int i = 0; i < 3; ++i) rendezvous.send(self, 5, 2, payload(10 * self + i));
            return;
        }
        for (const int source : {1, 0, 0, 1, 1, 0})
            got.push_back(static_cast<int>(rendezvous.receive(2, 5, source, "recv")[0][0]));
    });
    EXPECT_EQ(failures, std::vector<std::string>(3));
    EXPECT_EQ(got, (std::vector<int>{10, 0, 1, 11, 12, 2}));
}

TEST(Rendezvous, AReceiverWithoutSenderFailsAtOnce) {
    for (const int source : {-1, 1}) {
        Rendezvous rendezvous(names(2), kNever);
        const auto failures = together(rendezvous, [&](int self) {
            if (self == 0) rendezvous.receive(0, 1, source, "recv at line 4");
        });
        EXPECT_NE(failures[0].find("recv at line 4"), std::string::npos) << failures[0];
    }
}

}  // namespace
}  // namespace optirs::plugin
