#include "pjrt_cpu/gloo/gloo_module.h"

#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/store.h>
#include <gloo/transport/tcp/device.h>
#include <gloo/transport/unbound_buffer.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct OptirsGlooGroup {
    std::shared_ptr<gloo::rendezvous::Context> context;
    std::chrono::milliseconds timeout;
};

namespace {

using std::chrono::milliseconds;

void setError(char* error, size_t error_size, const char* what) {
    if (error_size == 0) return;
    const size_t size = std::min(std::strlen(what), error_size - 1);
    std::memcpy(error, what, size);
    error[size] = '\0';
}

class Store final : public gloo::rendezvous::Store {
 public:
    Store(const OptirsGlooStore& store, milliseconds timeout) : store_(store), timeout_(timeout) {}

    void set(const std::string& key, const std::vector<char>& data) override {
        if (store_.put(store_.self, key.data(), key.size(), data.data(), data.size()) != 0)
            throw std::runtime_error("the key-value store did not take \"" + key + "\"");
    }

    std::vector<char> get(const std::string& key) override {
        char* value = nullptr;
        size_t size = 0;
        if (store_.get(store_.self, key.data(), key.size(), static_cast<int32_t>(timeout_.count()), &value,
                       &size) != 0)
            throw std::runtime_error("the key-value store has no \"" + key + "\"");
        std::vector<char> data(value, value + size);
        store_.release(store_.self, value);
        return data;
    }

    void wait(const std::vector<std::string>& keys) override {
        for (const std::string& key : keys) get(key);
    }
    void wait(const std::vector<std::string>& keys, const milliseconds& /*timeout*/) override { wait(keys); }

 private:
    const OptirsGlooStore& store_;
    milliseconds timeout_;
};

/// On the address that the machine's own name stands for; where it stands for none, on this machine only.
std::shared_ptr<gloo::transport::Device> makeDevice() {
    try {
        return gloo::transport::tcp::CreateDevice(gloo::transport::tcp::attr());
    } catch (const std::exception&) {
        return gloo::transport::tcp::CreateDevice(gloo::transport::tcp::attr("127.0.0.1"));
    }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) OptirsGlooGroup* optirsGlooConnect(
    int32_t rank, int32_t size, double timeout_s, const OptirsGlooStore* store, char* error,
    size_t error_size) {
    try {
        constexpr double kMostSeconds = 1e6;
        const milliseconds timeout(static_cast<int64_t>(std::min(timeout_s, kMostSeconds) * 1000));
        Store keys(*store, timeout);
        auto context = std::make_shared<gloo::rendezvous::Context>(rank, size);
        context->setTimeout(timeout);
        auto device = makeDevice();
        context->connectFullMesh(keys, device);
        return new OptirsGlooGroup{std::move(context), timeout};
    } catch (const std::exception& failure) {
        setError(error, error_size, failure.what());
        return nullptr;
    }
}

extern "C" __attribute__((visibility("default"))) int optirsGlooExchange(
    OptirsGlooGroup* group, uint64_t tag, const OptirsGlooTransfer* send, size_t send_count,
    const OptirsGlooTransfer* receive, size_t receive_count, char* error, size_t error_size) {
    try {
        std::vector<std::unique_ptr<gloo::transport::UnboundBuffer>> receiving;
        std::vector<std::unique_ptr<gloo::transport::UnboundBuffer>> sending;
        for (size_t i = 0; i < receive_count; ++i) {
            if (receive[i].size == 0) continue;
            receiving.push_back(group->context->createUnboundBuffer(receive[i].data, receive[i].size));
            receiving.back()->recv(receive[i].process, tag);
        }
        for (size_t i = 0; i < send_count; ++i) {
            if (send[i].size == 0) continue;
            sending.push_back(group->context->createUnboundBuffer(send[i].data, send[i].size));
            sending.back()->send(send[i].process, tag);
        }
        for (const auto& buffer : sending) buffer->waitSend(group->timeout);
        for (const auto& buffer : receiving) buffer->waitRecv(group->timeout);
        return 0;
    } catch (const std::exception& failure) {
        setError(error, error_size, failure.what());
        return -1;
    }
}

extern "C" __attribute__((visibility("default"))) void optirsGlooDisconnect(OptirsGlooGroup* group) {
    delete group;
}
