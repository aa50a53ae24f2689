// The C ABI of XLA's typed FFI: how a compiled program calls functions of other libraries. Our own words, as far as this
// project needs them; names and layout are those of version 0.1, and the same in every later one that is known (0.2).
//
// A handler states the version that it speaks (XLA_FFI_Metadata_Extension) when it is registered. Plugins of version 0.1
// take that one alone, later ones take every version from 0.1 on.
#ifndef OPTIRS_XLA_FFI_H_
#define OPTIRS_XLA_FFI_H_

#include "pjrt_abi/pjrt_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { XLA_FFI_API_MAJOR = 0, XLA_FFI_API_MINOR = 1 };

typedef struct XLA_FFI_Error XLA_FFI_Error;                        // of the plugin; who gets one destroys it
typedef struct XLA_FFI_ExecutionContext XLA_FFI_ExecutionContext;  // of the plugin, one execution

// ---- Extensions of structs: lists, as PJRT's

typedef enum PJRT_ABI_ENUM(XLA_FFI_Extension_Type) {
    XLA_FFI_Extension_Metadata = 1,
} XLA_FFI_Extension_Type;

typedef struct XLA_FFI_Extension_Base {
    size_t struct_size;
    XLA_FFI_Extension_Type type;
    struct XLA_FFI_Extension_Base* next;
} XLA_FFI_Extension_Base;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Extension_Base) == 24);

typedef struct XLA_FFI_Api_Version {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    int major_version;
    int minor_version;
} XLA_FFI_Api_Version;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Api_Version) == 24);

// With this in the list of its call frame a handler is asked what it is, and computes nothing; `api` is NULL then.
typedef struct XLA_FFI_Metadata {
    size_t struct_size;
    XLA_FFI_Api_Version api_version;  // out
    uint32_t traits;                  // out: bits of PJRT_FFI_Handler_TraitsBits
    // Later versions have more fields, which are zero unless a handler sets them.
} XLA_FFI_Metadata;
PJRT_ABI_FIELD(XLA_FFI_Metadata, traits, 32, 4);

typedef struct XLA_FFI_Metadata_Extension {
    XLA_FFI_Extension_Base extension_base;
    XLA_FFI_Metadata* metadata;
} XLA_FFI_Metadata_Extension;
PJRT_ABI_FIELD(XLA_FFI_Metadata_Extension, metadata, 24, 8);

// ---- What a call brings

// The numbers of XLA's PrimitiveType, as PJRT_Buffer_Type does not have them.
typedef enum PJRT_ABI_ENUM(XLA_FFI_DataType) {
    XLA_FFI_DataType_PRED = 1,
    XLA_FFI_DataType_S8 = 2,
    XLA_FFI_DataType_S16 = 3,
    XLA_FFI_DataType_S32 = 4,
    XLA_FFI_DataType_S64 = 5,
    XLA_FFI_DataType_U8 = 6,
    XLA_FFI_DataType_U16 = 7,
    XLA_FFI_DataType_U32 = 8,
    XLA_FFI_DataType_U64 = 9,
    XLA_FFI_DataType_F16 = 10,
    XLA_FFI_DataType_F32 = 11,
    XLA_FFI_DataType_F64 = 12,
    XLA_FFI_DataType_BF16 = 16,
    XLA_FFI_DataType_F8E5M2 = 19,
    XLA_FFI_DataType_F8E4M3FN = 20,
    XLA_FFI_DataType_F8E8M0FNU = 33,
} XLA_FFI_DataType;

// Dense and row-major, in memory of the device.
typedef struct XLA_FFI_Buffer {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_DataType dtype;
    void* data;
    int64_t rank;
    int64_t* dims;
} XLA_FFI_Buffer;
PJRT_ABI_FIELD(XLA_FFI_Buffer, data, 24, 8);
PJRT_ABI_FIELD(XLA_FFI_Buffer, dims, 40, 8);

// The one type of operands and of results.
enum { XLA_FFI_ArgType_BUFFER = 1, XLA_FFI_RetType_BUFFER = 1 };

typedef struct XLA_FFI_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    int64_t size;
    int32_t* types;
    void** args;  // XLA_FFI_Buffer*
} XLA_FFI_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Args) == 40);

typedef struct XLA_FFI_Rets {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    int64_t size;
    int32_t* types;
    void** rets;  // XLA_FFI_Buffer*
} XLA_FFI_Rets;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Rets) == 40);

typedef struct XLA_FFI_ByteSpan {
    const char* ptr;  // without a NUL
    size_t len;
} XLA_FFI_ByteSpan;

typedef struct XLA_FFI_Scalar {
    XLA_FFI_DataType dtype;
    void* value;
} XLA_FFI_Scalar;
PJRT_ABI_FIELD(XLA_FFI_Scalar, value, 8, 8);

typedef enum PJRT_ABI_ENUM(XLA_FFI_AttrType) {
    XLA_FFI_AttrType_ARRAY = 1,  // of numbers: there are no lists of strings
    XLA_FFI_AttrType_DICTIONARY = 2,
    XLA_FFI_AttrType_SCALAR = 3,  // XLA_FFI_Scalar
    XLA_FFI_AttrType_STRING = 4,  // XLA_FFI_ByteSpan
} XLA_FFI_AttrType;

// The entries of backend_config, sorted by name.
typedef struct XLA_FFI_Attrs {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    int64_t size;
    XLA_FFI_AttrType* types;
    XLA_FFI_ByteSpan** names;
    void** attrs;
} XLA_FFI_Attrs;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Attrs) == 48);

typedef enum PJRT_ABI_ENUM(XLA_FFI_ExecutionStage) {
    XLA_FFI_ExecutionStage_INSTANTIATE = 0,
    XLA_FFI_ExecutionStage_PREPARE = 1,
    XLA_FFI_ExecutionStage_INITIALIZE = 2,
    XLA_FFI_ExecutionStage_EXECUTE = 3,
} XLA_FFI_ExecutionStage;

typedef struct XLA_FFI_Api XLA_FFI_Api;

typedef struct XLA_FFI_CallFrame {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    const XLA_FFI_Api* api;
    XLA_FFI_ExecutionContext* ctx;
    XLA_FFI_ExecutionStage stage;
    XLA_FFI_Args args;
    XLA_FFI_Rets rets;
    XLA_FFI_Attrs attrs;
    void* future;  // for work that goes on, on threads of the host, after the handler has returned
} XLA_FFI_CallFrame;
PJRT_ABI_FIELD(XLA_FFI_CallFrame, stage, 32, 4);
PJRT_ABI_FIELD(XLA_FFI_CallFrame, args, 40, 40);
PJRT_ABI_FIELD(XLA_FFI_CallFrame, attrs, 120, 48);
PJRT_ABI_ASSERT(sizeof(XLA_FFI_CallFrame) == 176);

typedef XLA_FFI_Error* XLA_FFI_Handler(XLA_FFI_CallFrame* call_frame);

// ---- What a handler may ask of the plugin

typedef struct XLA_FFI_Error_Create_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    const char* message;  // copied
    int32_t errc;         // as PJRT_Error_Code
} XLA_FFI_Error_Create_Args;
PJRT_ABI_FIELD(XLA_FFI_Error_Create_Args, errc, 24, 4);

typedef struct XLA_FFI_Error_GetMessage_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_Error* error;
    const char* message;  // out, valid until the error is destroyed
} XLA_FFI_Error_GetMessage_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Error_GetMessage_Args) == 32);

typedef struct XLA_FFI_Error_Destroy_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_Error* error;
} XLA_FFI_Error_Destroy_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Error_Destroy_Args) == 24);

typedef struct XLA_FFI_Stream_Get_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_ExecutionContext* ctx;
    void* stream;  // out: a CUstream
} XLA_FFI_Stream_Get_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_Stream_Get_Args) == 32);

// Memory of the device. Given back before the handler returns, it is not reused before the work of the stream is done.
typedef struct XLA_FFI_DeviceMemory_Allocate_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_ExecutionContext* ctx;
    size_t size;
    size_t alignment;  // a power of two, at most 16
    void* data;        // out
} XLA_FFI_DeviceMemory_Allocate_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_DeviceMemory_Allocate_Args) == 48);

typedef struct XLA_FFI_DeviceMemory_Free_Args {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_ExecutionContext* ctx;
    size_t size;
    void* data;
} XLA_FFI_DeviceMemory_Free_Args;
PJRT_ABI_ASSERT(sizeof(XLA_FFI_DeviceMemory_Free_Args) == 40);

// Its struct_size ends at XLA_FFI_Stream_Get in plugins of version 0.1 that have all of this: go by the version.
struct XLA_FFI_Api {
    size_t struct_size;
    XLA_FFI_Extension_Base* extension_start;
    XLA_FFI_Api_Version api_version;
    void* internal_api;
    XLA_FFI_Error* (*XLA_FFI_Error_Create)(XLA_FFI_Error_Create_Args*);
    void (*XLA_FFI_Error_GetMessage)(XLA_FFI_Error_GetMessage_Args*);
    void (*XLA_FFI_Error_Destroy)(XLA_FFI_Error_Destroy_Args*);
    void* XLA_FFI_Handler_Register;
    XLA_FFI_Error* (*XLA_FFI_Stream_Get)(XLA_FFI_Stream_Get_Args*);
    void* XLA_FFI_Type_Register;
    void* XLA_FFI_ExecutionContext_Get;
    void* XLA_FFI_State_Set;
    void* XLA_FFI_State_Get;
    XLA_FFI_Error* (*XLA_FFI_DeviceMemory_Allocate)(XLA_FFI_DeviceMemory_Allocate_Args*);
    XLA_FFI_Error* (*XLA_FFI_DeviceMemory_Free)(XLA_FFI_DeviceMemory_Free_Args*);
    // More follows.
};
PJRT_ABI_FIELD(XLA_FFI_Api, XLA_FFI_Error_Create, 48, 8);
PJRT_ABI_FIELD(XLA_FFI_Api, XLA_FFI_Stream_Get, 80, 8);
PJRT_ABI_FIELD(XLA_FFI_Api, XLA_FFI_DeviceMemory_Allocate, 120, 8);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // OPTIRS_XLA_FFI_H_
