// XLA's side of a custom call: the functions that a handler may call, and call frames. Each checks what it is
// given, as XLA does.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pjrt_abi/xla_ffi.h"
#include "twins.h"

namespace optirs::test {

struct FakeXlaError {
    int32_t code;
    std::string message;
};

/// What an execution has. XLA's errors of one test are alive until it ends: `errors` counts them.
struct FakeXla {
    optirs_stream* stream = nullptr;
    bool has_stream = true;
    bool has_memory = true;
    std::map<void*, Held<optirs_device_memory>> scratch;
    size_t scratch_bytes = 0;  // of the last allocation
    int errors = 0;

    static FakeXla& of(XLA_FFI_ExecutionContext* context) { return *reinterpret_cast<FakeXla*>(context); }
};

namespace xla {

inline FakeXla* counting = nullptr;  // whose errors are counted: XLA_FFI_Error_Create has no context

/// As XLA: a struct may be longer than it is known to be, but not shorter.
template <class Args>
void checkSize(const Args& args, size_t known) {
    EXPECT_GE(args.struct_size, known);
    EXPECT_EQ(args.extension_start, nullptr);
}

inline XLA_FFI_Error* newError(int32_t code, std::string message) {
    ++counting->errors;
    return reinterpret_cast<XLA_FFI_Error*>(new FakeXlaError{code, std::move(message)});
}

inline XLA_FFI_Error* errorCreate(XLA_FFI_Error_Create_Args* args) {
    checkSize(*args, 28);
    return newError(args->errc, args->message);
}
inline void errorGetMessage(XLA_FFI_Error_GetMessage_Args* args) {
    checkSize(*args, 32);
    args->message = reinterpret_cast<FakeXlaError*>(args->error)->message.c_str();
}
inline void errorDestroy(XLA_FFI_Error_Destroy_Args* args) {
    checkSize(*args, 24);
    --counting->errors;
    delete reinterpret_cast<FakeXlaError*>(args->error);
}
inline XLA_FFI_Error* streamGet(XLA_FFI_Stream_Get_Args* args) {
    checkSize(*args, 32);
    FakeXla& xla = FakeXla::of(args->ctx);
    if (!xla.has_stream) {
        return newError(OPTIRS_UNIMPLEMENTED, "XLA FFI GPU context is not available");
    }
    args->stream = optirs_stream_native(xla.stream);
    return nullptr;
}
/// Aligned as asked for, and no better.
inline XLA_FFI_Error* memoryAllocate(XLA_FFI_DeviceMemory_Allocate_Args* args) {
    checkSize(*args, 48);
    FakeXla& xla = FakeXla::of(args->ctx);
    if (!xla.has_memory) {
        return newError(OPTIRS_RESOURCE_EXHAUSTED, "out of memory");
    }
    EXPECT_GT(args->size, 0U);
    EXPECT_TRUE(args->alignment > 0 && args->alignment <= 16 &&
                (args->alignment & (args->alignment - 1)) == 0);
    optirs_device_memory* made = nullptr;
    EXPECT_OK(optirs_device_memory_create(xla.stream, args->size + args->alignment, nullptr, 0, &made));
    args->data = static_cast<std::byte*>(optirs_device_memory_data(made)) + args->alignment;
    xla.scratch_bytes = args->size;
    xla.scratch[args->data] = Held<optirs_device_memory>(made);
    return nullptr;
}
inline XLA_FFI_Error* memoryFree(XLA_FFI_DeviceMemory_Free_Args* args) {
    checkSize(*args, 40);
    FakeXla& xla = FakeXla::of(args->ctx);
    EXPECT_EQ(args->size, xla.scratch_bytes);
    EXPECT_EQ(xla.scratch.erase(args->data), 1U) << "memory that was not allocated";
    return nullptr;
}

}  // namespace xla

/// One custom call of a program; what it is given must outlive it.
class FakeXlaCall {
 public:
    explicit FakeXlaCall(FakeXla& given_xla) : xla(given_xla) {}

    FakeXlaCall& operand(Twin& twin) { return add(operands, twin); }
    FakeXlaCall& result(Twin& twin) { return add(results, twin); }
    FakeXlaCall& set(const char* name, double value) { return scalar(name, XLA_FFI_DataType_F64, value); }
    FakeXlaCall& set(const char* name, float value) { return scalar(name, XLA_FFI_DataType_F32, value); }
    FakeXlaCall& set(const char* name, int64_t value) { return scalar(name, XLA_FFI_DataType_S64, value); }
    FakeXlaCall& set(const char* name, int32_t value) { return scalar(name, XLA_FFI_DataType_S32, value); }
    FakeXlaCall& set(const char* name, bool value) { return scalar(name, XLA_FFI_DataType_PRED, value); }
    FakeXlaCall& set(const char* name, const char* text) {
        Attribute& made = attribute(name, XLA_FFI_AttrType_STRING);
        made.span = {text, std::strlen(text)};
        made.address = &made.span;
        return *this;
    }
    FakeXlaCall& set(const char* name, XLA_FFI_AttrType type) {
        attribute(name, type);
        return *this;
    }

    /// Calls the handler as XLA does, and destroys the error that it returns.
    FakeXlaError run(void* handler) {
        xla::counting = &xla;
        std::ranges::sort(attributes, {}, [](const auto& one) { return std::string(one->name.ptr); });
        std::vector<XLA_FFI_AttrType> attribute_types;
        std::vector<XLA_FFI_ByteSpan*> names;
        std::vector<void*> values;
        for (const auto& one : attributes) {
            attribute_types.push_back(one->type);
            names.push_back(&one->name);
            values.push_back(one->address);
        }
        std::vector<int32_t> types(std::max(operands.size(), results.size()), argument_type);
        std::vector<void*> operand_addresses;
        std::vector<void*> result_addresses;
        for (const auto& one : operands) operand_addresses.push_back(&one->buffer);
        for (const auto& one : results) result_addresses.push_back(&one->buffer);
        XLA_FFI_Api api = table();
        api.api_version.minor_version = minor_version;
        XLA_FFI_CallFrame frame{};
        frame.struct_size = 168;  // version 0.1 does not count the future
        frame.api = &api;
        frame.ctx = reinterpret_cast<XLA_FFI_ExecutionContext*>(&xla);
        frame.stage = XLA_FFI_ExecutionStage_EXECUTE;
        frame.args = {40, nullptr, static_cast<int64_t>(operands.size()), types.data(),
                      operand_addresses.data()};
        frame.rets = {40, nullptr, static_cast<int64_t>(results.size()), types.data(),
                      result_addresses.data()};
        frame.attrs = {48,           nullptr,      static_cast<int64_t>(names.size()), attribute_types.data(),
                       names.data(), values.data()};
        XLA_FFI_Error* error = reinterpret_cast<XLA_FFI_Handler*>(handler)(&frame);
        EXPECT_TRUE(xla.scratch.empty()) << "scratch memory that was not given back";
        FakeXlaError read{OPTIRS_OK, ""};
        if (error != nullptr) {
            read = *reinterpret_cast<FakeXlaError*>(error);
            XLA_FFI_Error_Destroy_Args args{24, nullptr, error};
            xla::errorDestroy(&args);
        }
        EXPECT_EQ(xla.errors, 0) << "errors that were not destroyed";
        return read;
    }

    int minor_version = 1;
    int32_t argument_type = XLA_FFI_ArgType_BUFFER;

 private:
    struct Argument {
        std::vector<int64_t> dims;
        XLA_FFI_Buffer buffer{};
    };
    struct Attribute {
        XLA_FFI_ByteSpan name{};
        XLA_FFI_AttrType type{};
        void* address = nullptr;
        XLA_FFI_ByteSpan span{};
        XLA_FFI_Scalar scalar{};
        alignas(8) char value[8] = {};
    };

    static XLA_FFI_Api table() {
        XLA_FFI_Api api{};
        api.struct_size = 88;  // as version 0.1 says it
        api.api_version = {24, nullptr, 0, 1};
        api.XLA_FFI_Error_Create = xla::errorCreate;
        api.XLA_FFI_Error_GetMessage = xla::errorGetMessage;
        api.XLA_FFI_Error_Destroy = xla::errorDestroy;
        api.XLA_FFI_Stream_Get = xla::streamGet;
        api.XLA_FFI_DeviceMemory_Allocate = xla::memoryAllocate;
        api.XLA_FFI_DeviceMemory_Free = xla::memoryFree;
        return api;
    }

    static XLA_FFI_DataType typeOf(optirs_dl_data_type type) {
        switch (type.code) {
            case OPTIRS_DL_BFLOAT:
                return XLA_FFI_DataType_BF16;
            case OPTIRS_DL_F8E4M3FN:
                return XLA_FFI_DataType_F8E4M3FN;
            case OPTIRS_DL_F8E5M2:
                return XLA_FFI_DataType_F8E5M2;
            case OPTIRS_DL_F8E8M0FNU:
                return XLA_FFI_DataType_F8E8M0FNU;
            case OPTIRS_DL_INT:
                return type.bits == 64 ? XLA_FFI_DataType_S64 : XLA_FFI_DataType_S32;
            case OPTIRS_DL_BOOL:
                return XLA_FFI_DataType_PRED;
            default:
                return type.bits == 64   ? XLA_FFI_DataType_F64
                       : type.bits == 16 ? XLA_FFI_DataType_F16
                                         : XLA_FFI_DataType_F32;
        }
    }

    FakeXlaCall& add(std::vector<std::unique_ptr<Argument>>& list, Twin& twin) {
        Argument& made = *list.emplace_back(std::make_unique<Argument>());
        made.dims = twin.shape;
        made.buffer = {48,
                       nullptr,
                       typeOf(twin.type),
                       twin.tensors[1].data,
                       static_cast<int64_t>(made.dims.size()),
                       made.dims.data()};
        return *this;
    }
    Attribute& attribute(const char* name, XLA_FFI_AttrType type) {
        Attribute& made = *attributes.emplace_back(std::make_unique<Attribute>());
        made.name = {name, std::strlen(name)};
        made.type = type;
        return made;
    }
    template <class T>
    FakeXlaCall& scalar(const char* name, XLA_FFI_DataType type, T value) {
        Attribute& made = attribute(name, XLA_FFI_AttrType_SCALAR);
        std::memcpy(made.value, &value, sizeof(value));
        made.scalar = {type, made.value};
        made.address = &made.scalar;
        return *this;
    }

    FakeXla& xla;
    std::vector<std::unique_ptr<Argument>> operands;
    std::vector<std::unique_ptr<Argument>> results;
    std::vector<std::unique_ptr<Attribute>> attributes;
};

}  // namespace optirs::test
