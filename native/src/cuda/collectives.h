// Collectives through NCCL: the functions of the device table.
#pragma once

#include "src/core/device_table.h"

namespace optirs::cuda {

int32_t communicatorId(void* self, int32_t device, uint8_t* out_id, optirs_backend_status* status) noexcept;
int32_t communicatorCreate(void* self, int32_t device, const uint8_t* id, int32_t rank_count, int32_t rank,
                           void** out_communicator, optirs_backend_status* status) noexcept;
int32_t communicatorRun(void* self, int32_t device, void* communicator,
                        const optirs_backend_collective* collective, void* stream,
                        optirs_backend_status* status) noexcept;
int32_t communicatorCheck(void* self, int32_t device, void* communicator,
                          optirs_backend_status* status) noexcept;
int32_t communicatorDestroy(void* self, int32_t device, void* communicator,
                            optirs_backend_status* status) noexcept;

}  // namespace optirs::cuda
