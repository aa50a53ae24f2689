// The form of a test backend: a table with a score, and the one export.
#pragma once

#include <cstdio>

#include "src/core/backend_table.h"

#define OPTIRS_TEST_EXPORT extern "C" __attribute__((visibility("default")))

namespace optirs::test {

constexpr optirs_backend_table tableOf(const char* name, uint32_t abi,
                                       int32_t (*score)(void*, optirs_backend_status*)) {
    optirs_backend_table table{};
    table.struct_size = sizeof(optirs_backend_table);
    table.abi = abi;
    table.name = name;
    table.version = "1.2.3";
    table.score = score;
    return table;
}

}  // namespace optirs::test
