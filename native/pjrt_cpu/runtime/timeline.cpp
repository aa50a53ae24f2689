#include "pjrt_cpu/runtime/timeline.h"

#include <cstdio>
#include <fstream>

namespace optirs::plugin {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += ' ';
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

void Timeline::run(const std::vector<std::unique_ptr<Step>>& steps, const Frame& frame) {
    bool record = false;
    {
        std::lock_guard lock(mutex_);
        record = left_ > 0;
        if (record) --left_;
    }
    if (!record) {
        for (const auto& step : steps) step->run(frame);
        return;
    }
    const std::vector<StepEvent> events = runMeasured(steps, frame);
    std::lock_guard lock(mutex_);
    events_.insert(events_.end(), events.begin(), events.end());
    write();
}

void Timeline::write() const {
    constexpr size_t kLongestName = 160;
    std::ofstream out(file_);
    out << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
    bool first = true;
    for (const StepEvent& event : events_) {
        char numbers[96];  // times in microseconds
        std::snprintf(numbers, sizeof numbers, "\"ts\":%.3f,\"dur\":%.3f",
                      std::chrono::duration<double, std::micro>(event.begin - start_).count(),
                      std::chrono::duration<double, std::micro>(event.length).count());
        out << (first ? "\n" : ",\n") << R"({"ph":"X","pid":)" << event.device << ",\"tid\":" << event.run
            << "," << numbers << ",\"name\":\"" << escaped(event.name.substr(0, kLongestName)) << "\"}";
        first = false;
    }
    out << "\n]}\n";
}

}  // namespace optirs::plugin
