// Collectives of two ranks, each a thread with a device of the mock machine.
#include <functional>
#include <thread>
#include <vector>

#include "machine.h"

namespace optirs::test {
namespace {

struct ReleaseCommunicator {
    void operator()(optirs_communicator* object) const { optirs_communicator_release(object); }
};

/// What one rank has.
struct Rank {
    int32_t number = 0;
    optirs_device* device = nullptr;
    Held<optirs_stream> stream;
    std::unique_ptr<optirs_communicator, ReleaseCommunicator> communicator;

    Held<optirs_device_memory> memory(const std::vector<float>& values) const {
        optirs_device_memory* made = nullptr;
        EXPECT_OK(optirs_device_memory_create(stream.get(), values.size() * 4, nullptr, 0, &made));
        EXPECT_OK(optirs_device_memory_write(made, 0, values.data(), values.size() * 4, stream.get()));
        return Held<optirs_device_memory>(made);
    }
    std::vector<float> read(const Held<optirs_device_memory>& from) const {
        std::vector<float> values(optirs_device_memory_size(from.get()) / 4);
        EXPECT_OK(optirs_device_memory_read(from.get(), 0, values.data(), values.size() * 4, stream.get()));
        EXPECT_OK(optirs_stream_wait(stream.get()));
        return values;
    }
};

void* data(const Held<optirs_device_memory>& memory) { return optirs_device_memory_data(memory.get()); }

class CommunicatorTest : public MachineTest {
 protected:
    CommunicatorTest() { nccl().reset(); }
    ~CommunicatorTest() override {
        EXPECT_STREQ(nccl().violations(), "");
        optirs_device* other = nullptr;
        EXPECT_OK(optirs_device_get(backend.get(), 1, &other));
        uint64_t trimmed = 0;
        EXPECT_OK(optirs_allocator_trim_wait(other, &trimmed));
    }
    static const mock::Control& nccl() { return mockControl("libnccl.so.2"); }

    /// Runs `work` on two ranks at once.
    void onRanks(const std::function<void(Rank&)>& work) {
        optirs_communicator_id id{};
        EXPECT_OK(optirs_communicator_create_id(device, &id));
        const auto rank_work = [&](int32_t number) {
            Rank rank;
            rank.number = number;
            EXPECT_OK(optirs_device_get(backend.get(), number, &rank.device));
            rank.stream = streamOf(rank.device);
            optirs_communicator* made = nullptr;
            EXPECT_OK(optirs_communicator_create_wait(rank.device, &id, 2, number, &made));
            rank.communicator.reset(made);
            work(rank);
        };
        std::thread other([&] { rank_work(1); });
        rank_work(0);
        other.join();
    }
};

using Values = std::vector<float>;

TEST_F(CommunicatorTest, AllReduceCombines) {
    const std::vector<std::pair<optirs_reduction, Values>> wanted = {
        {OPTIRS_REDUCTION_SUM, {11, 22, -3}},
        {OPTIRS_REDUCTION_PRODUCT, {10, 40, 2}},
        {OPTIRS_REDUCTION_MAX, {10, 20, -1}},
        {OPTIRS_REDUCTION_MIN, {1, 2, -2}},
        {OPTIRS_REDUCTION_MEAN, {5.5F, 11, -1.5F}}};
    onRanks([&](Rank& rank) {
        for (const auto& [reduction, values] : wanted) {
            const auto memory = rank.memory(rank.number == 0 ? Values{1, 2, -1} : Values{10, 20, -2});
            EXPECT_OK(optirs_communicator_all_reduce(rank.communicator.get(), data(memory), data(memory), 3,
                                                     OPTIRS_DTYPE_F32, reduction, rank.stream.get()));
            EXPECT_EQ(rank.read(memory), values);
        }
        EXPECT_OK(optirs_communicator_check(rank.communicator.get()));
    });
}

TEST_F(CommunicatorTest, GatherScatterBroadcastReduce) {
    onRanks([&](Rank& rank) {
        const bool is_first = rank.number == 0;
        optirs_communicator* communicator = rank.communicator.get();
        const auto two = rank.memory(is_first ? Values{1, 2} : Values{3, 4});
        const auto four = rank.memory(Values(4));
        EXPECT_OK(optirs_communicator_all_gather(communicator, data(two), data(four), 2, OPTIRS_DTYPE_F32,
                                                 rank.stream.get()));
        EXPECT_EQ(rank.read(four), (Values{1, 2, 3, 4}));
        EXPECT_OK(optirs_communicator_reduce_scatter(communicator, data(four), data(two), 2, OPTIRS_DTYPE_F32,
                                                     OPTIRS_REDUCTION_SUM, rank.stream.get()));
        EXPECT_EQ(rank.read(two), is_first ? (Values{2, 4}) : (Values{6, 8}));
        EXPECT_OK(optirs_communicator_broadcast(communicator, data(two), 2, OPTIRS_DTYPE_F32, 1,
                                                rank.stream.get()));
        EXPECT_EQ(rank.read(two), (Values{6, 8}));
        const auto result = rank.memory(Values{0, 0});
        EXPECT_OK(optirs_communicator_reduce(communicator, data(two), data(result), 2, OPTIRS_DTYPE_F32,
                                             OPTIRS_REDUCTION_SUM, 0, rank.stream.get()));
        EXPECT_EQ(rank.read(result), is_first ? (Values{12, 16}) : (Values{0, 0}));
    });
}

TEST_F(CommunicatorTest, SharesAreExchanged) {
    onRanks([&](Rank& rank) {
        const bool is_first = rank.number == 0;
        const auto input = rank.memory(is_first ? Values{1, 2, 3, 4} : Values{5, 6, 7, 8});
        const auto output = rank.memory(Values(4));
        EXPECT_OK(optirs_communicator_all_to_all(rank.communicator.get(), data(input), data(output), 2,
                                                 OPTIRS_DTYPE_F32, rank.stream.get()));
        EXPECT_EQ(rank.read(output), is_first ? (Values{1, 2, 5, 6}) : (Values{3, 4, 7, 8}));
        // From the first to the second only.
        EXPECT_OK(optirs_communicator_send_receive(
            rank.communicator.get(), is_first ? data(input) : nullptr, is_first ? 1 : -1,
            is_first ? nullptr : data(output), is_first ? -1 : 0, 4, OPTIRS_DTYPE_F32, rank.stream.get()));
        EXPECT_EQ(rank.read(output), is_first ? (Values{1, 2, 5, 6}) : (Values{1, 2, 3, 4}));
    });
}

TEST_F(CommunicatorTest, WrongArgumentsAreNamed) {
    optirs_communicator_id id{};
    EXPECT_OK(optirs_communicator_create_id(device, &id));
    optirs_communicator* raw = nullptr;
    EXPECT_EQ(take(optirs_communicator_create_wait(device, &id, 0, 0, &raw)).code, OPTIRS_INVALID_ARGUMENT);
    Failure failure = take(optirs_communicator_create_wait(device, &id, 2, 2, &raw));
    EXPECT_EQ(failure.message, "rank is 2; there are 2 ranks, numbered from 0");
    EXPECT_OK(optirs_communicator_create_wait(device, &id, 1, 0, &raw));
    const std::unique_ptr<optirs_communicator, ReleaseCommunicator> alone(raw);
    const auto owner = stream();
    const auto block = memory(owner, 64);
    const auto all_reduce = [&](const void* input, optirs_dtype dtype, optirs_reduction reduction,
                                optirs_stream* queue) {
        return take(optirs_communicator_all_reduce(raw, input, data(block), 4, dtype, reduction, queue));
    };
    EXPECT_EQ(all_reduce(data(block), OPTIRS_DTYPE_F32, 9, owner.get()).message,
              "reduction is 9; it must be 0 to 4");
    EXPECT_EQ(all_reduce(data(block), 999, 0, owner.get()).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_EQ(all_reduce(data(block), OPTIRS_DTYPE_C64, 0, owner.get()).message,
              "element type 14 cannot be combined by NCCL 2.22");
    // Before NCCL 2.24 there are no 8-bit floats to combine; they can be moved.
    EXPECT_EQ(all_reduce(data(block), OPTIRS_DTYPE_F8E4M3FN, 0, owner.get()).code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_OK(optirs_communicator_broadcast(raw, data(block), 4, OPTIRS_DTYPE_F8E4M3FN, 0, owner.get()));
    EXPECT_EQ(all_reduce(nullptr, OPTIRS_DTYPE_F32, 0, owner.get()).message, "argument input is NULL");
    EXPECT_EQ(
        take(optirs_communicator_broadcast(raw, data(block), 4, OPTIRS_DTYPE_F32, 1, owner.get())).message,
        "root is 1; there are 1 ranks, numbered from 0");
    optirs_device* other = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &other));
    const auto foreign = streamOf(other);
    EXPECT_EQ(all_reduce(data(block), OPTIRS_DTYPE_F32, 0, foreign.get()).message,
              "argument stream belongs to device 1, not 0");
}

TEST_F(CommunicatorTest, EveryFailureIsTyped) {
    optirs_communicator_id id{};
    EXPECT_OK(optirs_communicator_create_id(device, &id));
    optirs_communicator* raw = nullptr;
    EXPECT_OK(optirs_communicator_create_wait(device, &id, 1, 0, &raw));
    std::unique_ptr<optirs_communicator, ReleaseCommunicator> alone(raw);
    const auto owner = stream();
    const auto block = memory(owner, 64);
    const std::vector<std::pair<int32_t, optirs_status>> codes = {
        {1, OPTIRS_INTERNAL},         {2, OPTIRS_UNAVAILABLE},         {3, OPTIRS_INTERNAL},
        {4, OPTIRS_INVALID_ARGUMENT}, {5, OPTIRS_FAILED_PRECONDITION}, {6, OPTIRS_ABORTED},
        {8, OPTIRS_DEADLINE_EXCEEDED}};
    for (const auto& [code, expected] : codes) {
        nccl().fail("ncclAllReduce", 0, code);
        const Failure failure = take(optirs_communicator_all_reduce(raw, data(block), data(block), 4,
                                                                    OPTIRS_DTYPE_F32, 0, owner.get()));
        EXPECT_EQ(failure.code, expected) << code;
        EXPECT_NE(failure.message.find("ncclAllReduce failed: as the test wanted (more about it)"),
                  std::string::npos)
            << failure.message;
    }
    for (int k = 0; k < 10; ++k) {  // in the middle of a group, which must be closed again
        nccl().fail(nullptr, k, 6);
        const Failure failure = take(
            optirs_communicator_all_to_all(raw, data(block), data(block), 4, OPTIRS_DTYPE_F32, owner.get()));
        if (nccl().failed() == 0) {
            EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
            EXPECT_EQ(k, 4);
            break;
        }
        EXPECT_EQ(failure.code, OPTIRS_ABORTED);
    }
    // A failed communicator says so, and is given up instead of left in order.
    nccl().fail("ncclCommGetAsyncError", 0, 6);
    EXPECT_EQ(take(optirs_communicator_check(raw)).code, OPTIRS_ABORTED);
    nccl().reset();
    nccl().fail("ncclCommGetAsyncError", 0, 6);
    alone.reset();
    EXPECT_NE(std::string(nccl().calls()).find("ncclCommAbort"), std::string::npos);
}

}  // namespace
}  // namespace optirs::test
