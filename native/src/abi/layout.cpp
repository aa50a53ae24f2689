#include "abi/layout.h"

uint64_t optirs_abi_layout(const optirs_layout_row** out_rows) {
    if (out_rows != nullptr) {
        *out_rows = optirs_layout_rows;
    }
    return optirs_layout_row_count;
}
