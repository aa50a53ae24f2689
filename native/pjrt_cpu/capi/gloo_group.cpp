#include "pjrt_cpu/capi/gloo_group.h"

#include <dlfcn.h>

#include <set>
#include <string>
#include <vector>

#include "pjrt_cpu/capi/error_object.h"
#include "pjrt_cpu/gloo/gloo_module.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

/// The functions of the library that is beside this one, loaded once.
struct GlooLibrary {
    decltype(&optirsGlooConnect) connect = nullptr;
    decltype(&optirsGlooExchange) exchange = nullptr;
    decltype(&optirsGlooDisconnect) disconnect = nullptr;
    std::string failure;

    static const GlooLibrary& instance() {
        static const GlooLibrary library;
        return library;
    }

 private:
    GlooLibrary() {
        Dl_info self{};
        const void* address = reinterpret_cast<const void*>(&connectProcesses);
        std::string path = dladdr(address, &self) != 0 && self.dli_fname != nullptr ? self.dli_fname : "";
        path = path.substr(0, path.rfind('/') + 1) + "libpjrt_optirs_gloo.so";
        void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) {
            failure = dlerror();
            return;
        }
        connect = reinterpret_cast<decltype(connect)>(dlsym(handle, "optirsGlooConnect"));
        exchange = reinterpret_cast<decltype(exchange)>(dlsym(handle, "optirsGlooExchange"));
        disconnect = reinterpret_cast<decltype(disconnect)>(dlsym(handle, "optirsGlooDisconnect"));
        if (connect == nullptr || exchange == nullptr || disconnect == nullptr)
            failure = path + " is of another version";
    }
};

PJRT_Error* callbackError(PJRT_Error_Code code, const char* message, size_t size) {
    return makeError(codeOf(numberOf(code)), std::string(message, size));
}

struct Callbacks {
    const PJRT_Client_Create_Args& args;
    PJRT_CallbackError make_error = callbackError;
    PJRT_KeyValueGetCallback_ValueDeleter release = nullptr;

    static int put(void* self, const char* key, size_t key_size, const char* value, size_t value_size) {
        auto& callbacks = *static_cast<Callbacks*>(self);
        PJRT_KeyValuePutCallback_Args call{};
        call.struct_size = sizeof call;
        call.key = key;
        call.key_size = key_size;
        call.value = value;
        call.value_size = value_size;
        call.callback_error = &callbacks.make_error;
        call.user_arg = callbacks.args.kv_put_user_arg;
        return finish(callbacks.args.kv_put_callback(&call));
    }

    static int get(void* self, const char* key, size_t key_size, int32_t timeout_ms, char** value,
                   size_t* value_size) {
        auto& callbacks = *static_cast<Callbacks*>(self);
        PJRT_KeyValueGetCallback_Args call{};
        call.struct_size = sizeof call;
        call.key = key;
        call.key_size = key_size;
        call.timeout_in_ms = timeout_ms;
        call.callback_error = &callbacks.make_error;
        call.user_arg = callbacks.args.kv_get_user_arg;
        const int failed = finish(callbacks.args.kv_get_callback(&call));
        if (failed != 0) return failed;
        callbacks.release = call.value_deleter_callback;
        *value = call.value;
        *value_size = call.value_size;
        return 0;
    }

    static void releaseValue(void* self, char* value) {
        auto& callbacks = *static_cast<Callbacks*>(self);
        if (callbacks.release != nullptr) callbacks.release(value);
    }

    static int finish(PJRT_Error* error) {
        if (error == nullptr) return 0;
        destroyError(error);
        return 1;
    }
};

class GlooGroup final : public ProcessGroup {
 public:
    GlooGroup(const GlooLibrary& library, const ClientOptions& options, OptirsGlooGroup* group)
        : library_(library),
          rank_(static_cast<int>(options.node_id)),
          size_(static_cast<int>(options.num_nodes)),
          group_(group) {}
    ~GlooGroup() override { library_.disconnect(group_); }

    int rank() const override { return rank_; }
    int size() const override { return size_; }

    void exchange(uint64_t tag, std::span<const Transfer> send, std::span<const Transfer> receive) override {
        const auto list_of = [](std::span<const Transfer> transfers) {
            std::vector<OptirsGlooTransfer> list;
            list.reserve(transfers.size());
            for (const Transfer& transfer : transfers)
                list.push_back({transfer.process, transfer.bytes.data(), transfer.bytes.size()});
            return list;
        };
        const auto sending = list_of(send);
        const auto receiving = list_of(receive);
        char error[512] = "";
        if (library_.exchange(group_, tag, sending.data(), sending.size(), receiving.data(), receiving.size(),
                              error, sizeof error) == 0)
            return;
        std::set<int> processes;
        for (const std::span<const Transfer> transfers : {send, receive}) {
            for (const Transfer& transfer : transfers) processes.insert(transfer.process);
        }
        std::string others;
        for (const int process : processes) others += (others.empty() ? "" : ", ") + std::to_string(process);
        throw Error(Code::kUnavailable, "process " + std::to_string(rank_) +
                                            " did not get through to process(es) " + others + ": " + error);
    }

 private:
    const GlooLibrary& library_;
    const int rank_;
    const int size_;
    OptirsGlooGroup* const group_;
};

}  // namespace

std::unique_ptr<ProcessGroup> connectProcesses(const ClientOptions& options,
                                               const PJRT_Client_Create_Args& args) {
    if (options.num_nodes == 1) return nullptr;
    if (args.kv_get_callback == nullptr || args.kv_put_callback == nullptr) {
        throw invalidArgument("num_nodes is " + std::to_string(options.num_nodes) +
                              ", which needs kv_get_callback and kv_put_callback: the processes find each "
                              "other there");
    }
    const GlooLibrary& library = GlooLibrary::instance();
    if (!library.failure.empty())
        throw Error(Code::kUnavailable, "collectives between processes need Gloo: " + library.failure);
    Callbacks callbacks{args};
    const OptirsGlooStore store = {&callbacks, Callbacks::put, Callbacks::get, Callbacks::releaseValue};
    char error[512] = "";
    OptirsGlooGroup* group =
        library.connect(static_cast<int32_t>(options.node_id), static_cast<int32_t>(options.num_nodes),
                        options.collective_timeout_s, &store, error, sizeof error);
    if (group == nullptr)
        throw Error(Code::kUnavailable, "node " + std::to_string(options.node_id) + " of " +
                                            std::to_string(options.num_nodes) +
                                            " did not reach the others: " + error);
    return std::make_unique<GlooGroup>(library, options, group);
}

}  // namespace optirs::plugin
