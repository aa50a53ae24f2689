#include "src/pjrt/promise.h"

#include "src/core/text.h"
#include "src/pjrt/array.h"
#include "src/pjrt/buffer.h"

using optirs::core::Code;
using optirs::core::concat;
using optirs::core::Error;
using optirs::core::Ref;

void optirs_pjrt_promise::throwWrongKind(std::string_view wanted) {
    throw Error(Code::kFailedPrecondition, concat("this is not the promise of ", wanted));
}

void optirs_pjrt_promise::keepHost(void* /*destination*/, uint64_t /*size*/) {
    throwWrongKind("a destination");
}
void optirs_pjrt_promise::keepBuffer(optirs_pjrt_buffer& /*buffer*/) { throwWrongKind("a buffer"); }
void optirs_pjrt_promise::keepDone() { throwWrongKind("work that is done"); }

void optirs_pjrt_promise::takeOver() {
    if (is_over_.exchange(true)) {
        throw Error(Code::kFailedPrecondition, "the promise was kept or broken before");
    }
}

void optirs_pjrt_promise::fail(optirs_status code, std::string_view message) {
    static_cast<void>(optirs::pjrt::requireErrorCode(code));
    endWith([&] { breakIt(code, message); });
}

void optirs_pjrt_promise::abandon() noexcept {
    if (is_over_.exchange(true)) {
        return;
    }
    // A plugin that does not take it would wait for ever, so it is told twice; then there is nobody left to
    // tell.
    for (int attempt = 0; attempt < 2; ++attempt) {
        try {
            breakIt(OPTIRS_ABORTED, "the promise was released and never kept");
            return;
        } catch (const std::exception&) {
            continue;
        }
    }
}

namespace optirs::pjrt {
namespace {

// Each exists before the plugin is asked, so that nothing can fail between its answer and the promise's
// receiving it: what the plugin then waits for is told in any case.

class HostPromise final : public optirs_pjrt_promise {
 public:
    HostPromise(Ref<optirs_pjrt_client> client, Ref<DeviceBuffer> buffer, uint64_t size)
        : optirs_pjrt_promise(std::move(client)), buffer_(std::move(buffer)), size_(size) {}
    ~HostPromise() override {
        if (callback_ != nullptr) abandon();
    }

    void receive(const PJRT_Buffer_CopyRawToHostFuture_Args& args) noexcept {
        data_ = args.callback_data;
        callback_ = args.future_ready_callback;
    }

    void keepHost(void* destination, uint64_t size) override {
        if (size != size_) {
            throw Error(Code::kInvalidArgument,
                        concat("the destination has ", size, " bytes, but ", size_, " were promised"));
        }
        endWith([&] { answer(OPTIRS_OK, {}, destination); });
    }

 private:
    void breakIt(optirs_status code, std::string_view message) override { answer(code, message, nullptr); }

    void answer(optirs_status code, std::string_view message, void* destination) {
        auto args = client().api().make<PJRT_Buffer_CopyRawToHostFuture_Callback_Args>();
        args.callback_data = data_;
        args.error_code = static_cast<PJRT_Error_Code>(code);
        args.error_message = message.data();
        args.error_message_size = message.size();
        args.dst = destination;
        callback_(&args);
    }

    const Ref<DeviceBuffer> buffer_;
    const uint64_t size_;
    void* data_ = nullptr;
    void (*callback_)(PJRT_Buffer_CopyRawToHostFuture_Callback_Args*) = nullptr;
};

class AliasPromise final : public optirs_pjrt_promise {
 public:
    explicit AliasPromise(Ref<optirs_pjrt_client> client) : optirs_pjrt_promise(std::move(client)) {}
    ~AliasPromise() override {
        if (callback_ != nullptr) abandon();
    }

    void receive(PJRT_FulfillAliasBufferCallback* callback) noexcept { callback_ = callback; }

    void keepBuffer(optirs_pjrt_buffer& buffer) override {
        if (&buffer.client() != &client()) {
            throw Error(Code::kInvalidArgument, "the buffer belongs to another client than its promise");
        }
        const auto held = buffer.require();
        endWith([&] { answer(held->get(), OPTIRS_OK, {}); });
    }

 private:
    void breakIt(optirs_status code, std::string_view message) override { answer(nullptr, code, message); }

    void answer(PJRT_Buffer* buffer, optirs_status code, std::string_view message) {
        auto args = client().api().make<PJRT_Client_FulfillAliasBuffer_Args>();
        args.client = client().handle();
        args.buffer = buffer;
        args.status_code = static_cast<PJRT_Error_Code>(code);
        args.error_message = message.data();
        args.error_message_size = message.size();
        args.fulfill_alias_buffer_cb = callback_;
        client().api().call<&PJRT_Api::PJRT_Client_FulfillAliasBuffer>(args);
    }

    PJRT_FulfillAliasBufferCallback* callback_ = nullptr;
};

class DonationPromise final : public optirs_pjrt_promise {
 public:
    explicit DonationPromise(Ref<optirs_pjrt_client> client) : optirs_pjrt_promise(std::move(client)) {}
    ~DonationPromise() override {
        if (callback_ != nullptr) abandon();
    }

    void receive(const PJRT_Buffer_DonateWithControlDependency_Args& args) noexcept {
        data_ = args.callback_data;
        callback_ = args.dependency_ready_callback;
    }

    void keepDone() override {
        endWith([&] { answer(OPTIRS_OK, {}); });
    }

 private:
    void breakIt(optirs_status code, std::string_view message) override { answer(code, message); }

    void answer(optirs_status code, std::string_view message) {
        auto args = client().api().make<PJRT_Buffer_DonateWithControlDependency_Callback_Args>();
        args.callback_data = data_;
        args.error_code = static_cast<PJRT_Error_Code>(code);
        args.error_message = message.data();
        args.error_message_size = message.size();
        callback_(&args);
    }

    void* data_ = nullptr;
    void (*callback_)(PJRT_Buffer_DonateWithControlDependency_Callback_Args*) = nullptr;
};

}  // namespace

void checkRawRange(const optirs_pjrt_buffer& buffer, uint64_t offset, uint64_t size) {
    const uint64_t available = buffer.deviceSize();
    if (offset > available || size > available - offset) {
        throw Error(Code::kOutOfRange, concat("bytes ", offset, " to ", offset + size,
                                              " of a buffer that has ", available, " bytes on its device"));
    }
}

Ref<optirs_pjrt_promise> rawToHostLater(const optirs_pjrt_buffer& source, uint64_t offset, uint64_t size,
                                        const char* operation, optirs_completion done, void* context) {
    optirs_pjrt_client& client = source.client();
    client.api().requireFunction<&PJRT_Api::PJRT_Buffer_CopyRawToHostFuture>();
    auto buffer = source.require();
    checkRawRange(source, offset, size);
    auto promise = core::makeObject<HostPromise>(Ref<optirs_pjrt_client>::share(&client), buffer, size);
    client.startOperation(operation, done, context, buffer, [&] {
        auto args = client.api().make<PJRT_Buffer_CopyRawToHostFuture_Args>();
        args.buffer = buffer->get();
        args.offset = static_cast<int64_t>(offset);
        args.transfer_size = static_cast<int64_t>(size);
        client.api().call<&PJRT_Api::PJRT_Buffer_CopyRawToHostFuture>(args);
        promise->receive(args);
        return args.event;
    });
    return Ref<optirs_pjrt_promise>::adopt(promise.detach());
}

Ref<optirs_pjrt_promise> aliasBuffer(optirs_pjrt_client& client, const optirs_pjrt_array& array,
                                     optirs_pjrt_buffer** inout) {
    ArrayArgument wanted(client, array);
    Target target(client, inout);
    auto promise = core::makeObject<AliasPromise>(Ref<optirs_pjrt_client>::share(&client));
    auto args = client.api().make<PJRT_Client_CreateAliasBuffer_Args>();
    args.client = client.handle();
    args.memory = wanted.requiredMemory();
    setShape(args, wanted);
    client.api().call<&PJRT_Api::PJRT_Client_CreateAliasBuffer>(args);
    promise->receive(args.fulfill_alias_buffer_cb);
    target.fill(args.alias_buffer, &wanted.place(), wanted.type());
    return Ref<optirs_pjrt_promise>::adopt(promise.detach());
}

Ref<optirs_pjrt_promise> donateLater(const optirs_pjrt_buffer& source, optirs_pjrt_buffer** inout) {
    optirs_pjrt_client& client = source.client();
    const auto buffer = source.require();
    const TensorType& type = buffer->type();
    const std::string* reason = client.keepText("was donated by optirs_pjrt_buffer_donate");
    Target target(client, inout);
    auto promise = core::makeObject<DonationPromise>(Ref<optirs_pjrt_client>::share(&client));
    auto args = client.api().make<PJRT_Buffer_DonateWithControlDependency_Args>();
    args.buffer = buffer->get();
    client.api().call<&PJRT_Api::PJRT_Buffer_DonateWithControlDependency>(args);
    promise->receive(args);
    buffer->markGone(reason);
    target.fill(args.out_buffer, buffer->device(), &type);
    return Ref<optirs_pjrt_promise>::adopt(promise.detach());
}

}  // namespace optirs::pjrt
