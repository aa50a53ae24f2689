/// @file
/// Where the devices of one execution meet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pjrt_cpu/ir/error.h"
#include "src/cpu/function_ref.h"

namespace optirs::plugin {

class ProcessGroup;
class RemoteMessages;

/// What one member brings to a collective operation. All pointers stay valid until it is over.
struct Contribution {
    std::vector<const std::byte*> operands;
    /// Empty for a member that lives in another process.
    std::vector<std::byte*> results;
};

/// Which operation a participant has reached.
struct CollectiveName {
    const void* program = nullptr;  ///< the compiled program it belongs to
    int32_t ordinal = 0;            ///< its number in that program
    /// Kind, place, types and attributes, for messages.
    std::string text;
    /// The part of `text` that two programs must agree on.
    std::string signature;
    /// Bytes of each operand.
    std::vector<int64_t> operand_bytes;
};

/// The meeting place of one execution: participants (replica * num_partitions + partition) arrive at
/// collective operations, and the last one to arrive does the work for all. Also carries messages between
/// two participants. Thread-safe; each participant blocks its own thread.
///
/// It knows at any time who waits for whom. So an operation that can no longer happen (a member has ended,
/// has failed, or waits at another operation that this one holds up) fails at once, for all, with an error
/// that names devices and operations; no time passes. A member that neither arrives nor ends fails the
/// operation when nobody has arrived at it for `timeout_s` seconds. After a failure every later call throws.
class Rendezvous {
 public:
    /// `names`: of each participant, for messages ("device 3 (replica 1, partition 1)").
    Rendezvous(std::vector<std::string> names, double timeout_s);
    ~Rendezvous();
    Rendezvous(const Rendezvous&) = delete;
    Rendezvous& operator=(const Rendezvous&) = delete;

    int participantCount() const { return static_cast<int>(participants_.size()); }

    /// Participants outside `local` are reached through `group`; `process_of` gives each participant's
    /// process. To be called before the first participant starts.
    void spanProcesses(ProcessGroup& group, std::vector<int32_t> process_of, int64_t run_id);

    /// Blocks until all `members` are at the operation and it is done. `perform` gets the contributions in
    /// the order of `members` and is called once, by whoever arrives last.
    /// @throws Error FAILED_PRECONDITION (members disagree), DEADLINE_EXCEEDED, ABORTED (another one failed)
    void meet(int participant, std::span<const int32_t> members, const CollectiveName& name,
              Contribution contribution, FunctionRef<void(std::span<const Contribution>)> perform);

    using Payload = std::vector<std::vector<std::byte>>;
    /// Leaves a message for `target` (-1: for anyone of this process) on a channel and goes on.
    void send(int participant, int64_t channel, int target, Payload payload);
    /// Blocks until there is a message on the channel for this participant: from `source`, or from anyone
    /// of this process when that is -1. Messages of one sender arrive in the order they were sent.
    /// @throws Error as meet(), or UNAVAILABLE when another process did not get through
    Payload receive(int participant, int64_t channel, int source, const std::string& what);

    /// Blocks until other processes have received all that this participant sent them.
    /// @throws Error UNAVAILABLE when one did not
    void flush(int participant);
    /// To be called once for each participant, when its program has ended.
    void finish(int participant);
    void fail(int participant, const Error& error);

 private:
    struct Meeting;
    struct Message {
        int64_t channel;
        int source;
        int target;
        Payload payload;
    };
    struct Participant {
        enum class State : uint8_t { kRunning, kMeeting, kReceiving, kFinished };
        std::string name;
        State state = State::kRunning;
        std::shared_ptr<Meeting> meeting;  ///< kMeeting
        // kReceiving: what it waits for, and what a sender has handed over.
        int64_t channel = 0;
        int source = -1;
        std::optional<Payload> received;
        std::string waits_at;
        std::condition_variable changed;
    };
    using Lock = std::unique_lock<std::mutex>;

    std::shared_ptr<Meeting> join(std::span<const int32_t> members, const CollectiveName& name);
    void perform(Lock& lock, const std::shared_ptr<Meeting>& meeting,
                 FunctionRef<void(std::span<const Contribution>)> perform);
    void await(Lock& lock, int participant, const std::shared_ptr<Meeting>& meeting);
    bool isLocal(int participant) const;
    bool waitsForItself(int participant) const;
    std::vector<int32_t> waitsFor(int participant) const;
    void checkProgress(int participant);
    void failAll(Code code, const std::string& why);
    std::string situation() const;
    [[noreturn]] void throwFailure(int participant) const;

    const std::chrono::duration<double> timeout_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Participant>> participants_;
    std::vector<std::shared_ptr<Meeting>> open_;
    std::vector<Message> messages_;
    int running_;
    std::optional<Error> failure_;

    ProcessGroup* group_ = nullptr;
    std::unique_ptr<RemoteMessages> remote_;
    std::vector<int32_t> process_of_;
    int64_t run_id_ = 0;
};

}  // namespace optirs::plugin
