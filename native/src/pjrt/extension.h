// Calls into a plugin's extensions, by the rules of those into its table: nothing that is not there is
// called, and errors become exceptions.
#pragma once

#include <string_view>

#include "pjrt_abi/pjrt_abi_extensions.h"
#include "src/pjrt/plugin.h"

namespace optirs::pjrt {

/// Number of an extension by the type of its table.
template <class Table>
inline constexpr PJRT_Extension_Type kExtension = PJRT_Extension_Type_Unknown;
template <>
inline constexpr auto kExtension<PJRT_Gpu_Custom_Call> = PJRT_Extension_Type_Gpu_Custom_Call;
template <>
inline constexpr auto kExtension<PJRT_Profiler_Extension> = PJRT_Extension_Type_Profiler;
template <>
inline constexpr auto kExtension<PJRT_Stream_Extension> = PJRT_Extension_Type_Stream;
template <>
inline constexpr auto kExtension<PJRT_Layouts_Extension> = PJRT_Extension_Type_Layouts;
template <>
inline constexpr auto kExtension<PJRT_FFI_Extension> = PJRT_Extension_Type_FFI;
template <>
inline constexpr auto kExtension<PJRT_MemoryDescriptions_Extension> = PJRT_Extension_Type_MemoryDescriptions;
template <>
inline constexpr auto kExtension<PJRT_RawBuffer_Extension> = PJRT_Extension_Type_RawBuffer;
template <>
inline constexpr auto kExtension<PJRT_PhaseCompile_Extension> = PJRT_Extension_Type_PhaseCompile;
template <>
inline constexpr auto kExtension<PJRT_CrossHostTransfers_Extension> = PJRT_Extension_Type_CrossHostTransfers;
template <>
inline constexpr auto kExtension<PJRT_ExecutableMetadata_Extension> = PJRT_Extension_Type_ExecutableMetadata;
template <>
inline constexpr auto kExtension<PJRT_TpuTopology_Extension> = PJRT_Extension_Type_TpuTopology;
template <>
inline constexpr auto kExtension<PJRT_TpuExecutable_Extension> = PJRT_Extension_Type_TpuExecutable;
template <>
inline constexpr auto kExtension<PJRT_Shardings_Extension> = PJRT_Extension_Type_Shardings;

/// The plugin's table of this extension; NULL where there is none.
const PJRT_Extension_Base* findExtension(const PluginLibrary& library, PJRT_Extension_Type type) noexcept;

/// Copies the plugin's table of this extension; what it is too short for stays NULL. Throws UNIMPLEMENTED,
/// naming plugin, extension and who has it, where there is none.
void readExtension(const PluginLibrary& library, PJRT_Extension_Type type, void* table, std::size_t size);

[[noreturn]] void throwMissing(const PluginLibrary& library, PJRT_Extension_Type type,
                               std::string_view function);

/// A zeroed argument struct of an extension. Its size counts the padding at its end, which is zero as well:
/// plugins take structs that are longer than they know.
template <class Args>
Args extensionArgs() noexcept {
    Args args{};
    if constexpr (requires { args.struct_size; }) {
        args.struct_size = sizeof args;
    }
    return args;
}

/// One extension of a plugin.
template <class Table>
class Extension {
 public:
    /// Throws UNIMPLEMENTED where the plugin lacks it. Errors of calls name the backend of `api`.
    Extension(const PluginLibrary& library, const Api& api) : library_(&library), api_(api) {
        static_assert(kExtension<Table> != PJRT_Extension_Type_Unknown);
        readExtension(library, kExtension<Table>, &table_, sizeof table_);
    }
    explicit Extension(const PluginLibrary& library) : Extension(library, library.api) {}

    const Api& api() const noexcept { return api_; }
    const Table& table() const noexcept { return table_; }

    /// The function, which `name` names in errors. Throws UNIMPLEMENTED where the plugin's extension is older
    /// than it.
    template <class Function>
    Function require(Function Table::* function, std::string_view name) const {
        if (table_.*function == nullptr) {
            throwMissing(*library_, kExtension<Table>, name);
        }
        return table_.*function;
    }

    /// Throws core::Error: UNIMPLEMENTED, or what the plugin reports.
    template <class Args>
    void call(PJRT_Error* (*Table::*function)(Args*), std::string_view name, Args& args) const {
        const auto callee = require(function, name);
        core::callFaultPoint(kFaultSite);
        if (PJRT_Error* error = callee(&args); error != nullptr) [[unlikely]] {
            throw api_.translate(error, name);
        }
    }

    /// For destruction: a failure has nobody to go to, and is dropped.
    template <class Args>
    void callQuietly(PJRT_Error* (*Table::*function)(Args*), Args& args) const noexcept {
        if (table_.*function != nullptr) {
            api_.destroy((table_.*function)(&args));
        }
    }

 private:
    const PluginLibrary* library_;
    Api api_;
    Table table_{};
};

// The call of a function by its name, which is what its errors begin with: OPTIRS_CALL(layouts, Table,
// function, args).
#define OPTIRS_CALL(extension, Table, function, args) (extension).call(&Table::function, #function, args)

}  // namespace optirs::pjrt
