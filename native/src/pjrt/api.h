// Calls into a plugin: nothing that its table lacks is called, structs have the size that it knows, and its
// errors become exceptions.
#pragma once

#include <cstddef>
#include <string>

#include "pjrt_abi/pjrt_abi_versions.h"
#include "src/core/error.h"
#include "src/core/faults.h"

namespace optirs::pjrt {

/// Name under which fault injection knows calls of plugins.
inline constexpr std::string_view kFaultSite = "pjrt";

class Api {
 public:
    /// `table` is full size with NULL for what the plugin lacks; it and `path`, the plugin's file, must
    /// outlive this object. Errors name the file as their backend.
    Api(const PJRT_Api* table, int minor, const std::string* path) noexcept
        : table_(table), minor_(minor), path_(path), backend_(path) {}

    int minor() const noexcept { return minor_; }
    const std::string& backend() const noexcept { return *backend_; }

    /// The same functions, whose errors name another backend.
    Api named(const std::string* backend) const noexcept {
        Api api = *this;
        api.backend_ = backend;
        return api;
    }

    /// A zeroed argument struct with the size that the plugin knows.
    template <class Args>
    Args make() const noexcept {
        Args args{};
        args.struct_size = pjrt_abi::structSize<Args>(minor_);
        return args;
    }

    template <auto kFunction>
    bool has() const noexcept {
        return table_->*kFunction != nullptr;
    }

    /// Throws UNIMPLEMENTED unless the plugin's version of the struct has the field, which `what` names:
    /// "ExecuteOptions.context".
    template <class Args, class Field>
    void requireField(Field Args::* field, std::string_view what) const {
        const Args probe{};
        const auto end = static_cast<std::size_t>(reinterpret_cast<const char*>(&(probe.*field) + 1) -
                                                  reinterpret_cast<const char*>(&probe));
        if (pjrt_abi::structSize<Args>(minor_) >= end) {
            return;
        }
        int since = minor_;
        while (since < PJRT_API_MINOR && pjrt_abi::structSize<Args>(since) < end) {
            ++since;
        }
        throwTooOld(what, since);
    }

    /// Throws UNIMPLEMENTED if the plugin has no such function.
    template <auto kFunction>
    void requireFunction() const {
        if (!has<kFunction>()) {
            throwMissing(offsetOf<kFunction>());
        }
    }

    /// Throws core::Error: UNIMPLEMENTED if the plugin has no such function, or what the plugin reports.
    template <auto kFunction, class Args>
    void call(Args& args) const {
        const auto function = table_->*kFunction;
        if (function == nullptr) [[unlikely]] {
            throwMissing(offsetOf<kFunction>());
        }
        core::callFaultPoint(kFaultSite);
        if (PJRT_Error* error = function(&args); error != nullptr) [[unlikely]] {
            throwError(error, offsetOf<kFunction>());
        }
    }

    /// For destruction: a failure has nobody to go to, and is dropped.
    template <auto kFunction, class Args>
    void callQuietly(Args& args) const noexcept {
        const auto function = table_->*kFunction;
        if (function != nullptr) {
            destroyError(function(&args));
        }
    }

    /// Takes the plugin's error over. `function` names who reported it.
    core::Error translate(PJRT_Error* error, std::string_view function) const;

    /// Drops an error that has nobody to go to; NULL is none.
    void destroy(PJRT_Error* error) const noexcept { destroyError(error); }

 private:
    template <auto kFunction>
    std::size_t offsetOf() const noexcept {
        return static_cast<std::size_t>(reinterpret_cast<const char*>(&(table_->*kFunction)) -
                                        reinterpret_cast<const char*>(table_));
    }

    [[noreturn]] void throwMissing(std::size_t offset) const;
    [[noreturn]] void throwTooOld(std::string_view what, int since) const;
    [[noreturn]] void throwError(PJRT_Error* error, std::size_t offset) const;
    void destroyError(PJRT_Error* error) const noexcept;
    core::Payloads readPayloads(const PJRT_Error* error) const;

    const PJRT_Api* table_;
    int minor_;
    const std::string* path_;
    const std::string* backend_;
};

/// Runs a question that plugins need not be able to answer; false if this one is not.
template <class Ask>
bool askIfOffered(Ask&& ask) {
    try {
        ask();
        return true;
    } catch (const core::Error& error) {
        if (error.code() != core::Code::kUnimplemented) {
            throw;
        }
        return false;
    }
}

/// Index in the table of a function with this name, or -1.
int functionIndex(std::string_view name) noexcept;

}  // namespace optirs::pjrt
