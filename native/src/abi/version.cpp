#include <optirs/version.h>

#include "src/core/guard.h"

using namespace optirs::core;

uint32_t optirs_abi_version() { return OPTIRS_ABI_VERSION; }

// The build system defines OPTIRS_VERSION_TEXT: version, revision, compiler.
const char* optirs_version(uint64_t* out_size) { return returnText(OPTIRS_VERSION_TEXT, out_size); }
