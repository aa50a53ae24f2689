#include "src/cuda/streams.h"

#include <algorithm>

#include "src/cuda/device_call.h"

namespace optirs::cuda {
namespace {

CUevent eventOf(void* event) { return static_cast<CUevent>(event); }
CUgraphExec graphOf(void* graph) { return static_cast<CUgraphExec>(graph); }

void setDone(CUresult result, const char* call, uint8_t* out_is_done) {
    *out_is_done = result == CUDA_SUCCESS ? 1 : 0;
    if (result != CUDA_ERROR_NOT_READY) {
        checkDriver(result, call);
    }
}

}  // namespace

int32_t streamCreate(void*, int32_t device, int32_t priority, void** out_stream,
                     optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_stream = nullptr;
        int32_t least = 0;
        int32_t greatest = 0;
        checkDriver(driver().ctxGetStreamPriorityRange(&least, &greatest), "cuCtxGetStreamPriorityRange");
        CUstream stream = nullptr;
        // CUDA counts the other way round: the most urgent priority is the smallest number.
        checkDriver(driver().streamCreateWithPriority(&stream, CU_STREAM_NON_BLOCKING,
                                                      std::clamp(-priority, greatest, least)),
                    "cuStreamCreateWithPriority");
        *out_stream = stream;
    });
}

int32_t streamDestroy(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { checkDriver(driver().streamDestroy(streamOf(stream)), "cuStreamDestroy"); });
}

int32_t streamQuery(void*, int32_t device, void* stream, uint8_t* out_is_done,
                    optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { setDone(driver().streamQuery(streamOf(stream)), "cuStreamQuery", out_is_done); });
}

int32_t streamWait(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().streamSynchronize(streamOf(stream)), "cuStreamSynchronize");
    });
}

int32_t streamDevice(void*, void* stream, int32_t* out_device, optirs_backend_status* status) noexcept {
    return reported(status, [&] {
        CUcontext context = nullptr;
        checkDriver(driver().streamGetCtx(streamOf(stream), &context), "cuStreamGetCtx");
        checkDriver(driver().ctxPushCurrent(context), "cuCtxPushCurrent");
        CUdevice handle = 0;
        const CUresult result = driver().ctxGetDevice(&handle);
        driver().ctxPopCurrent(&context);  // cannot fail after the push
        checkDriver(result, "cuCtxGetDevice");
        *out_device = 0;
        while (deviceHandle(*out_device) != handle) {
            ++*out_device;
        }
    });
}

int32_t streamFollow(void*, int32_t device, void* stream, void* event,
                     optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().streamWaitEvent(streamOf(stream), eventOf(event), 0), "cuStreamWaitEvent");
    });
}

int32_t eventCreate(void*, int32_t device, uint8_t has_timing, void** out_event,
                    optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_event = nullptr;
        CUevent event = nullptr;
        // Blocking: a thread that waits sleeps instead of spinning on a core.
        const uint32_t flags = CU_EVENT_BLOCKING_SYNC | (has_timing != 0 ? 0U : CU_EVENT_DISABLE_TIMING);
        checkDriver(driver().eventCreate(&event, flags), "cuEventCreate");
        *out_event = event;
    });
}

int32_t eventDestroy(void*, int32_t device, void* event, optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { checkDriver(driver().eventDestroy(eventOf(event)), "cuEventDestroy"); });
}

int32_t eventRecord(void*, int32_t device, void* event, void* stream,
                    optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().eventRecord(eventOf(event), streamOf(stream)), "cuEventRecord");
    });
}

int32_t eventQuery(void*, int32_t device, void* event, uint8_t* out_is_done,
                   optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { setDone(driver().eventQuery(eventOf(event)), "cuEventQuery", out_is_done); });
}

int32_t eventWait(void*, int32_t device, void* event, optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { checkDriver(driver().eventSynchronize(eventOf(event)), "cuEventSynchronize"); });
}

int32_t eventElapsed(void*, int32_t device, void* start, void* end, float* out_milliseconds,
                     optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().eventElapsedTime(out_milliseconds, eventOf(start), eventOf(end)),
                    "cuEventElapsedTime");
    });
}

int32_t captureBegin(void*, int32_t device, void* stream, optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        // Relaxed: the allocator may ask the driver for memory meanwhile.
        checkDriver(driver().streamBeginCapture(streamOf(stream), CU_STREAM_CAPTURE_MODE_RELAXED),
                    "cuStreamBeginCapture");
    });
}

int32_t captureEnd(void*, int32_t device, void* stream, void** out_graph,
                   optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        *out_graph = nullptr;
        CUgraph graph = nullptr;
        checkDriver(driver().streamEndCapture(streamOf(stream), &graph), "cuStreamEndCapture");
        CUgraphExec exec = nullptr;
        const CUresult result = driver().graphInstantiate(&exec, graph, 0);
        driver().graphDestroy(graph);  // the executable graph does not need it
        checkDriver(result, "cuGraphInstantiate");
        *out_graph = exec;
    });
}

int32_t graphLaunch(void*, int32_t device, void* graph, void* stream,
                    optirs_backend_status* status) noexcept {
    return onDevice(device, status, [&] {
        checkDriver(driver().graphLaunch(graphOf(graph), streamOf(stream)), "cuGraphLaunch");
    });
}

int32_t graphDestroy(void*, int32_t device, void* graph, optirs_backend_status* status) noexcept {
    return onDevice(device, status,
                    [&] { checkDriver(driver().graphExecDestroy(graphOf(graph)), "cuGraphExecDestroy"); });
}

}  // namespace optirs::cuda
