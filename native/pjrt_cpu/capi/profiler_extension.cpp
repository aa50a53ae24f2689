// The profiler extension: when each step of each program ran, as an XSpace message, which is what XLA's tools
// read.
#include <map>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/capi/protobuf_writer.h"
#include "pjrt_cpu/runtime/recording.h"

struct PLUGIN_Profiler {
    bool is_recording = false;
    std::string space;  // of the last recording
};

namespace optirs::plugin {
namespace {

// Fields of tsl/profiler/protobuf/xplane.proto.
enum SpaceField : uint32_t { kSpacePlanes = 1, kSpaceWarnings = 3 };
enum PlaneField : uint32_t { kPlaneId = 1, kPlaneName, kPlaneLines, kPlaneEvents, kPlaneStats };
enum LineField : uint32_t { kLineId = 1, kLineName, kLineTimestampNs, kLineEvents };
enum EventField : uint32_t { kEventMetadata = 1, kEventOffsetPs, kEventDurationPs, kEventStats };
enum StatField : uint32_t { kStatMetadata = 1, kStatInt64 = 4 };
enum MetadataField : uint32_t { kMetadataId = 1, kMetadataName };
enum MapField : uint32_t { kMapKey = 1, kMapValue };

constexpr size_t kLongestName = 160;
constexpr int64_t kRunStat = 1;

void mapEntry(MessageWriter& plane, PlaneField field, int64_t id, const std::string& name) {
    MessageWriter metadata;
    metadata.integer(kMetadataId, id);
    metadata.bytes(kMetadataName, name);
    MessageWriter entry;
    entry.integer(kMapKey, id);
    entry.bytes(kMapValue, metadata.text());
    plane.bytes(field, entry.text());
}

/// One device: a line of programs above a line of their steps.
class Plane {
 public:
    Plane(int32_t device, const Recording::Events& events) : events_(events) {
        plane_.integer(kPlaneId, device);
        plane_.bytes(kPlaneName, "/device:OPTIRS_CPU:" + std::to_string(device));
        addLine(1, "Programs", events.programs, device);
        addLine(2, "Steps", events.steps, device);
        for (const auto& [name, id] : names_) mapEntry(plane_, kPlaneEvents, id, name);
        mapEntry(plane_, kPlaneStats, kRunStat, "run_id");
    }
    const std::string& text() const { return plane_.text(); }

 private:
    void addLine(int64_t id, const char* name, const std::vector<StepEvent>& events, int32_t device) {
        MessageWriter line;
        line.integer(kLineId, id);
        line.bytes(kLineName, name);
        line.integer(kLineTimestampNs, events_.start_unix_ns);
        for (const StepEvent& event : events) {
            // An execution that began before the recording has no place in it.
            if (event.device == device && event.begin >= events_.start) {
                line.bytes(kLineEvents, eventText(event));
            }
        }
        plane_.bytes(kPlaneLines, line.text());
    }

    std::string eventText(const StepEvent& event) {
        constexpr int64_t kPicosecondsPerNanosecond = 1000;
        const auto next = static_cast<int64_t>(names_.size()) + 1;
        const auto known = names_.emplace(event.name.substr(0, kLongestName), next).first;
        MessageWriter stat;
        stat.integer(kStatMetadata, kRunStat);
        stat.integer(kStatInt64, event.run);
        MessageWriter message;
        message.integer(kEventMetadata, known->second);
        message.integer(kEventOffsetPs, std::chrono::nanoseconds(event.begin - events_.start).count() *
                                            kPicosecondsPerNanosecond);
        message.integer(kEventDurationPs, event.length.count() * kPicosecondsPerNanosecond);
        message.bytes(kEventStats, stat.text());
        return message.text();
    }

    const Recording::Events& events_;
    std::map<std::string, int64_t> names_;
    MessageWriter plane_;
};

std::string spaceOf(const Recording::Events& events) {
    std::map<int32_t, bool> devices;
    for (const StepEvent& event : events.programs) devices[event.device] = true;
    MessageWriter space;
    for (const auto& entry : devices) space.bytes(kSpacePlanes, Plane(entry.first, events).text());
    if (events.dropped > 0) {
        space.bytes(kSpaceWarnings,
                    std::to_string(events.dropped) + " steps came after the recording was full");
    }
    return space.text();
}

PLUGIN_Profiler_Error* asProfilerError(PJRT_Error* error) {
    return reinterpret_cast<PLUGIN_Profiler_Error*>(error);
}
const PJRT_Error* asError(const PLUGIN_Profiler_Error* error) {
    return reinterpret_cast<const PJRT_Error*>(error);
}

template <class Args, class Body>
PLUGIN_Profiler_Error* profilerGuarded(const char* function, Args* args, size_t required, Body&& body) {
    return asProfilerError(guarded(function, args, required, std::forward<Body>(body)));
}

void errorDestroy(PLUGIN_Profiler_Error_Destroy_Args* args) {
    if (args != nullptr)
        destroyError(const_cast<PJRT_Error*>(asError(args->error)));  // NOLINT: it is the caller's
}
void errorText(PLUGIN_Profiler_Error_Message_Args* args) {
    if (args == nullptr || args->error == nullptr) return;
    const std::string& text = errorMessage(asError(args->error));
    args->message = text.data();
    args->message_size = text.size();
}
PLUGIN_Profiler_Error* errorNumber(PLUGIN_Profiler_Error_GetCode_Args* args) {
    return profilerGuarded("PLUGIN_Profiler_Error_GetCode", args,
                           PLUGIN_Profiler_Error_GetCode_Args_STRUCT_SIZE, [](auto& a) {
                               deref(a.error, "error");
                               a.code = static_cast<int>(errorCode(asError(a.error)));
                           });
}

PLUGIN_Profiler_Error* create(PLUGIN_Profiler_Create_Args* args) {
    return profilerGuarded("PLUGIN_Profiler_Create", args, PLUGIN_Profiler_Create_Args_STRUCT_SIZE,
                           [](auto& a) { a.profiler = new PLUGIN_Profiler; });
}

void finish(PLUGIN_Profiler& profiler) {
    if (!profiler.is_recording) return;
    Recording::instance().stop();
    profiler.is_recording = false;
    profiler.space = spaceOf(Recording::instance().take());
}

PLUGIN_Profiler_Error* destroy(PLUGIN_Profiler_Destroy_Args* args) {
    return profilerGuarded("PLUGIN_Profiler_Destroy", args, PLUGIN_Profiler_Destroy_Args_STRUCT_SIZE,
                           [](auto& a) {
                               if (a.profiler == nullptr) return;
                               finish(*a.profiler);
                               delete a.profiler;
                           });
}
PLUGIN_Profiler_Error* start(PLUGIN_Profiler_Start_Args* args) {
    return profilerGuarded("PLUGIN_Profiler_Start", args, PLUGIN_Profiler_Start_Args_STRUCT_SIZE,
                           [](auto& a) {
                               PLUGIN_Profiler& profiler = deref(a.profiler, "profiler");
                               Recording::instance().start();
                               profiler.is_recording = true;
                           });
}
PLUGIN_Profiler_Error* stop(PLUGIN_Profiler_Stop_Args* args) {
    return profilerGuarded("PLUGIN_Profiler_Stop", args, PLUGIN_Profiler_Stop_Args_STRUCT_SIZE, [](auto& a) {
        PLUGIN_Profiler& profiler = deref(a.profiler, "profiler");
        if (!profiler.is_recording) {
            throw Error(Code::kFailedPrecondition, "the profiler does not record: start it first");
        }
        finish(profiler);
    });
}
// Without a buffer: how large it is to be.
PLUGIN_Profiler_Error* collectData(PLUGIN_Profiler_CollectData_Args* args) {
    return profilerGuarded(
        "PLUGIN_Profiler_CollectData", args, PLUGIN_Profiler_CollectData_Args_STRUCT_SIZE, [](auto& a) {
            PLUGIN_Profiler& profiler = deref(a.profiler, "profiler");
            if (profiler.is_recording) {
                throw Error(Code::kFailedPrecondition, "the profiler records still: stop it first");
            }
            if (a.buffer != nullptr) {
                std::memcpy(a.buffer, profiler.space.data(), profiler.space.size());
            }
            a.buffer_size_in_bytes = profiler.space.size();
        });
}

}  // namespace

PJRT_Extension_Base* profilerExtension(PJRT_Extension_Base* next) {
    static PLUGIN_Profiler_Api functions = [] {
        PLUGIN_Profiler_Api table{};
        table.struct_size = PLUGIN_Profiler_Api_STRUCT_SIZE;
        table.error_destroy = errorDestroy;
        table.error_message = errorText;
        table.error_get_code = errorNumber;
        table.create = create;
        table.destroy = destroy;
        table.start = start;
        table.stop = stop;
        table.collect_data = collectData;
        return table;
    }();
    static PJRT_Profiler_Extension extension = [next] {
        PJRT_Profiler_Extension table{};
        table.base.struct_size = PJRT_Profiler_Extension_STRUCT_SIZE;
        table.base.type = PJRT_Extension_Type_Profiler;
        table.base.next = next;
        table.profiler_api = &functions;
        table.traceme_context_id = -1;
        return table;
    }();
    return &extension.base;
}

}  // namespace optirs::plugin
