// The extension of work in place, with what clients may do wrong: an error or no work, never a crash.
#include "pjrt_abi/pjrt_in_place.h"

#include <gtest/gtest.h>

#include <array>

#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using testing::take;

const PJRT_InPlace_Extension& extension() {
    const PJRT_Extension_Base* base = api().extension_start;
    while (base != nullptr && base->type != PJRT_EXTENSION_TYPE_IN_PLACE) base = base->next;
    if (base == nullptr) throw std::runtime_error("the plugin has no extension InPlace");
    return *reinterpret_cast<const PJRT_InPlace_Extension*>(base);
}

constexpr const char* kSum =
    R"(func.func @main(%a: tensor<2xf32>, %b: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %s = stablehlo.add %a, %b : tensor<2xf32>
  %d = stablehlo.subtract %a, %b : tensor<2xf32>
  return %s, %d : tensor<2xf32>, tensor<2xf32>
})";

class InPlace : public ::testing::Test {
 protected:
    InPlace() : client_({{"device_count", 2}}) {
        for (size_t i = 0; i < buffers_.size(); ++i)
            buffers_[i] = client_.upload({static_cast<float>(i), 10.0F * static_cast<float>(i)});
        executable_ = client_.compile(kSum);
    }
    ~InPlace() override {
        for (PJRT_Buffer* buffer : buffers_) testing::destroy(buffer);
        testing::destroy(executable_);
    }

    std::vector<float> read(PJRT_Buffer* buffer) {
        std::vector<float> values(2);
        auto args = arguments<PJRT_InPlace_Read_Args>();
        args.buffer = buffer;
        args.data = values.data();
        args.size = sizeof(float) * values.size();
        EXPECT_EQ(take(extension().read(&args)).message, "");
        EXPECT_TRUE(args.is_done);
        return values;
    }

    /// Whether it was done; an error fails the test.
    bool execute(std::vector<PJRT_Buffer*> of, std::vector<PJRT_Buffer*> results) {
        auto args = arguments<PJRT_InPlace_Execute_Args>();
        args.executable = executable_;
        args.arguments = of.data();
        args.num_arguments = of.size();
        args.results = results.data();
        args.num_results = results.size();
        EXPECT_EQ(take(extension().execute(&args)).message, "");
        EXPECT_FALSE(args.is_never);
        return args.is_done;
    }

    Client client_;
    PJRT_LoadedExecutable* executable_ = nullptr;
    std::array<PJRT_Buffer*, 4> buffers_{};
};

TEST_F(InPlace, ReadsWritesAndRuns) {
    EXPECT_EQ(read(buffers_[3]), (std::vector<float>{3, 30}));
    EXPECT_TRUE(execute({buffers_[0], buffers_[1]}, {buffers_[2], buffers_[3]}));
    EXPECT_EQ(read(buffers_[2]), (std::vector<float>{1, 10}));
    EXPECT_EQ(read(buffers_[3]), (std::vector<float>{-1, -10}));
    const float fresh[] = {5, 6};
    auto write = arguments<PJRT_InPlace_Write_Args>();
    write.buffer = buffers_[0];
    write.data = fresh;
    write.size = sizeof fresh;
    EXPECT_EQ(take(extension().write(&write)).message, "");
    EXPECT_TRUE(write.is_done);
    EXPECT_EQ(read(buffers_[0]), (std::vector<float>{5, 6}));
}

TEST_F(InPlace, DeclinesWhatDoesNotFit) {
    PJRT_Buffer* const elsewhere = client_.upload({1, 2}, client_.devices()[1]);
    PJRT_Buffer* const longer = client_.upload({1, 2, 3});
    PJRT_Buffer* const a = buffers_[0];
    PJRT_Buffer* const b = buffers_[1];
    PJRT_Buffer* const c = buffers_[2];
    PJRT_Buffer* const d = buffers_[3];
    EXPECT_FALSE(execute({a}, {c, d}));
    EXPECT_FALSE(execute({a, b}, {c}));
    EXPECT_FALSE(execute({a, nullptr}, {c, d}));
    EXPECT_FALSE(execute({a, b}, {c, nullptr}));
    EXPECT_FALSE(execute({a, b}, {c, c}));
    EXPECT_FALSE(execute({a, b}, {c, a}));
    EXPECT_FALSE(execute({a, longer}, {c, d}));
    EXPECT_FALSE(execute({a, b}, {c, longer}));
    EXPECT_FALSE(execute({a, elsewhere}, {c, d}));
    EXPECT_FALSE(execute({a, b}, {c, elsewhere}));
    // Nothing is left locked.
    EXPECT_TRUE(execute({a, b}, {c, d}));
    for (const size_t size : {size_t{0}, size_t{4}, size_t{12}, SIZE_MAX}) {
        std::array<float, 4> room{};
        auto from = arguments<PJRT_InPlace_Read_Args>();
        from.buffer = a;
        from.data = room.data();
        from.size = size;
        EXPECT_EQ(take(extension().read(&from)).message, "");
        EXPECT_FALSE(from.is_done);
        auto to = arguments<PJRT_InPlace_Write_Args>();
        to.buffer = a;
        to.data = room.data();
        to.size = size;
        EXPECT_EQ(take(extension().write(&to)).message, "");
        EXPECT_FALSE(to.is_done);
    }
    testing::destroy(elsewhere);
    testing::destroy(longer);
}

TEST_F(InPlace, RefusesNonsense) {
    EXPECT_NE(take(extension().read(nullptr)).code, PJRT_Error_Code_OK);
    EXPECT_NE(take(extension().write(nullptr)).code, PJRT_Error_Code_OK);
    EXPECT_NE(take(extension().execute(nullptr)).code, PJRT_Error_Code_OK);
    PJRT_InPlace_Read_Args read_args{};
    EXPECT_NE(take(extension().read(&read_args)).code, PJRT_Error_Code_OK) << "no struct_size";
    read_args.struct_size = sizeof read_args;
    EXPECT_NE(take(extension().read(&read_args)).code, PJRT_Error_Code_OK) << "no buffer";
    auto write_args = arguments<PJRT_InPlace_Write_Args>();
    EXPECT_NE(take(extension().write(&write_args)).code, PJRT_Error_Code_OK);
    auto execute_args = arguments<PJRT_InPlace_Execute_Args>();
    EXPECT_NE(take(extension().execute(&execute_args)).code, PJRT_Error_Code_OK);
    execute_args.executable = executable_;
    execute_args.num_arguments = 2;
    execute_args.num_results = 2;
    EXPECT_EQ(take(extension().execute(&execute_args)).message, "");
    EXPECT_FALSE(execute_args.is_done) << "counts without lists";
}

TEST_F(InPlace, ProgramsThatTakeMemoryAreNeverRunSo) {
    PJRT_LoadedExecutable* const donating = client_.compile(
        "func.func @main(%a: tensor<2xf32> {tf.aliasing_output = 0 : i32}) -> tensor<2xf32> {\n"
        "  %0 = stablehlo.negate %a : tensor<2xf32>\n  return %0 : tensor<2xf32>\n}");
    auto args = arguments<PJRT_InPlace_Execute_Args>();
    args.executable = donating;
    args.arguments = &buffers_[0];
    args.num_arguments = 1;
    args.results = &buffers_[1];
    args.num_results = 1;
    EXPECT_EQ(take(extension().execute(&args)).message, "");
    EXPECT_FALSE(args.is_done);
    EXPECT_TRUE(args.is_never);
    testing::destroy(donating);
}

}  // namespace
}  // namespace optirs::plugin
