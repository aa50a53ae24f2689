// Streams, events and graphs of the mock driver.
#include <utility>

#include "cuda_calls.h"

using optirs::mock::Recorder;

namespace {

constexpr CUresult CUDA_ERROR_ILLEGAL_STATE = 401;

bool isEvent(CUevent event) { return machine().events.contains(event); }

}  // namespace

OPTIRS_MOCK_EXPORT CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int32_t priority) {
    CALL("cuStreamCreateWithPriority", Named{"flags", flags}, Named{"priority", priority})
    REQUIRE(currentContext() != nullptr && flags <= 1 && priority <= 0 && priority >= -5,
            CUDA_ERROR_INVALID_VALUE)
    *stream = new CUstream_st{currentContext()};
    machine().streams.insert(*stream);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
    CALL("cuStreamDestroy_v2")
    REQUIRE(isStream(stream) && !stream->is_capturing, CUDA_ERROR_INVALID_VALUE)
    machine().streams.erase(stream);
    delete stream;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamGetCtx(CUstream stream, CUcontext* context) {
    CALL("cuStreamGetCtx")
    REQUIRE(isStream(stream), CUDA_ERROR_INVALID_HANDLE)
    *context = stream->context;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamQuery(CUstream stream) {
    CALL("cuStreamQuery")
    REQUIRE(isStream(stream) && !stream->is_capturing, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    return machine().queue.empty() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamSynchronize(CUstream stream) {
    CALL("cuStreamSynchronize")
    REQUIRE(isStream(stream) && !stream->is_capturing, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    machine().drain();
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
    CALL("cuStreamWaitEvent", Named{"flags", flags})
    REQUIRE(isStream(stream) && isEvent(event) && flags == 0, CUDA_ERROR_INVALID_VALUE)
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamBeginCapture_v2(CUstream stream, uint32_t mode) {
    CALL("cuStreamBeginCapture_v2", Named{"mode", mode})
    REQUIRE(isStream(stream) && !stream->is_capturing && mode <= 2, CUDA_ERROR_INVALID_VALUE)
    stream->is_capturing = true;
    stream->is_relaxed = mode == CU_STREAM_CAPTURE_MODE_RELAXED;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
    const std::scoped_lock lock(Recorder::instance().mutex);
    const CUresult injected = Recorder::instance().note("cuStreamEndCapture");
    REQUIRE(isStream(stream), CUDA_ERROR_INVALID_VALUE)
    *graph = nullptr;
    if (!stream->is_capturing) {
        return CUDA_ERROR_ILLEGAL_STATE;
    }
    stream->is_capturing = false;
    if (injected != 0) {
        stream->captured.clear();
        return injected;
    }
    *graph = new CUgraph_st{std::exchange(stream->captured, {})};
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags) {
    CALL("cuEventCreate", Named{"flags", flags})
    REQUIRE(currentContext() != nullptr && flags <= 3, CUDA_ERROR_INVALID_VALUE)
    *event = new CUevent_st{currentContext(), (flags & CU_EVENT_DISABLE_TIMING) == 0};
    machine().events.insert(*event);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuEventDestroy_v2(CUevent event) {
    CALL("cuEventDestroy_v2")
    REQUIRE(isEvent(event), CUDA_ERROR_INVALID_VALUE)
    machine().drain();  // queued records point at it
    machine().events.erase(event);
    delete event;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
    CALL("cuEventRecord")
    REQUIRE(isEvent(event) && isStream(stream), CUDA_ERROR_INVALID_VALUE)
    REQUIRE(event->context == stream->context, CUDA_ERROR_INVALID_VALUE)
    if (!stream->is_capturing) {
        ++event->recorded;
        machine().give(stream, [event] {
            ++event->done;
            event->time = ++machine().clock;
        });
    }
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuEventQuery(CUevent event) {
    CALL("cuEventQuery")
    REQUIRE(machine().allowsUnsafeCalls(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    REQUIRE(isEvent(event), CUDA_ERROR_INVALID_VALUE)
    return event->done == event->recorded ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

OPTIRS_MOCK_EXPORT CUresult cuEventSynchronize(CUevent event) {
    CALL("cuEventSynchronize")
    REQUIRE(isEvent(event), CUDA_ERROR_INVALID_VALUE)
    machine().drain();
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    CALL("cuEventElapsedTime")
    REQUIRE(isEvent(start) && isEvent(end) && start->has_timing && end->has_timing, CUDA_ERROR_INVALID_VALUE)
    if (start->done != start->recorded || end->done != end->recorded) {
        return CUDA_ERROR_NOT_READY;
    }
    *milliseconds = static_cast<float>(end->time - start->time);
    if (!machine().elapsed.empty()) {
        *milliseconds = machine().elapsed.front();
        machine().elapsed.pop_front();
    }
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph,
                                                        unsigned long long flags) {
    CALL("cuGraphInstantiateWithFlags", Named{"flags", flags})
    REQUIRE(graph != nullptr, CUDA_ERROR_INVALID_VALUE)
    *exec = new CUgraphExec_st{graph->work};
    machine().graphs.insert(*exec);
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGraphDestroy(CUgraph graph) {
    const std::scoped_lock lock(Recorder::instance().mutex);
    delete graph;
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
    CALL("cuGraphLaunch")
    REQUIRE(machine().graphs.contains(exec) && isStream(stream), CUDA_ERROR_INVALID_VALUE)
    machine().give(stream, [work = exec->work] {
        for (const auto& step : work) {
            step();
        }
    });
    return CUDA_SUCCESS;
}

OPTIRS_MOCK_EXPORT CUresult cuGraphExecDestroy(CUgraphExec exec) {
    CALL("cuGraphExecDestroy")
    REQUIRE(machine().graphs.erase(exec) == 1, CUDA_ERROR_INVALID_VALUE)
    delete exec;
    return CUDA_SUCCESS;
}
