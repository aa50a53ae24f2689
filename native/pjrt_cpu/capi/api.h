#pragma once

#include "pjrt_abi/pjrt_abi.h"

namespace optirs::plugin {

// Each fills the functions of its nouns.
void fillErrorsAndEvents(PJRT_Api& api);
void fillClient(PJRT_Api& api);
void fillDevice(PJRT_Api& api);
void fillTopology(PJRT_Api& api);
void fillBuffer(PJRT_Api& api);
void fillBufferCreation(PJRT_Api& api);
void fillExecutable(PJRT_Api& api);
void fillLoadedExecutable(PJRT_Api& api);
void fillAsyncTransfer(PJRT_Api& api);
void fillCopyStream(PJRT_Api& api);
void fillDeferred(PJRT_Api& api);

/// The chain of extensions: layouts, shardings, memory descriptions, custom calls, profiler, work in place.
PJRT_Extension_Base* extensions();
PJRT_Extension_Base* shardingsExtension(PJRT_Extension_Base* next);
PJRT_Extension_Base* memoryDescriptionsExtension(PJRT_Extension_Base* next);
PJRT_Extension_Base* customCallExtension(PJRT_Extension_Base* next);
PJRT_Extension_Base* profilerExtension(PJRT_Extension_Base* next);
PJRT_Extension_Base* inPlaceExtension(PJRT_Extension_Base* next);

}  // namespace optirs::plugin
