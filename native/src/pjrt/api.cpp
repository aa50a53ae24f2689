#include "src/pjrt/api.h"

#include <iterator>

#include "src/core/text.h"

namespace optirs::pjrt {
namespace {

const pjrt_abi::FunctionFact& factAt(std::size_t offset) noexcept {
    return pjrt_abi::kFunctions[(offset - pjrt_abi::kFunctions[0].offset) / sizeof(void*)];
}

}  // namespace

int functionIndex(std::string_view name) noexcept {
    for (std::size_t i = 0; i < std::size(pjrt_abi::kFunctions); ++i) {
        if (name == pjrt_abi::kFunctions[i].name) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

core::Error Api::translate(PJRT_Error* error, std::string_view function) const {
    core::Code code = core::Code::kUnknown;
    std::string message;
    // The error is destroyed even where there is no memory for its message.
    try {
        auto code_args = make<PJRT_Error_GetCode_Args>();
        code_args.error = error;
        if (table_->PJRT_Error_GetCode != nullptr) {
            if (PJRT_Error* nested = table_->PJRT_Error_GetCode(&code_args); nested != nullptr) {
                destroyError(nested);
            } else {
                code = core::codeFromNumber(code_args.code);
            }
        }
        auto message_args = make<PJRT_Error_Message_Args>();
        message_args.error = error;
        if (table_->PJRT_Error_Message != nullptr) {
            table_->PJRT_Error_Message(&message_args);
        }
        const std::string_view text = message_args.message == nullptr
                                          ? std::string_view("the plugin gives no message")
                                          : std::string_view(message_args.message, message_args.message_size);
        // Some plugins name the function themselves.
        message = text.starts_with(function) ? std::string(text) : core::concat(function, ": ", text);
    } catch (...) {
        destroyError(error);
        throw;
    }
    destroyError(error);
    return core::Error(code, std::move(message), *backend_);
}

void Api::throwError(PJRT_Error* error, std::size_t offset) const {
    throw translate(error, factAt(offset).name);
}

void Api::throwMissing(std::size_t offset) const {
    const auto& fact = factAt(offset);
    const std::string reason = fact.since_minor > minor_
                                   ? core::concat("which came with 0.", fact.since_minor,
                                                  "; a newer version of the plugin is needed")
                                   : std::string("although its version should");
    throw core::Error(
        core::Code::kUnimplemented,
        core::concat("the plugin speaks PJRT 0.", minor_, " and does not offer ", fact.name, ", ", reason),
        *backend_);
}

void Api::destroyError(PJRT_Error* error) const noexcept {
    if (error != nullptr && table_->PJRT_Error_Destroy != nullptr) {
        auto args = make<PJRT_Error_Destroy_Args>();
        args.error = error;
        table_->PJRT_Error_Destroy(&args);
    }
}

}  // namespace optirs::pjrt
