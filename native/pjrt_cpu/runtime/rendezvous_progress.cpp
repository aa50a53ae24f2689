// Who waits for whom, and when that can come to no end.
#include <algorithm>
#include <map>

#include "pjrt_cpu/runtime/meeting.h"

namespace optirs::plugin {
namespace {

constexpr size_t kMaxListed = 16;

}  // namespace

std::vector<int32_t> Rendezvous::waitsFor(int participant) const {
    const Participant& self = *participants_[static_cast<size_t>(participant)];
    std::vector<int32_t> others;
    if (self.state == Participant::State::kReceiving && self.source >= 0) {
        others.push_back(self.source);
    } else if (self.state == Participant::State::kMeeting) {
        const Meeting& meeting = *self.meeting;
        for (size_t i = 0; i < meeting.members.size(); ++i) {
            if (!meeting.arrived[i] && isLocal(meeting.members[i])) others.push_back(meeting.members[i]);
        }
    }
    return others;
}

bool Rendezvous::waitsForItself(int participant) const {
    // Everyone waits for all that it waits for, so a cycle, or one that has ended, holds it up forever.
    std::vector<bool> seen(participants_.size());
    std::vector<int32_t> work = waitsFor(participant);
    while (!work.empty()) {
        const int32_t next = work.back();
        work.pop_back();
        if (next == participant) return true;
        if (seen[static_cast<size_t>(next)]) continue;
        seen[static_cast<size_t>(next)] = true;
        const Participant& other = *participants_[static_cast<size_t>(next)];
        if (other.state == Participant::State::kFinished) return true;
        const std::vector<int32_t> more = waitsFor(next);
        work.insert(work.end(), more.begin(), more.end());
    }
    return false;
}

void Rendezvous::checkProgress(int participant) {
    const auto is_waiting = [](const auto& other) {
        return other->state == Participant::State::kMeeting || other->state == Participant::State::kReceiving;
    };
    bool stuck = running_ == 0 && std::ranges::any_of(participants_, is_waiting);
    if (participants_[static_cast<size_t>(participant)]->state == Participant::State::kFinished) {
        for (size_t i = 0; i < participants_.size() && !stuck; ++i) {
            const std::vector<int32_t> others = waitsFor(static_cast<int>(i));
            stuck = std::ranges::find(others, participant) != others.end();
        }
    } else {
        stuck = stuck || waitsForItself(participant);
    }
    if (stuck) {
        failAll(Code::kFailedPrecondition,
                "the devices of this execution disagree, and would wait forever: " + situation());
    }
}

void Rendezvous::failAll(Code code, const std::string& why) {
    if (!failure_) failure_ = Error(code, why);
    for (const auto& participant : participants_) participant->changed.notify_all();
}

/// Who waits where; devices at the same place are named together.
std::string Rendezvous::situation() const {
    std::map<std::string, std::vector<const std::string*>> places;
    for (size_t i = 0; i < participants_.size(); ++i) {
        if (!isLocal(static_cast<int>(i))) continue;
        const Participant& participant = *participants_[i];
        std::string place;
        switch (participant.state) {
            case Participant::State::kRunning:
                place = "still running, never arrived";
                break;
            case Participant::State::kFinished:
                place = "ended";
                break;
            case Participant::State::kMeeting:
            case Participant::State::kReceiving:
                place = "at " + participant.waits_at;
                break;
        }
        places[place].push_back(&participant.name);
    }
    std::string text;
    for (const auto& [place, names] : places) {
        if (!text.empty()) text += "; ";
        for (size_t i = 0; i < std::min(names.size(), kMaxListed); ++i)
            text += (i == 0 ? "" : ", ") + *names[i];
        if (names.size() > kMaxListed) text += " and " + std::to_string(names.size() - kMaxListed) + " more";
        text += ": " + place;
    }
    return text;
}

void Rendezvous::throwFailure(int participant) const {
    if (failure_->code() != Code::kAborted) throw *failure_;
    const Participant& self = *participants_[static_cast<size_t>(participant)];
    const std::string where = self.waits_at.empty() ? "" : " (this device had reached " + self.waits_at + ")";
    throw Error(Code::kAborted, failure_->message() + where);
}

}  // namespace optirs::plugin
