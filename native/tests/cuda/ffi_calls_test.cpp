// The kernels as custom calls of XLA's CUDA plugin, called as XLA does, beside the CPU's kernels.
#include <limits>
#include <set>

#include "ffi_calls.h"

namespace optirs::test {
namespace {

using ::testing::HasSubstr;

using ::testing::HasSubstr;

TEST_F(FfiCallTest, EveryTargetIsRegisteredByTheExtensionFfi) {
    std::set<std::string> names;
    for (const auto& [name, handler] : plugin.control().handlers) {
        names.insert(name);
    }
    EXPECT_EQ(names.size(), 42U);
    EXPECT_TRUE(names.contains("optirs.attention_backward") && names.contains("optirs.adamw"));
    EXPECT_THAT(plugin.control().note, HasSubstr(" on CUDA"));
    EXPECT_EQ(plugin.registerKernels().code, OPTIRS_OK) << "again";
}

TEST_F(FfiCallTest, AnOlderPluginTakesThemAsGpuCustomCalls) {
    KeepingPlugin older("fake_old_ffi");
    EXPECT_EQ(older.registerKernels().code, OPTIRS_OK);
    EXPECT_EQ(older.control().handlers, plugin.control().handlers);
    EXPECT_EQ(older.control().note, "optirs.sparse_adam 1 0") << "typed, without traits";
}

TEST_F(FfiCallTest, APluginWithoutTheExtensionIsToldApart) {
    KeepingPlugin bare("fake");
    const Failure failure = bare.registerKernels();
    EXPECT_EQ(failure.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_EQ(failure.operation, "optirs_pjrt_plugin_register_kernels");
    EXPECT_THAT(failure.message, HasSubstr("has no extension Gpu_Custom_Call"));
    EXPECT_EQ(take(optirs_pjrt_plugin_register_kernels(nullptr)).code, OPTIRS_INVALID_ARGUMENT);
}

TEST_F(FfiCallTest, AHandlerSaysWhatItIs) {
    XLA_FFI_Metadata metadata{40, {24, nullptr, 9, 9}, 9};
    XLA_FFI_Extension_Base other{24, static_cast<XLA_FFI_Extension_Type>(77), nullptr};
    XLA_FFI_Metadata_Extension extension{{32, XLA_FFI_Extension_Metadata, nullptr}, &metadata};
    other.next = &extension.extension_base;
    XLA_FFI_CallFrame frame{};
    frame.struct_size = 168;
    frame.extension_start = &other;
    for (const auto& [name, handler] : plugin.control().handlers) {
        metadata.api_version = {24, nullptr, 9, 9};
        EXPECT_EQ(reinterpret_cast<XLA_FFI_Handler*>(handler)(&frame), nullptr) << name;
        EXPECT_EQ(metadata.api_version.major_version, 0);
        EXPECT_EQ(metadata.api_version.minor_version, 1);
        EXPECT_EQ(metadata.traits, 0U);
    }
}

TEST_F(FfiCallTest, Attention) {
    Twin& q = normal(kF32, {2, 5, 4, 8});
    Twin& k = normal(kF32, {2, 7, 2, 8});
    Twin& v = normal(kF32, {2, 7, 2, 8});
    Twin& lengths = values<int32_t>(kS32, {2}, {7, 3});
    Twin& out = result(kF32, {2, 5, 4, 8});
    Twin& lse = result(kF32, {2, 4, 5});
    FakeXlaCall forward = call();
    forward.operand(q).operand(k).operand(v).operand(lengths).result(out).result(lse);
    forward.set("operands", "q, k,v , kv_lengths").set("scale", 0.5).set("mask", int64_t{2});
    expectRuns(forward, "attention");
    optirs_attention_args args{};
    args.struct_size = sizeof(args);
    args.q = &q.tensors[0];
    args.k = &k.tensors[0];
    args.v = &v.tensors[0];
    args.kv_lengths = &lengths.tensors[0];
    args.scale = 0.5;
    args.mask = OPTIRS_MASK_CAUSAL_BOTTOM_RIGHT;
    args.window_left = args.window_right = -1;
    args.out = &out.tensors[0];
    args.lse = &lse.tensors[0];
    uint64_t bytes = 0;
    EXPECT_OK(optirs_kernel_workspace(OPTIRS_KERNEL_ATTENTION, &args, &bytes));
    std::vector<char> workspace(bytes + 64);
    args.workspace = workspace.data();
    args.workspace_size = bytes;
    EXPECT_OK(optirs_attention(nullptr, &args));
    expectSame(out, 1e-5, 1e-5);
    expectSame(lse, 1e-5, 1e-5);

    Twin& dout = normal(kF32, {2, 5, 4, 8});
    Twin* gradients[] = {&result(kF32, {2, 5, 4, 8}), &result(kF32, {2, 7, 2, 8}),
                         &result(kF32, {2, 7, 2, 8})};
    FakeXlaCall backward = call();
    backward.operand(dout).operand(q).operand(k).operand(v).operand(out).operand(lse);
    for (Twin* gradient : gradients) {
        backward.result(*gradient);
    }
    backward.set("scale", 0.5F).set("mask", int32_t{2});
    xla.scratch_bytes = 0;
    expectRuns(backward, "attention_backward");
    EXPECT_GT(xla.scratch_bytes, 0U) << "workspace is the plugin's";
    std::vector<char> dq = onDevice(*gradients[0]);
    EXPECT_NE(dq, gradients[0]->host) << "the gradient was written";
}

TEST_F(FfiCallTest, Float8ProductWithScales) {
    Twin& a = normal(kE4M3, {16, 32});
    Twin& b = normal(kE4M3, {48, 32});
    Twin& scale_a = values<float>(kF32, {1}, {0.5F});
    Twin& scale_b = scalar(kF32, 4.0F);  // tensor<f32>
    Twin& out = result(kBF16, {16, 48});
    FakeXlaCall product = call();
    product.operand(a).operand(b).operand(scale_a).operand(scale_b).result(out).set("transpose_b", true);
    expectRuns(product, "matmul");
    EXPECT_GE(xla.scratch_bytes, 32U << 20U) << "cuBLASLt's workspace";
    for (int64_t row = 0; row < 16; ++row) {
        for (int64_t column = 0; column < 48; ++column) {
            double sum = 0;
            for (int64_t i = 0; i < 32; ++i) {
                sum += static_cast<double>(numberAt(a.host, kE4M3, row * 32 + i)) *
                       static_cast<double>(numberAt(b.host, kE4M3, column * 32 + i));
            }
            const double got = numberAt(onDevice(out), kBF16, row * 48 + column);
            ASSERT_NEAR(got, sum * 2, std::abs(sum) / 64 + 1e-6);
        }
    }
}

TEST_F(FfiCallTest, NormsCrossEntropyAndCasts) {
    Twin& x = normal(kBF16, {3, 40}, 2);
    Twin& gamma = normal(kBF16, {40});
    Twin& out = result(kBF16, {3, 40});
    FakeXlaCall norm = call();
    norm.operand(x).operand(gamma).result(out).set("epsilon", 0.25);
    expectRuns(norm, "rms_norm");
    optirs_rms_norm_args norm_args{};
    norm_args.struct_size = sizeof(norm_args);
    norm_args.x = &x.tensors[0];
    norm_args.gamma = &gamma.tensors[0];
    norm_args.epsilon = 0.25;
    norm_args.out = &out.tensors[0];
    EXPECT_OK(optirs_rms_norm(nullptr, &norm_args));
    expectSame(out, unitOf(kBF16), 0);

    Twin& logits = normal(kF32, {4, 33});
    Twin& targets = values<int64_t>(kS64, {4}, {0, 32, -100, 7});
    Twin& loss = result(kF32, {4});
    FakeXlaCall entropy = call();
    entropy.operand(logits).operand(targets).result(loss);
    expectRuns(entropy, "cross_entropy");
    optirs_cross_entropy_args entropy_args{};
    entropy_args.struct_size = sizeof(entropy_args);
    entropy_args.logits = &logits.tensors[0];
    entropy_args.targets = &targets.tensors[0];
    entropy_args.ignore_index = -100;
    entropy_args.loss = &loss.tensors[0];
    EXPECT_OK(optirs_cross_entropy(nullptr, &entropy_args));
    expectSame(loss, 1e-5, 1e-6);

    Twin& numbers = values<float>(kF32, {5}, {1, -3, 1000, std::numeric_limits<float>::quiet_NaN(), 0});
    Twin& scale = values<float>(kF32, {1}, {2});
    Twin& codes = result(kE4M3, {5});
    Twin& amax = result(kF32, {1});
    FakeXlaCall quantize = call();
    quantize.operand(numbers).operand(scale).result(codes).result(amax);
    control().reset();
    expectRuns(quantize, "quantize");
    EXPECT_EQ(waits(), 0) << "the kernel reads the scale";
    optirs_quantize_args cast{};
    cast.struct_size = sizeof(cast);
    cast.x = &numbers.tensors[0];
    cast.scale = &scale.tensors[0];
    cast.out = &codes.tensors[0];
    cast.amax = &amax.tensors[0];
    EXPECT_OK(optirs_quantize(nullptr, &cast));
    expectSame(codes, 0, 0);
    expectSame(amax, 0, 0);
}

TEST_F(FfiCallTest, AnOptimizerUpdatesCopiesWithNumbersThatAreOperands) {
    Twin& p = normal(kF32, {3, 5});
    Twin& g = normal(kF32, {3, 5});
    Twin& m = normal(kF32, {3, 5});
    Twin& v = values<float>(kF32, {3, 5}, std::vector<float>(15, 0.5F));
    Twin& new_p = result(kF32, {3, 5});
    Twin& new_m = result(kF32, {3, 5});
    FakeXlaCall step = call();
    step.operand(p).operand(g).operand(m).operand(v);
    step.operand(scalar<int32_t>(kS32, 7)).operand(scalar<float>(kF32, 0.25F));
    step.result(new_p).result(new_m).result(v);  // the program gave v away
    step.set("weight_decay", 0.5);
    control().reset();
    expectRuns(step, "adamw");
    EXPECT_EQ(waits(), 1) << "for both numbers";
    EXPECT_EQ(onDevice(p), p.host) << "the operand itself stays";
    EXPECT_EQ(onDevice(m), m.host);
    new_p.host = p.host;
    new_m.host = m.host;
    optirs_optimizer_tensors tensors{};
    tensors.struct_size = sizeof(tensors);
    tensors.count = 1;
    tensors.params = &new_p.tensors[0];
    tensors.grads = &g.tensors[0];
    tensors.state1 = &new_m.tensors[0];
    tensors.state2 = &v.tensors[0];
    for (Twin* twin : {&new_p, &new_m}) {
        twin->tensors[0].data = twin->host.data();
    }
    optirs_adamw_args args{};
    args.struct_size = sizeof(args);
    args.tensors = &tensors;
    args.step = 7;
    args.learning_rate = 0.25;
    args.beta1 = 0.9;
    args.beta2 = 0.999;
    args.epsilon = 1e-8;
    args.weight_decay = 0.5;
    EXPECT_OK(optirs_adamw(nullptr, &args));
    expectSame(new_p, 4e-6, 1e-7);
    expectSame(new_m, 4e-6, 1e-7);
    expectSame(v, 4e-6, 1e-7);
}

TEST_F(FfiCallTest, TheStreamSaysWhichDeviceItIs) {
    optirs_device* second = nullptr;
    EXPECT_OK(optirs_device_get(backend.get(), 1, &second));
    queue = streamOf(second);
    xla.stream = queue.get();
    Twin& x = normal(kF32, {7, 33});
    Twin& out = result(kF32, {7, 33});
    FakeXlaCall norm = call();
    norm.operand(x).result(out);
    expectRuns(norm, "rms_norm");
    EXPECT_NE(onDevice(out), out.host);
    twins.clear();
    queue.reset();
    uint64_t trimmed = 0;
    EXPECT_OK(optirs_allocator_trim_wait(second, &trimmed));
}

TEST_F(FfiCallTest, NothingToDoIsNothing) {
    Twin& x = normal(kF32, {0, 8});
    Twin& out = result(kF32, {0, 8});
    FakeXlaCall norm = call();
    norm.operand(x).result(out);
    expectRuns(norm, "rms_norm");
}

TEST_F(FfiCallTest, WhatIsWrongIsNamed) {
    Twin& x = normal(kF32, {2, 3});
    Twin& half = normal(kF16, {2, 3});
    Twin& truth = twin({OPTIRS_DL_BOOL, 8, 1}, {2, 3}, std::vector<char>(6));
    Twin& out = result(kF32, {2, 3});
    const auto refused = [&](const std::string& name, const std::string& text, auto&& fill) {
        FakeXlaCall wrong = call();
        fill(wrong);
        expectRefused(wrong, name, OPTIRS_INVALID_ARGUMENT, text);
    };
    refused("rms_norm", "out f32[2,3] has an element type that is not allowed here; allowed: f16",
            [&](FakeXlaCall& c) { c.operand(half).result(out); });
    refused("rms_norm", "kernels take no tensors of XLA's element type 1",
            [&](FakeXlaCall& c) { c.operand(truth).result(out); });
    refused("rms_norm", "gamma f32[2,3] must have the shape [3]",
            [&](FakeXlaCall& c) { c.operand(x).operand(x).result(out); });
    refused("rms_norm", "has no argument \"epsilom\"; it has x, gamma, epsilon",
            [&](FakeXlaCall& c) { c.operand(x).result(out).set("epsilom", 1.0); });
    refused("rms_norm", "epsilon is a text, expected a number",
            [&](FakeXlaCall& c) { c.operand(x).result(out).set("epsilon", "1"); });
    refused("rms_norm", "operands is no text, expected names with commas",
            [&](FakeXlaCall& c) { c.operand(x).result(out).set("operands", XLA_FFI_AttrType_ARRAY); });
    refused("rms_norm", "x is not written, so it cannot be a result",
            [&](FakeXlaCall& c) { c.operand(x).result(out).set("results", "x"); });
    refused("rms_norm", "has 1 operands, but names of 2",
            [&](FakeXlaCall& c) { c.operand(x).result(out).set("operands", "x, gamma"); });
    refused("rms_norm", "the tensor x is NULL", [&](FakeXlaCall& c) { c.result(out); });
    refused("rms_norm", "operand 0 is not a tensor", [&](FakeXlaCall& c) {
        c.operand(x).result(out);
        c.argument_type = 7;
    });
    refused("attention", "must have 4 dimensions",
            [&](FakeXlaCall& c) { c.operand(x).operand(x).operand(x).result(out).set("scale", 1.0); });
    refused("sgd", "learning_rate is nan; it must be finite",
            [&](FakeXlaCall& c) { c.operand(x).operand(x).result(out); });
    refused(
        "sgd", "learning_rate f32[2,3] must have one element of f32, f64, i32 or i64", [&](FakeXlaCall& c) {
            c.operand(x).operand(x).operand(x).result(out).set("operands", "params, grads, learning_rate");
        });
    refused("lion", "state1 is written: it must be a result too", [&](FakeXlaCall& c) {
        c.operand(x).operand(x).operand(x).result(out).set("learning_rate", 1.0).set("results", "params");
    });
    refused("sgd", "operand params f16[2,3] and result params f32[2,3] must be of one type",
            [&](FakeXlaCall& c) { c.operand(half).operand(x).result(out).set("learning_rate", 1.0); });
}

TEST_F(FfiCallTest, WhatThePluginRefusesIsTold) {
    Twin& a = normal(kF32, {8, 8});
    Twin& out = result(kF32, {8, 8});
    FakeXlaCall product = call();
    product.operand(a).operand(a).result(out);
    xla.has_memory = false;
    expectRefused(product, "matmul", OPTIRS_RESOURCE_EXHAUSTED,
                  "XLA_FFI_DeviceMemory_Allocate failed: out of memory");
    xla.has_memory = true;
    xla.has_stream = false;
    expectRefused(product, "matmul", OPTIRS_FAILED_PRECONDITION,
                  "XLA_FFI_Stream_Get failed: XLA FFI GPU context is not available");
    xla.has_stream = true;
    product.minor_version = 0;
    expectRefused(product, "matmul", OPTIRS_UNIMPLEMENTED, "speaks version 0.0 of XLA's FFI");
    product.minor_version = 2;
    expectRuns(product, "matmul");
}

TEST_F(FfiCallTest, WhatTheBackendLacksOrFailsAtIsTold) {
    Twin& x = normal(kF32, {4, 64});
    Twin& codes = result(kE4M3, {4, 64});
    Twin& scales = twin({OPTIRS_DL_F8E8M0FNU, 8, 1}, {4, 2}, std::vector<char>(8));
    FakeXlaCall quantize = call();
    quantize.operand(x).result(codes).result(scales);
    expectRuns(quantize, "quantize_mx");
    Twin& wide = normal(kF32, {1, 2, 1, 520});
    Twin& attended = result(kF32, {1, 2, 1, 520});
    FakeXlaCall attention = call();
    attention.operand(wide).operand(wide).operand(wide).result(attended).set("scale", 0.5);
    expectRefused(attention, "attention", OPTIRS_UNIMPLEMENTED, "heads are wider than 512");

    Twin& out = result(kF32, {4, 64});
    FakeXlaCall norm = call();
    norm.operand(x).result(out);
    control().fail("cuLaunchKernel", 0, 719);
    expectRefused(norm, "rms_norm", OPTIRS_INTERNAL, "cuLaunchKernel");
    control().fail("cuStreamGetCtx", 0, 400);
    expectRefused(norm, "rms_norm", OPTIRS_INVALID_ARGUMENT, "cuStreamGetCtx");
    expectRuns(norm, "rms_norm");
}

}  // namespace
}  // namespace optirs::test
