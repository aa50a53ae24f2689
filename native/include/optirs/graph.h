/**
 * @file
 * Graphs: work that is recorded once and then given to a stream as a whole.
 */
#ifndef OPTIRS_GRAPH_H_
#define OPTIRS_GRAPH_H_

#include <optirs/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Recorded work. It uses the addresses of the recording: memory that it uses, and that was not released
 * during the recording, must stay alive as long as it.
 *
 * Thread-safe; launches of one graph do not overlap each other.
 */
typedef struct optirs_graph optirs_graph;

/**
 * From now on, work that this thread gives to the stream is recorded instead of done. Streams that follow an
 * event of it are recorded too, until it follows them. Waiting for the stream is an error while it is
 * captured. Memory that is allocated on the stream meanwhile is used by nothing else; what is released
 * meanwhile, such as workspace, serves later recorded work, and is the graph's when the capture ends.
 * @fallible FAILED_PRECONDITION if the stream is captured already; UNAVAILABLE.
 * @param[in] stream The stream.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_capture_begin(optirs_stream* stream);

/**
 * Ends the recording, also where it fails.
 * @fallible FAILED_PRECONDITION if the stream is not captured, or something was done that cannot be recorded.
 * @param[in] stream The stream.
 * @param[out] out_graph @owned The recorded work; NULL on failure.
 */
OPTIRS_EXPORT optirs_error* optirs_stream_capture_end(optirs_stream* stream, optirs_graph** out_graph);

/**
 * Gives the recorded work to a stream.
 * @fallible INVALID_ARGUMENT if the stream is another device's; UNAVAILABLE.
 * @param[in] graph The recorded work.
 * @param[in] stream The stream.
 */
OPTIRS_EXPORT optirs_error* optirs_graph_launch(optirs_graph* graph, optirs_stream* stream);

/**
 * Adds a reference.
 * @param[in] graph The graph; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_graph_retain(optirs_graph* graph);

/**
 * Drops a reference. Launches that were given are still done.
 * @param[in] graph @owned The graph; NULL is a no-op.
 */
OPTIRS_EXPORT void optirs_graph_release(optirs_graph* graph);

#ifdef __cplusplus
}
#endif

#endif
