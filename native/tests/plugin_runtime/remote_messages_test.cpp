// send and recv between processes, which are threads here.
#include "pjrt_cpu/runtime/remote_messages.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstring>
#include <queue>

#include "pjrt_cpu/runtime/rendezvous.h"

namespace optirs::plugin {
namespace {

/// What is under way between processes of one test. As with Gloo, a message leaves when it is received.
class Mail {
 public:
    using Address = std::tuple<int, int, uint64_t>;  // from, to, tag

    void send(const Address& address, std::span<const std::byte> bytes) {
        std::unique_lock lock(mutex_);
        under_way_[address].emplace(bytes.begin(), bytes.end());
        changed_.notify_all();
        changed_.wait(lock, [&] { return under_way_[address].empty() || broken_; });
        if (broken_) throw Error(Code::kUnavailable, "the line is broken");
    }

    void receive(const Address& address, std::span<std::byte> bytes) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !under_way_[address].empty() || broken_; });
        if (broken_) throw Error(Code::kUnavailable, "the line is broken");
        const std::vector<std::byte>& message = under_way_[address].front();
        ASSERT_EQ(message.size(), bytes.size());
        std::memcpy(bytes.data(), message.data(), bytes.size());
        under_way_[address].pop();
        changed_.notify_all();
    }

    void breakDown() {
        const std::lock_guard lock(mutex_);
        broken_ = true;
        changed_.notify_all();
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Address, std::queue<std::vector<std::byte>>> under_way_;
    bool broken_ = false;
};

class Process final : public ProcessGroup {
 public:
    Process(Mail& mail, int rank) : mail_(mail), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return 2; }
    void exchange(uint64_t tag, std::span<const Transfer> send, std::span<const Transfer> receive) override {
        for (const Transfer& transfer : send) mail_.send({rank_, transfer.process, tag}, transfer.bytes);
        for (const Transfer& transfer : receive)
            mail_.receive({transfer.process, rank_, tag}, transfer.bytes);
    }

 private:
    Mail& mail_;
    int rank_;
};

/// Participants 0 and 1, each in a process of its own.
struct Pair {
    Pair() {
        for (int i = 0; i < 2; ++i) at(i).spanProcesses(process(i), {0, 1}, 7);
    }
    Rendezvous& at(int i) { return i == 0 ? first : second; }
    Process& process(int i) { return i == 0 ? here : there; }

    Mail mail;
    Process here{mail, 0}, there{mail, 1};
    Rendezvous first{{"device 0", "device 1"}, 1e6}, second{{"device 0", "device 1"}, 1e6};
};

Rendezvous::Payload payload(int value) {
    return {{static_cast<std::byte>(value)}, {}, std::vector<std::byte>(3)};
}

TEST(RemoteMessages, BothMaySendFirstAndOrderIsKeptOnEachChannel) {
    Pair pair;
    std::vector<int> got[2];
    const auto work = [&](int self) {
        Rendezvous& mine = pair.at(self);
        for (int i = 0; i < 3; ++i) {
            mine.send(self, 5, 1 - self, payload(10 * self + i));
            mine.send(self, 6, 1 - self, payload(100 + i));
        }
        for (const int64_t channel : {5, 6, 6, 5, 5, 6}) {
            const auto message = mine.receive(self, channel, 1 - self, "recv");
            ASSERT_EQ(message.size(), 3U);
            EXPECT_EQ(message[1].size(), 0U);
            EXPECT_EQ(message[2].size(), 3U);
            got[self].push_back(static_cast<int>(message[0][0]));
        }
        mine.flush(self);
        mine.finish(self);
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    EXPECT_EQ(got[0], (std::vector<int>{10, 100, 101, 11, 12, 102}));
    EXPECT_EQ(got[1], (std::vector<int>{0, 100, 101, 1, 2, 102}));
}

TEST(RemoteMessages, ABrokenLineIsAnErrorOnBothSides) {
    Pair pair;
    pair.first.send(0, 5, 1, payload(1));
    pair.mail.breakDown();
    const auto messageOf = [](auto&& action) -> std::string {
        try {
            action();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::kUnavailable);
            return error.message();
        }
        return "no error";
    };
    EXPECT_EQ(messageOf([&] { pair.first.flush(0); }),
              "what device 0 sent was not received: the line is broken");
    EXPECT_EQ(messageOf([&] { pair.second.receive(1, 5, 0, "recv at line 4"); }),
              "recv at line 4: the line is broken");
    pair.first.flush(0);  // said once
}

}  // namespace
}  // namespace optirs::plugin
