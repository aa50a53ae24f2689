/**
 * @file
 * The whole C ABI of OptiRs.Native. Opaque handles, errors as objects, fixed-width types; see the pages in
 * native/docs.
 */
#ifndef OPTIRS_OPTIRS_H_
#define OPTIRS_OPTIRS_H_

#include <optirs/architecture.h>
#include <optirs/backend.h>
#include <optirs/buffer.h>
#include <optirs/communicator.h>
#include <optirs/device.h>
#include <optirs/device_memory.h>
#include <optirs/dlpack.h>
#include <optirs/dtype.h>
#include <optirs/echo.h>
#include <optirs/error.h>
#include <optirs/event.h>
#include <optirs/export.h>
#include <optirs/fault.h>
#include <optirs/graph.h>
#include <optirs/kernel.h>
#include <optirs/kernel_attention.h>
#include <optirs/kernel_matmul.h>
#include <optirs/kernel_mx.h>
#include <optirs/kernel_norm.h>
#include <optirs/kernel_optimizer.h>
#include <optirs/kernel_pointwise.h>
#include <optirs/kernel_quantize.h>
#include <optirs/kernel_sparse.h>
#include <optirs/memory.h>
#include <optirs/operation.h>
#include <optirs/pjrt.h>
#include <optirs/stablehlo.h>
#include <optirs/stream.h>
#include <optirs/tune.h>
#include <optirs/version.h>

#endif
