#include <optirs/backend.h>

#include "src/core/guard.h"
#include "src/core/registry.h"

using namespace optirs::core;

optirs_error* optirs_backend_count(uint64_t* out_count) {
    return guard("optirs_backend_count", [&] {
        Out out(out_count, "out_count");
        out = Registry::global().count();
    });
}

optirs_error* optirs_backend_name_at(uint64_t index, const char** out_name, uint64_t* out_name_size) {
    return guard("optirs_backend_name_at", [&] {
        OutText out(out_name, out_name_size, "out_name");
        out = Registry::global().nameAt(index);
    });
}

optirs_error* optirs_backend_score(const char* name, uint64_t name_size, int32_t* out_score) {
    return guard("optirs_backend_score", [&] {
        Out out(out_score, "out_score");
        std::string_view reason;
        out = Registry::global().score(requiredText(name, name_size, "name"), &reason);
    });
}

optirs_error* optirs_backend_reason(const char* name, uint64_t name_size, const char** out_reason,
                                    uint64_t* out_reason_size) {
    return guard("optirs_backend_reason", [&] {
        OutText out(out_reason, out_reason_size, "out_reason");
        std::string_view reason;
        Registry::global().score(requiredText(name, name_size, "name"), &reason);
        out = reason;
    });
}

optirs_error* optirs_backend_load(const char* name, uint64_t name_size, optirs_backend** out_backend) {
    return guard("optirs_backend_load", [&] {
        Out out(out_backend, "out_backend");
        out = makeObject<optirs_backend>(Registry::global().load(requiredText(name, name_size, "name")));
    });
}

const char* optirs_backend_name(const optirs_backend* backend, uint64_t* out_size) {
    return returnText(backend->entry.name, out_size);
}

const char* optirs_backend_version(const optirs_backend* backend, uint64_t* out_size) {
    return returnText(backend->entry.table->version, out_size);
}

const char* optirs_backend_path(const optirs_backend* backend, uint64_t* out_size) {
    return returnText(backend->entry.path, out_size);
}

void optirs_backend_retain(optirs_backend* backend) { retainHandle(backend); }
void optirs_backend_release(optirs_backend* backend) { releaseHandle(backend); }
