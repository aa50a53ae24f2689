// The functions that this plugin does not serve yet. A client that calls one gets UNIMPLEMENTED with its
// name.
#include "pjrt_cpu/capi/api.h"
#include "pjrt_cpu/capi/error_object.h"

namespace optirs::plugin {

#define OPTIRS_UNSERVED(function)                                                                    \
    api.function = [](function##_Args* args) -> PJRT_Error* {                                        \
        return guarded(#function, args, [](auto&) {                                                  \
            throw unimplemented("the embedded CPU plugin (" OPTIRS_VERSION ") does not serve this"); \
        });                                                                                          \
    }

void fillUnserved(PJRT_Api& api) {
    OPTIRS_UNSERVED(PJRT_CopyToDeviceStream_Destroy);
    OPTIRS_UNSERVED(PJRT_CopyToDeviceStream_AddChunk);
    OPTIRS_UNSERVED(PJRT_CopyToDeviceStream_TotalBytes);
    OPTIRS_UNSERVED(PJRT_CopyToDeviceStream_GranuleSize);
    OPTIRS_UNSERVED(PJRT_CopyToDeviceStream_CurrentBytes);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_Destroy);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_TransferData);
    OPTIRS_UNSERVED(PJRT_Client_CreateBuffersForAsyncHostToDevice);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_Device);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_BufferCount);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_BufferSize);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_SetBufferError);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_AddMetadata);
    OPTIRS_UNSERVED(PJRT_AsyncHostToDeviceTransferManager_TransferLiteral);
    OPTIRS_UNSERVED(PJRT_Client_CreateAliasBuffer);
    OPTIRS_UNSERVED(PJRT_Client_FulfillAliasBuffer);
    OPTIRS_UNSERVED(PJRT_Buffer_CopyRawToHostFuture);
    OPTIRS_UNSERVED(PJRT_Buffer_DonateWithControlDependency);
    OPTIRS_UNSERVED(PJRT_Device_PoisonExecution);
    OPTIRS_UNSERVED(PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace);
}

}  // namespace optirs::plugin
