#include "src/core/operation.h"

#include <algorithm>
#include <cstring>

#include "src/core/error.h"
#include "src/core/text.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;

optirs_operation::optirs_operation(const optirs_backend_table& table, optirs_buffer* source,
                                   optirs_buffer* destination, optirs_completion done, void* context) noexcept
    : Object(OPTIRS_OBJECT_OPERATION),
      table_(table),
      source_(Ref<optirs_buffer>::share(source)),
      destination_(Ref<optirs_buffer>::share(destination)),
      done_(done),
      context_(context) {}

optirs_operation::~optirs_operation() {
    if (handle_ != nullptr) {
        table_.operation_release(table_.self, handle_);
    }
}

void optirs_operation::start(const optirs_echo_options& options) {
    const optirs_backend_copy copy = {.struct_size = sizeof(optirs_backend_copy),
                                      .source = source_->data(),
                                      .destination = destination_->data(),
                                      .size = source_->size(),
                                      .flags = options.flags,
                                      .fail_with = options.fail_with,
                                      .done = finish,
                                      .context = this};
    optirs_backend_status status{};
    retain();  // for finish, which may run before copy_start returns
    const int32_t code = table_.copy_start(table_.self, &copy, &handle_, &status);
    if (code != OPTIRS_OK) {
        release();
        status.code = code;
        optirs::core::throwStatus(status, table_.name);
    }
}

void optirs_operation::resume() noexcept { table_.operation_resume(table_.self, handle_); }

void optirs_operation::cancel() noexcept { table_.operation_cancel(table_.self, handle_); }

void optirs_operation::finish(const optirs_backend_status* status, void* context) noexcept {
    static constexpr const char* kOperation = "optirs_echo_start";
    static constinit optirs_error out_of_memory{OPTIRS_RESOURCE_EXHAUSTED, true, "out of host memory",
                                                kOperation, ""};
    auto operation = Ref<optirs_operation>::adopt(static_cast<optirs_operation*>(context));
    optirs_error* error = nullptr;
    if (status->code != OPTIRS_OK) {
        try {
            optirs::core::throwStatus(*status, operation->table_.name);
        } catch (...) {
            error = optirs::core::errorOfCurrentException(kOperation, &out_of_memory);
        }
    }
    // Everything is let go of first, so that a caller that has been told can count on it.
    const optirs_completion done = operation->done_;
    void* const done_context = operation->context_;
    operation->source_ = {};
    operation->destination_ = {};
    operation = {};
    done(error, done_context);
}

namespace optirs::core {
namespace {

optirs_echo_options readOptions(const optirs_echo_options* given) {
    optirs_echo_options options = OPTIRS_ECHO_OPTIONS_INIT;
    if (given == nullptr) {
        return options;
    }
    if (given->struct_size < sizeof(size_t)) {
        throw Error(Code::kInvalidArgument, concat("options.struct_size is ", given->struct_size,
                                                   "; initialise the options with OPTIRS_ECHO_OPTIONS_INIT"));
    }
    std::memcpy(&options, given, std::min(given->struct_size, sizeof(options)));
    if ((options.flags & ~uint32_t{OPTIRS_ECHO_INLINE | OPTIRS_ECHO_HOLD}) != 0 ||
        options.flags == (OPTIRS_ECHO_INLINE | OPTIRS_ECHO_HOLD)) {
        throw Error(Code::kInvalidArgument, concat("options.flags is ", options.flags,
                                                   "; use 0, OPTIRS_ECHO_INLINE or OPTIRS_ECHO_HOLD"));
    }
    if (options.fail_with < OPTIRS_OK || options.fail_with > OPTIRS_UNAUTHENTICATED) {
        throw Error(Code::kInvalidArgument,
                    concat("options.fail_with is ", options.fail_with, ", which is not an error code"));
    }
    return options;
}

}  // namespace

Ref<optirs_operation> startEcho(optirs_backend* backend, optirs_buffer* source, optirs_buffer* destination,
                                const optirs_echo_options* given_options, optirs_completion done,
                                void* context) {
    const optirs_echo_options options = readOptions(given_options);
    if (destination->size() < source->size()) {
        throw Error(Code::kInvalidArgument,
                    concat("destination has ", destination->size(), " bytes, source has ", source->size(),
                           "; the destination must be at least as large"));
    }
    if (destination->isReadOnly()) {
        throw Error(Code::kInvalidArgument,
                    "destination is read-only; copy it into a buffer of optirs_buffer_create first");
    }
    const optirs_backend_table& table = *backend->entry.table;
    if (optionalFunction(table, &optirs_backend_table::copy_start) == nullptr) {
        throw Error(Code::kUnimplemented, concat("the backend ", table.name, " has no echo"), table.name);
    }
    auto operation = makeObject<optirs_operation>(table, source, destination, done, context);
    operation->start(options);
    return operation;
}

}  // namespace optirs::core
