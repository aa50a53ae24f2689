// Calls of the handlers that a plugin is given, as XLA makes them.
#pragma once

#include <gmock/gmock.h>
#include <optirs/pjrt_custom_call.h>

#include <functional>
#include <vector>

#include "fake_xla.h"
#include "tests/pjrt/fake_control.h"

namespace optirs::test {

/// A loaded plugin that keeps the handlers that it is given.
class KeepingPlugin {
 public:
    explicit KeepingPlugin(const std::string& name) {
        const std::string path = std::string(FAKE_PLUGIN_DIR) + "/" + name + ".so";
        EXPECT_OK(optirs_pjrt_plugin_load(path.data(), path.size(), &plugin_));
        void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        control_ = reinterpret_cast<fake::Control* (*)()>(dlsym(library, "fakeControl"))();
        dlclose(library);
        control_->handlers.clear();
    }
    ~KeepingPlugin() { optirs_pjrt_plugin_release(plugin_); }
    KeepingPlugin(const KeepingPlugin&) = delete;
    KeepingPlugin& operator=(const KeepingPlugin&) = delete;

    Failure registerKernels() { return take(optirs_pjrt_plugin_register_kernels(plugin_)); }
    fake::Control& control() { return *control_; }

 private:
    optirs_pjrt_plugin* plugin_ = nullptr;
    fake::Control* control_ = nullptr;
};

class FfiCallTest : public KernelFamilyTest {
 protected:
    FfiCallTest() {
        const Failure failure = plugin.registerKernels();
        EXPECT_EQ(failure.code, OPTIRS_OK) << failure.message;
        xla.stream = queue.get();
    }

    FakeXlaCall call() { return FakeXlaCall(xla); }
    FakeXlaError run(FakeXlaCall& call, const std::string& name) {
        void* handler = plugin.control().handlers["optirs." + name];
        EXPECT_NE(handler, nullptr) << name;
        return call.run(handler);
    }
    void expectRuns(FakeXlaCall& call, const std::string& name) {
        const FakeXlaError error = run(call, name);
        EXPECT_EQ(error.code, OPTIRS_OK) << error.message;
    }
    void expectRefused(FakeXlaCall& call, const std::string& name, int32_t code, const std::string& text) {
        const FakeXlaError error = run(call, name);
        EXPECT_EQ(error.code, code) << error.message;
        EXPECT_THAT(error.message, ::testing::HasSubstr("optirs." + name + ": "));
        EXPECT_THAT(error.message, ::testing::HasSubstr(text));
    }
    /// Of the host for the stream, since the last reset.
    static size_t waits() { return count(control().calls(), "cuStreamSynchronize"); }
    template <class T>
    Twin& scalar(optirs_dl_data_type type, T value) {
        return values<T>(type, {}, {value});
    }

    /// Runs the target on the device and the kernel on the host, and compares the results.
    template <class Args>
    void expectAsOnHost(const std::string& name, optirs_error* (*kernel)(optirs_stream*, const Args*),
                        FakeXlaCall& called, const std::function<void(Args&)>& fill,
                        const std::vector<Twin*>& results) {
        SCOPED_TRACE(name);
        expectRuns(called, name);
        Args args{};
        args.struct_size = sizeof(args);
        fill(args);
        EXPECT_OK(kernel(nullptr, &args));
        for (Twin* result : results) {
            expectSame(*result, 1e-5, 4e-6);
        }
    }

    /// A result that is updated: on the host it starts as the operand, on the device the call copies that.
    Twin& updated(const Twin& operand) {
        Twin& made = result(operand.type, operand.shape);
        made.host = operand.host;
        made.tensors[0].data = made.host.data();
        return made;
    }

    Twin& squares(const std::vector<int64_t>& shape) {
        Twin& made = normal(kF32, shape);
        std::vector<float> numbers;
        for (int64_t i = 0; i < made.count(); ++i) {
            numbers.push_back(0.125F + std::fabs(numberAt(made.host, kF32, i)));
        }
        return values(kF32, shape, numbers);
    }

    KeepingPlugin plugin{"fake_extensions"};
    FakeXla xla;
};

}  // namespace optirs::test
