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
    core::Payloads payloads;
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
        payloads = readPayloads(error);
    } catch (...) {
        destroyError(error);
        throw;
    }
    destroyError(error);
    return core::Error(code, std::move(message), *backend_, std::move(payloads));
}

core::Payloads Api::readPayloads(const PJRT_Error* error) const {
    core::Payloads payloads;
    if (table_->PJRT_Error_ForEachPayload == nullptr) {
        return payloads;
    }
    auto args = make<PJRT_Error_ForEachPayload_Args>();
    args.error = error;
    args.user_arg = &payloads;
    args.visitor = [](const char* key, std::size_t key_size, const char* value, std::size_t value_size,
                      void* user) noexcept {
        try {
            static_cast<core::Payloads*>(user)->emplace_back(std::string(key, key_size),
                                                             std::string(value, value_size));
        } catch (const std::exception&) {
            return;  // no memory for a detail of an error: the error itself matters more
        }
    };
    destroyError(table_->PJRT_Error_ForEachPayload(&args));
    return payloads;
}

void Api::throwError(PJRT_Error* error, std::size_t offset) const {
    throw translate(error, factAt(offset).name);
}

// "PJRT_Client_Load" -> "Client.Load", which is what users of any language look for.
static std::string plainName(std::string_view name) {
    std::string plain(name.substr(std::string_view("PJRT_").size()));
    if (const std::size_t line = plain.find('_'); line != std::string::npos) {
        plain[line] = '.';
    }
    return plain;
}

void Api::throwMissing(std::size_t offset) const {
    const auto& fact = factAt(offset);
    if (fact.since_minor > minor_) {
        throwTooOld(plainName(fact.name), fact.since_minor);
    }
    throw core::Error(core::Code::kUnimplemented,
                      core::concat("plugin ", *path_, " speaks PJRT ", PJRT_API_MAJOR, ".", minor_,
                                   ", but does not offer ", plainName(fact.name)),
                      *backend_);
}

void Api::throwTooOld(std::string_view what, int since) const {
    throw core::Error(core::Code::kUnimplemented,
                      core::concat("plugin ", *path_, " speaks PJRT ", PJRT_API_MAJOR, ".", minor_, "; ",
                                   what, " needs ", PJRT_API_MAJOR, ".", since),
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
