// optirs/pjrt_types.h: validation and translation only.
#include <optirs/pjrt_types.h>

#include "src/abi/pjrt_arguments.h"
#include "src/pjrt/blobs.h"
#include "src/pjrt/layout.h"

using namespace optirs::abi;  // the helpers of every file of this kind
namespace pjrt = optirs::pjrt;

void optirs_pjrt_values_retain(optirs_pjrt_values* values) { optirs::core::retainHandle(values); }
void optirs_pjrt_values_release(optirs_pjrt_values* values) { optirs::core::releaseHandle(values); }
int64_t optirs_pjrt_values_count(const optirs_pjrt_values* values) { return values->get().size(); }
optirs_error* optirs_pjrt_values_at(const optirs_pjrt_values* values, int64_t index,
                                    optirs_pjrt_named_value* out_value) {
    return guard("optirs_pjrt_values_at", [&] {
        Out out(out_value, "out_value");
        out = required(values, "values")->get().at(index, "value");
    });
}
void optirs_pjrt_bytes_retain(optirs_pjrt_bytes* bytes) { optirs::core::retainHandle(bytes); }
void optirs_pjrt_bytes_release(optirs_pjrt_bytes* bytes) { optirs::core::releaseHandle(bytes); }
const uint8_t* optirs_pjrt_bytes_data(const optirs_pjrt_bytes* bytes, uint64_t* out_size) {
    return reinterpret_cast<const uint8_t*>(returnText(bytes->get(), out_size));
}
void optirs_pjrt_layout_retain(optirs_pjrt_layout* layout) { optirs::core::retainHandle(layout); }
void optirs_pjrt_layout_release(optirs_pjrt_layout* layout) { optirs::core::releaseHandle(layout); }
void optirs_pjrt_layout_read(const optirs_pjrt_layout* layout, optirs_pjrt_layout_view* out_view) {
    *out_view = layout->view();
}
