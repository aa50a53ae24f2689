#include "src/core/device/stream.h"

#include "src/core/guard.h"

using namespace optirs::core;

optirs_error* optirs_stream_create(optirs_device* device, int32_t priority, optirs_stream** out_stream) {
    return guard("optirs_stream_create", [&] {
        Out out(out_stream, "out_stream");
        out = makeObject<optirs_stream>(*required(device, "device"), priority);
    });
}

optirs_device* optirs_stream_device(const optirs_stream* stream) { return &stream->device(); }
void* optirs_stream_native(const optirs_stream* stream) { return stream->native(); }

optirs_error* optirs_stream_query(optirs_stream* stream, uint8_t* out_is_done) {
    return guard("optirs_stream_query", [&] {
        Out out(out_is_done, "out_is_done");
        out = required(stream, "stream")->query() ? 1 : 0;
    });
}

optirs_error* optirs_stream_wait(optirs_stream* stream) {
    return guard("optirs_stream_wait", [&] { required(stream, "stream")->wait(); });
}

optirs_error* optirs_stream_notify(optirs_stream* stream, optirs_completion done, void* context) {
    return guard("optirs_stream_notify",
                 [&] { required(stream, "stream")->notify(required(done, "done"), context); });
}

void optirs_stream_retain(optirs_stream* stream) { retainHandle(stream); }
void optirs_stream_release(optirs_stream* stream) { releaseHandle(stream); }

optirs_error* optirs_event_create(optirs_device* device, uint8_t has_timing, optirs_event** out_event) {
    return guard("optirs_event_create", [&] {
        Out out(out_event, "out_event");
        out = makeObject<optirs_event>(*required(device, "device"), has_timing != 0);
    });
}

optirs_error* optirs_event_record(optirs_event* event, optirs_stream* stream) {
    return guard("optirs_event_record",
                 [&] { recordEvent(*required(event, "event"), *required(stream, "stream")); });
}

optirs_error* optirs_event_query(optirs_event* event, uint8_t* out_is_done) {
    return guard("optirs_event_query", [&] {
        Out out(out_is_done, "out_is_done");
        out = queryEvent(*required(event, "event")) ? 1 : 0;
    });
}

optirs_error* optirs_event_wait(optirs_event* event) {
    return guard("optirs_event_wait", [&] { waitEvent(*required(event, "event")); });
}

optirs_error* optirs_stream_follow(optirs_stream* stream, optirs_event* event) {
    return guard("optirs_stream_follow",
                 [&] { follow(*required(stream, "stream"), *required(event, "event")); });
}

optirs_error* optirs_event_elapsed(optirs_event* start, optirs_event* end, float* out_milliseconds) {
    return guard("optirs_event_elapsed", [&] {
        Out out(out_milliseconds, "out_milliseconds");
        out = elapsed(*required(start, "start"), *required(end, "end"));
    });
}

void optirs_event_retain(optirs_event* event) { retainHandle(event); }
void optirs_event_release(optirs_event* event) { releaseHandle(event); }

optirs_error* optirs_stream_capture_begin(optirs_stream* stream) {
    return guard("optirs_stream_capture_begin", [&] { required(stream, "stream")->beginCapture(); });
}

optirs_error* optirs_stream_capture_end(optirs_stream* stream, optirs_graph** out_graph) {
    return guard("optirs_stream_capture_end", [&] {
        Out out(out_graph, "out_graph");
        out = required(stream, "stream")->endCapture();
    });
}

optirs_error* optirs_graph_launch(optirs_graph* graph, optirs_stream* stream) {
    return guard("optirs_graph_launch",
                 [&] { required(graph, "graph")->launch(*required(stream, "stream")); });
}

void optirs_graph_retain(optirs_graph* graph) { retainHandle(graph); }
void optirs_graph_release(optirs_graph* graph) { releaseHandle(graph); }
