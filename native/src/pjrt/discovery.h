// Where plugins may be, in the order in which they are tried.
#pragma once

#include <optirs/pjrt.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/core/object.h"

namespace optirs::pjrt {

struct Candidate {
    std::string name;
    std::string source;
    std::string path;  // absolute; empty where the source gives none
    std::string note;  // why it is missing
    bool exists = false;
    bool is_explicit = false;  // the user asked for exactly this one
};

/// What candidates are called whose name would come from a variable that is not set.
constexpr std::string_view kNameless = "plugin";

/// All candidates, missing ones included. Opens no library.
std::vector<Candidate> findCandidates();

}  // namespace optirs::pjrt

/// The result of one search.
struct optirs_pjrt_discovery final : optirs::core::Object {
    optirs_pjrt_discovery()
        : Object(OPTIRS_OBJECT_PJRT_DISCOVERY), candidates_(optirs::pjrt::findCandidates()) {}

    const std::vector<optirs::pjrt::Candidate>& candidates() const noexcept { return candidates_; }

 private:
    std::vector<optirs::pjrt::Candidate> candidates_;
};
