#include "src/pjrt/ffi_call.h"

#include <vector>

#include "src/core/guard.h"
#include "src/kernels/all.h"
#include "src/kernels/call_binder.h"
#include "src/pjrt/ffi_machine.h"

namespace optirs::pjrt {
namespace {

using core::Code;
using core::concat;
using core::Error;
using kernels::CallBinder;
using kernels::CallTensor;

optirs_dl_data_type dlpackType(XLA_FFI_DataType type) {
    switch (type) {
        case XLA_FFI_DataType_F64:
            return {OPTIRS_DL_FLOAT, 64, 1};
        case XLA_FFI_DataType_F32:
            return {OPTIRS_DL_FLOAT, 32, 1};
        case XLA_FFI_DataType_BF16:
            return {OPTIRS_DL_BFLOAT, 16, 1};
        case XLA_FFI_DataType_F16:
            return {OPTIRS_DL_FLOAT, 16, 1};
        case XLA_FFI_DataType_F8E4M3FN:
            return {OPTIRS_DL_F8E4M3FN, 8, 1};
        case XLA_FFI_DataType_F8E5M2:
            return {OPTIRS_DL_F8E5M2, 8, 1};
        case XLA_FFI_DataType_F8E8M0FNU:
            return {OPTIRS_DL_F8E8M0FNU, 8, 1};
        case XLA_FFI_DataType_S32:
            return {OPTIRS_DL_INT, 32, 1};
        case XLA_FFI_DataType_S64:
            return {OPTIRS_DL_INT, 64, 1};
        case XLA_FFI_DataType_S16:
            return {OPTIRS_DL_INT, 16, 1};
        case XLA_FFI_DataType_U8:
            return {OPTIRS_DL_UINT, 8, 1};
        default:
            throw Error(Code::kInvalidArgument,
                        concat("kernels take no tensors of XLA's element type ", int32_t{type}));
    }
}

std::vector<CallTensor> tensorsOf(int64_t count, const int32_t* types, void* const* buffers,
                                  const char* what) {
    std::vector<CallTensor> tensors;
    for (int64_t i = 0; i < count; ++i) {
        if (types[i] != XLA_FFI_ArgType_BUFFER) {
            throw Error(Code::kInvalidArgument, concat(what, " ", i, " is not a tensor"));
        }
        const auto& buffer = *static_cast<const XLA_FFI_Buffer*>(buffers[i]);
        tensors.push_back({buffer.data, dlpackType(buffer.dtype),
                           std::span(buffer.dims, static_cast<std::size_t>(buffer.rank))});
    }
    return tensors;
}

template <class T>
T valueOf(const XLA_FFI_Scalar& scalar) {
    return *static_cast<const T*>(scalar.value);
}

void readScalar(CallBinder& binder, std::string_view name, const XLA_FFI_Scalar& scalar) {
    switch (scalar.dtype) {
        case XLA_FFI_DataType_F32:
            return binder.set(name, static_cast<double>(valueOf<float>(scalar)));
        case XLA_FFI_DataType_F64:
            return binder.set(name, valueOf<double>(scalar));
        case XLA_FFI_DataType_PRED:
            return binder.set(name, int64_t{valueOf<bool>(scalar)});
        case XLA_FFI_DataType_S32:
            return binder.set(name, int64_t{valueOf<int32_t>(scalar)});
        case XLA_FFI_DataType_U32:
            return binder.set(name, int64_t{valueOf<uint32_t>(scalar)});
        case XLA_FFI_DataType_S64:
        case XLA_FFI_DataType_U64:  // seeds use all bits
            return binder.set(name, valueOf<int64_t>(scalar));
        default:
            binder.refuse(name, concat("a scalar of XLA's element type ", int32_t{scalar.dtype}));
    }
}

void readAttribute(CallBinder& binder, std::string_view name, XLA_FFI_AttrType type, const void* value) {
    const bool is_side = name == CallBinder::kOperands || name == CallBinder::kResults;
    if (is_side && type != XLA_FFI_AttrType_STRING) {
        throw Error(Code::kInvalidArgument,
                    concat(name, " is no text, expected names with commas, as in \"q, k, v\""));
    }
    if (is_side) {
        const auto& text = *static_cast<const XLA_FFI_ByteSpan*>(value);
        binder.name(name, std::string_view(text.ptr, text.len));
    } else if (type == XLA_FFI_AttrType_SCALAR) {
        readScalar(binder, name, *static_cast<const XLA_FFI_Scalar*>(value));
    } else {
        binder.refuse(name, type == XLA_FFI_AttrType_STRING ? "a text" : "a list or a dictionary");
    }
}

void run(const kernels::KernelTarget& target, const XLA_FFI_CallFrame& frame) {
    const XLA_FFI_Api_Version& version = frame.api->api_version;
    if (version.major_version != XLA_FFI_API_MAJOR || version.minor_version < XLA_FFI_API_MINOR) {
        throw Error(Code::kUnimplemented,
                    concat("the plugin speaks version ", version.major_version, ".", version.minor_version,
                           " of XLA's FFI, expected 0.1 or newer"));
    }
    CallBinder binder(target);
    for (int64_t i = 0; i < frame.attrs.size; ++i) {
        readAttribute(binder, {frame.attrs.names[i]->ptr, frame.attrs.names[i]->len}, frame.attrs.types[i],
                      frame.attrs.attrs[i]);
    }
    const std::vector<CallTensor> operands =
        tensorsOf(frame.args.size, frame.args.types, frame.args.args, "operand");
    const std::vector<CallTensor> results =
        tensorsOf(frame.rets.size, frame.rets.types, frame.rets.rets, "result");
    FfiMachine machine(frame);
    binder.run(operands, results, machine);
}

/// Answers the question what the handler is; false where it is not asked.
bool tellMetadata(const XLA_FFI_CallFrame& frame) {
    for (XLA_FFI_Extension_Base* extension = frame.extension_start; extension != nullptr;
         extension = extension->next) {
        if (extension->type == XLA_FFI_Extension_Metadata) {
            XLA_FFI_Metadata& metadata = *reinterpret_cast<XLA_FFI_Metadata_Extension*>(extension)->metadata;
            metadata.api_version.major_version = XLA_FFI_API_MAJOR;
            metadata.api_version.minor_version = XLA_FFI_API_MINOR;
            metadata.traits = 0;  // not for command buffers: a scalar that is an operand is waited for
            return true;
        }
    }
    return false;
}

}  // namespace

XLA_FFI_Error* answerCall(const kernels::KernelTarget& target, XLA_FFI_CallFrame& frame) noexcept {
    if (tellMetadata(frame)) {
        return nullptr;
    }
    optirs_error* error = core::guard("optirs.*", [&] {
        kernels::named(concat("optirs.", target.name).c_str(), [&] { run(target, frame); });
    });
    if (error == nullptr) {
        return nullptr;
    }
    XLA_FFI_Error_Create_Args args{};
    args.struct_size = sizeof(args);
    args.message = error->message.data();
    args.errc = error->code;
    XLA_FFI_Error* theirs = frame.api->XLA_FFI_Error_Create(&args);
    optirs_error_release(error);
    return theirs;
}

}  // namespace optirs::pjrt
