// Streams, events and graphs: functions of the device table, which says what each does.
#pragma once

#include "src/core/device_table.h"

namespace optirs::cuda {

int32_t streamCreate(void*, int32_t device, int32_t priority, void** out_stream,
                     optirs_backend_status* status) noexcept;
int32_t streamDestroy(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept;
int32_t streamQuery(void*, int32_t device, void* stream, uint8_t* out_is_done,
                    optirs_backend_status* status) noexcept;
int32_t streamWait(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept;
int32_t streamDevice(void*, void* stream, int32_t* out_device, optirs_backend_status* status) noexcept;
int32_t eventCreate(void*, int32_t device, uint8_t has_timing, void** out_event,
                    optirs_backend_status* status) noexcept;
int32_t eventDestroy(void*, int32_t device, void* event, optirs_backend_status* status) noexcept;
int32_t eventRecord(void*, int32_t device, void* event, void* stream, optirs_backend_status* status) noexcept;
int32_t eventQuery(void*, int32_t device, void* event, uint8_t* out_is_done,
                   optirs_backend_status* status) noexcept;
int32_t eventWait(void*, int32_t device, void* event, optirs_backend_status* status) noexcept;
int32_t eventElapsed(void*, int32_t device, void* start, void* end, float* out_milliseconds,
                     optirs_backend_status* status) noexcept;
int32_t streamFollow(void*, int32_t device, void* stream, void* event,
                     optirs_backend_status* status) noexcept;
int32_t captureBegin(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept;
int32_t captureEnd(void*, int32_t device, void* stream, void** out_graph,
                   optirs_backend_status* status) noexcept;
int32_t graphLaunch(void*, int32_t device, void* graph, void* stream, optirs_backend_status* status) noexcept;
int32_t graphDestroy(void*, int32_t device, void* graph, optirs_backend_status* status) noexcept;

}  // namespace optirs::cuda
