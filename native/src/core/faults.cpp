#include "src/core/faults.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <span>

#include "src/core/error.h"
#include "src/core/text.h"

namespace optirs::core {
namespace {

constexpr size_t kMaxFaults = 16;
constexpr size_t kMaxSite = 32;

struct Fault {
    std::array<char, kMaxSite> site{};  // padded with NULs
    uint64_t k = 0;
    uint64_t seen = 0;

    std::string_view name() const noexcept { return site.data(); }
};

// Fixed storage: arming and counting happen inside operator new and must not allocate.
struct FaultList {
    std::array<Fault, kMaxFaults> faults{};
    size_t count = 0;

    std::span<Fault> all() noexcept { return {faults.data(), count}; }
};

constinit std::mutex mutex;
constinit FaultList armed_list;
constinit std::atomic<bool> is_armed{false};
constinit std::atomic<uint64_t> fired{0};

[[noreturn]] void malformed(std::string_view specification, std::string_view why) {
    throw Error(Code::kInvalidArgument,
                concat("fault specification '", specification, "': ", why,
                       "; write site@k, separated by commas, for instance oom@7,call@3"));
}

Fault parseFault(std::string_view specification, std::string_view item) {
    const size_t at = item.find('@');
    if (at == std::string_view::npos || at == 0) {
        malformed(specification, concat("'", item, "' is not of the form site@k"));
    }
    if (at >= kMaxSite) {
        malformed(specification,
                  concat("the site '", item.substr(0, at), "' is longer than ", kMaxSite - 1, " bytes"));
    }
    Fault fault;
    std::copy_n(item.begin(), at, fault.site.begin());
    const char* end = item.data() + item.size();
    const auto [rest, status] = std::from_chars(item.data() + at + 1, end, fault.k);
    if (status != std::errc() || rest != end) {
        malformed(specification, concat("'", item.substr(at + 1), "' is not a number k = 0, 1, 2, ..."));
    }
    return fault;
}

FaultList parse(std::string_view specification) {
    FaultList list;
    std::string_view rest = specification;
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        if (list.count == kMaxFaults) {
            malformed(specification, concat("more than ", kMaxFaults, " faults"));
        }
        list.faults[list.count++] = parseFault(specification, rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return list;
}

/// Counts an event at a site that goes by two names.
bool isDue(std::string_view site, std::string_view other_site) noexcept {
    if (!is_armed.load(std::memory_order_relaxed)) {
        return false;
    }
    const std::scoped_lock lock(mutex);
    bool due = false;
    for (Fault& fault : armed_list.all()) {
        if (fault.name() == site || fault.name() == other_site) {
            due |= fault.seen++ == fault.k;
        }
    }
    fired.fetch_add(due ? 1 : 0, std::memory_order_relaxed);
    return due;
}

/// OPTIRS_FAULT has no caller to return an error to, so a malformed one is reported on standard error.
const bool environment_was_read = [] {
    const char* specification = std::getenv("OPTIRS_FAULT");
    if (specification != nullptr) {
        try {
            setFaults(specification);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "optirs: OPTIRS_FAULT is ignored: %s\n", error.what());
        }
    }
    return specification != nullptr;
}();

}  // namespace

void setFaults(std::string_view specification) {
    const FaultList list = parse(specification);
    const std::scoped_lock lock(mutex);
    armed_list = list;
    fired.store(0, std::memory_order_relaxed);
    is_armed.store(list.count != 0, std::memory_order_relaxed);
}

uint64_t faultsFired() noexcept { return fired.load(std::memory_order_relaxed); }

bool allocationFaultDue() noexcept { return isDue("oom", "oom"); }

bool callFaultDue(std::string_view backend) noexcept { return isDue("call", backend); }

void callFaultPoint(std::string_view backend) {
    if (callFaultDue(backend)) {
        throw Error(Code::kUnavailable,
                    concat("injected fault: this call of the backend ", backend, " was made to fail"),
                    std::string(backend));
    }
}

}  // namespace optirs::core
