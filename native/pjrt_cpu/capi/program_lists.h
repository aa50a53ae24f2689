#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_abi/pjrt_abi.h"
#include "pjrt_abi/pjrt_abi_extensions.h"
#include "pjrt_cpu/capi/named_values.h"
#include "pjrt_cpu/runtime/program.h"

/// The layout of an array of a rank: dense, row-major.
struct PJRT_Layouts_MemoryLayout {
    explicit PJRT_Layouts_MemoryLayout(int64_t rank, bool owned_by_program_of_it = false);
    /// xla::Layout as text: `{1,0}`, minor to major.
    std::string text;
    /// Then PJRT_Layouts_MemoryLayout_Destroy leaves it alone.
    const bool owned_by_program;
};

namespace optirs::plugin {

/// What the C API asks about arguments or outputs, as arrays that live with the program.
struct ValueLists {
    explicit ValueLists(const std::vector<TensorType>& types, const std::vector<std::string>& sharding_texts);

    std::vector<PJRT_Buffer_Type> types;
    std::vector<int64_t> dims;  ///< of all values, one after the other
    std::vector<size_t> ranks;
    std::vector<const char*> memory_kinds;
    std::vector<size_t> memory_kind_sizes;
    std::vector<PJRT_Layouts_MemoryLayout*> layouts;
    /// Serialized xla.OpSharding of each value. Both empty when the program names no shardings.
    std::vector<const char*> shardings;
    std::vector<size_t> sharding_sizes;
    int64_t bytes = 0;

 private:
    std::vector<std::unique_ptr<PJRT_Layouts_MemoryLayout>> owned_layouts_;
    std::vector<std::string> owned_shardings_;
};

/// The properties of PJRT_Executable_GetCostAnalysis.
NamedValues costProperties(const ProgramCost& cost);

}  // namespace optirs::plugin
