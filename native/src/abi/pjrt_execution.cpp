// optirs/pjrt_execution.h: validation and translation only.
#include <optirs/pjrt_execution.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/callbacks.h"
#include "src/pjrt/executable.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

optirs_error* optirs_pjrt_context_create(optirs_pjrt_client* client, optirs_pjrt_context** out_context) {
    return guard("optirs_pjrt_context_create", [&] {
        Out out(out_context, "out_context");
        out = optirs::core::makeObject<optirs_pjrt_context>(
            Ref<optirs_pjrt_client>::share(required(client, "client")));
    });
}
void optirs_pjrt_context_retain(optirs_pjrt_context* context) { optirs::core::retainHandle(context); }
void optirs_pjrt_context_release(optirs_pjrt_context* context) { optirs::core::releaseHandle(context); }
void optirs_pjrt_copy_stream_retain(optirs_pjrt_copy_stream* copy_stream) {
    optirs::core::retainHandle(copy_stream);
}
void optirs_pjrt_copy_stream_release(optirs_pjrt_copy_stream* copy_stream) {
    optirs::core::releaseHandle(copy_stream);
}
optirs_error* optirs_pjrt_copy_stream_progress(const optirs_pjrt_copy_stream* copy_stream, int64_t* out_total,
                                               int64_t* out_granule, int64_t* out_current) {
    return guard("optirs_pjrt_copy_stream_progress", [&] {
        Out total(out_total, "out_total");
        Out granule(out_granule, "out_granule");
        Out current(out_current, "out_current");
        const auto& stream = *required(copy_stream, "copy_stream");
        total = stream.total();
        granule = stream.granule();
        current = stream.current();
    });
}
optirs_error* optirs_pjrt_copy_stream_add(optirs_pjrt_copy_stream* copy_stream, const uint8_t* data,
                                          uint64_t size, optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_copy_stream_add";
    return guard(kOperation, [&] {
        required(copy_stream, "copy_stream")
            ->add({size == 0 ? data : required(data, "data"), size}, kOperation, done, context);
    });
}
optirs_error* optirs_pjrt_executable_execute(optirs_pjrt_executable* executable,
                                             const optirs_pjrt_execute_options* options,
                                             optirs_pjrt_buffer* const* arguments, int64_t num_arguments,
                                             optirs_pjrt_buffer** results, int64_t num_results,
                                             optirs_completion done, void* context) {
    constexpr const char* kOperation = "optirs_pjrt_executable_execute";
    return guard(kOperation, [&] {
        const auto given = readOptions(options, optirs_pjrt_execute_options OPTIRS_PJRT_EXECUTE_OPTIONS_INIT);
        const pjrt::ExecuteRequest request{
            .arguments = requiredArray(arguments, num_arguments, "arguments"),
            .results = requiredArray(results, num_results, "results"),
            .not_donated = requiredArray(given.not_donated, given.not_donated_size, "not_donated"),
            .launch_id = given.launch_id,
            .execute_context = given.context,
            .call_location = given.call_location,
            .channels = requiredArray(given.channels, given.num_channels, "channels"),
            .device = given.device,
            .operation = kOperation,
            .done = done,
            .context = context,
            .finished = given.finished,
        };
        if (request.finished != nullptr) {
            *request.finished = 0;
        }
        required(executable, "executable")->execution().run(request);
    });
}
