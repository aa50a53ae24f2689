#include <optirs/echo.h>

#include "src/core/guard.h"
#include "src/core/operation.h"

using namespace optirs::core;

optirs_error* optirs_echo_start(optirs_backend* backend, optirs_buffer* source, optirs_buffer* destination,
                                const optirs_echo_options* options, optirs_completion done, void* context,
                                optirs_operation** out_operation) {
    return guard("optirs_echo_start", [&] {
        Out out(out_operation, "out_operation");
        out = startEcho(required(backend, "backend"), required(source, "source"),
                        required(destination, "destination"), options, required(done, "done"), context);
    });
}

optirs_error* optirs_echo_resume(optirs_operation* operation) {
    return guard("optirs_echo_resume", [&] { required(operation, "operation")->resume(); });
}
