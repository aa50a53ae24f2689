#include "pjrt_cpu/runtime/rendezvous.h"

#include <algorithm>
#include <utility>

#include "pjrt_cpu/runtime/meeting.h"
#include "pjrt_cpu/runtime/remote_members.h"
#include "pjrt_cpu/runtime/remote_messages.h"

namespace optirs::plugin {
namespace {

std::string secondsText(std::chrono::duration<double> duration) {
    std::string text = std::to_string(duration.count());
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + " s";
}

}  // namespace

Rendezvous::Rendezvous(std::vector<std::string> names, double timeout_s)
    : timeout_(timeout_s), running_(static_cast<int>(names.size())) {
    participants_.reserve(names.size());
    for (std::string& name : names) {
        participants_.push_back(std::make_unique<Participant>());
        participants_.back()->name = std::move(name);
    }
}

Rendezvous::~Rendezvous() = default;

void Rendezvous::spanProcesses(ProcessGroup& group, std::vector<int32_t> process_of, int64_t run_id) {
    const std::lock_guard lock(mutex_);
    group_ = &group;
    process_of_ = std::move(process_of);
    run_id_ = run_id;
    remote_ = std::make_unique<RemoteMessages>(group, run_id);
    for (size_t i = 0; i < participants_.size(); ++i) {
        if (!isLocal(static_cast<int>(i))) --running_;
    }
}

bool Rendezvous::isLocal(int participant) const {
    return group_ == nullptr || process_of_[static_cast<size_t>(participant)] == group_->rank();
}

std::shared_ptr<Rendezvous::Meeting> Rendezvous::join(std::span<const int32_t> members,
                                                      const CollectiveName& name) {
    for (const auto& meeting : open_) {
        const CollectiveName& other = meeting->name;
        // In one program an operation is itself only; two programs must agree on what they do.
        const bool same =
            other.program == name.program ? other.ordinal == name.ordinal : other.signature == name.signature;
        if (same && std::ranges::equal(meeting->members, members)) return meeting;
    }
    auto meeting = std::make_shared<Meeting>();
    meeting->name = name;
    meeting->members.assign(members.begin(), members.end());
    meeting->contributions.resize(members.size());
    meeting->arrived.resize(members.size());
    for (const int32_t member : members) meeting->missing += isLocal(member) ? 1 : 0;
    open_.push_back(meeting);
    return meeting;
}

void Rendezvous::meet(int participant, std::span<const int32_t> members, const CollectiveName& name,
                      Contribution contribution,
                      FunctionRef<void(std::span<const Contribution>)> perform_all) {
    Lock lock(mutex_);
    if (failure_) throwFailure(participant);
    const std::shared_ptr<Meeting> meeting = join(members, name);
    const auto index = static_cast<size_t>(std::ranges::find(members, participant) - members.begin());
    if (index == members.size() || meeting->arrived[index])
        throw internalError(participants_[static_cast<size_t>(participant)]->name +
                            " arrives where it is not expected: " + name.text);
    meeting->contributions[index] = std::move(contribution);
    meeting->arrived[index] = true;
    meeting->last_arrival = std::chrono::steady_clock::now();
    if (--meeting->missing == 0)
        perform(lock, meeting, perform_all);
    else
        await(lock, participant, meeting);
}

void Rendezvous::perform(Lock& lock, const std::shared_ptr<Meeting>& meeting,
                         FunctionRef<void(std::span<const Contribution>)> perform_all) {
    meeting->performing = true;
    std::erase(open_, meeting);
    lock.unlock();
    std::optional<Error> failure;
    try {
        RemoteMembers remote;
        if (group_ != nullptr)
            remote.fetch(*group_, process_of_, run_id_, meeting->name, meeting->members,
                         meeting->contributions);
        perform_all(meeting->contributions);
    } catch (const Error& error) {
        failure = error;
    } catch (const std::exception& error) {
        failure = Error(Code::kInternal, error.what());
    }
    lock.lock();
    meeting->done = true;
    if (failure) {
        failAll(failure->code(), meeting->name.text + ": " + failure->message());
        throw *failure_;
    }
    for (const int32_t member : meeting->members) {
        Participant& other = *participants_[static_cast<size_t>(member)];
        if (other.meeting != meeting) continue;
        other.state = Participant::State::kRunning;
        other.meeting = nullptr;
        ++running_;
        other.changed.notify_one();
    }
}

void Rendezvous::await(Lock& lock, int participant, const std::shared_ptr<Meeting>& meeting) {
    Participant& self = *participants_[static_cast<size_t>(participant)];
    self.state = Participant::State::kMeeting;
    self.meeting = meeting;
    self.waits_at = meeting->name.text;
    --running_;
    checkProgress(participant);
    // While the work is being done nobody may leave: it writes into everyone's memory.
    while (!meeting->done && (meeting->performing || !failure_)) {
        if (meeting->performing) {
            self.changed.wait(lock);
            continue;
        }
        const auto deadline =
            meeting->last_arrival + std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout_);
        if (std::chrono::steady_clock::now() < deadline) {
            self.changed.wait_until(lock, deadline);
            continue;
        }
        failAll(Code::kDeadlineExceeded,
                "nobody has arrived at this operation for " + secondsText(timeout_) + ": " + situation());
    }
    if (self.meeting == nullptr) return;
    self.meeting = nullptr;
    self.state = Participant::State::kRunning;
    ++running_;
    throwFailure(participant);
}

void Rendezvous::send(int participant, int64_t channel, int target, Payload payload) {
    const Lock lock(mutex_);
    if (failure_) throwFailure(participant);
    if (target >= 0 && !isLocal(target)) {
        remote_->post(process_of_[static_cast<size_t>(target)], {channel, participant, target},
                      std::move(payload));
        return;
    }
    // Straight to who waits for it, so that it is running again from here on.
    for (size_t i = 0; i < participants_.size(); ++i) {
        Participant& other = *participants_[i];
        if (other.state != Participant::State::kReceiving || other.channel != channel) continue;
        if (target >= 0 && target != static_cast<int>(i)) continue;
        if (other.source >= 0 && other.source != participant) continue;
        other.received = std::move(payload);
        other.state = Participant::State::kRunning;
        ++running_;
        other.changed.notify_one();
        return;
    }
    messages_.push_back({channel, participant, target, std::move(payload)});
}

Rendezvous::Payload Rendezvous::receive(int participant, int64_t channel, int source,
                                        const std::string& what) {
    Lock lock(mutex_);
    Participant& self = *participants_[static_cast<size_t>(participant)];
    if (failure_) throwFailure(participant);
    if (source >= 0 && !isLocal(source)) {
        lock.unlock();
        // Who sends is not seen from here, so this participant counts as running.
        try {
            return remote_->receive(process_of_[static_cast<size_t>(source)], {channel, source, participant});
        } catch (const Error& error) {
            throw Error(error.code(), what + ": " + error.message());
        }
    }
    const auto waiting = std::ranges::find_if(messages_, [&](const Message& message) {
        return message.channel == channel && (message.target < 0 || message.target == participant) &&
               (source < 0 || message.source == source);
    });
    if (waiting != messages_.end()) {
        Payload payload = std::move(waiting->payload);
        messages_.erase(waiting);
        return payload;
    }
    self.state = Participant::State::kReceiving;
    self.channel = channel;
    self.source = source;
    self.received.reset();
    self.waits_at = what;
    --running_;
    checkProgress(participant);
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout_);
    while (!self.received && !failure_) {
        if (self.changed.wait_until(lock, deadline) == std::cv_status::no_timeout) continue;
        if (!self.received && !failure_)
            failAll(Code::kDeadlineExceeded, "no message for " + secondsText(timeout_) + ": " + situation());
    }
    if (self.received) return std::move(*self.received);
    self.state = Participant::State::kRunning;
    ++running_;
    throwFailure(participant);
}

void Rendezvous::flush(int participant) {
    if (remote_ == nullptr) return;
    try {
        remote_->flush(participant);
    } catch (const Error& error) {
        throw Error(error.code(), "what " + participants_[static_cast<size_t>(participant)]->name +
                                      " sent was not received: " + error.message());
    }
}

void Rendezvous::finish(int participant) {
    const Lock lock(mutex_);
    participants_[static_cast<size_t>(participant)]->state = Participant::State::kFinished;
    --running_;
    if (!failure_) checkProgress(participant);
}

void Rendezvous::fail(int participant, const Error& error) {
    const Lock lock(mutex_);
    Participant& self = *participants_[static_cast<size_t>(participant)];
    self.state = Participant::State::kFinished;
    --running_;
    if (!failure_) failAll(Code::kAborted, self.name + " failed: " + error.message());
}

}  // namespace optirs::plugin
