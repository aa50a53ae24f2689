// Clients that pretend to be a slice of TPU chips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <variant>

#include "device_grid.h"
#include "plugin.h"

namespace optirs::plugin {
namespace {

using testing::api;
using testing::arguments;
using testing::Client;
using ::testing::ElementsAre;
using testing::Failure;
using testing::gridOf;
using ::testing::HasSubstr;
using testing::kSum;
using testing::take;

PJRT_NamedValue stringOption(const char* name, const char* value) {
    auto option = arguments<PJRT_NamedValue>();
    option.name = name;
    option.name_size = std::strlen(name);
    option.type = PJRT_NamedValue_kString;
    option.string_value = value;
    option.value_size = std::strlen(value);
    return option;
}

Failure createWith(std::vector<PJRT_NamedValue> options, PJRT_Client*& client) {
    auto args = arguments<PJRT_Client_Create_Args>();
    args.create_options = options.data();
    args.num_options = options.size();
    const Failure failure = take(api().PJRT_Client_Create(&args));
    client = args.client;
    return failure;
}

std::map<std::string, std::variant<int64_t, std::string, std::vector<int64_t>>> attributesOf(
    PJRT_DeviceDescription* description) {
    auto args = arguments<PJRT_DeviceDescription_Attributes_Args>();
    args.device_description = description;
    EXPECT_EQ(take(api().PJRT_DeviceDescription_Attributes(&args)).message, "");
    std::map<std::string, std::variant<int64_t, std::string, std::vector<int64_t>>> result;
    for (size_t i = 0; i < args.num_attributes; ++i) {
        const PJRT_NamedValue& value = args.attributes[i];
        const std::string name(value.name, value.name_size);
        if (value.type == PJRT_NamedValue_kInt64) result[name] = value.int64_value;
        if (value.type == PJRT_NamedValue_kString)
            result[name] = std::string(value.string_value, value.value_size);
        if (value.type == PJRT_NamedValue_kInt64List)
            result[name] =
                std::vector<int64_t>(value.int64_array_value, value.int64_array_value + value.value_size);
    }
    return result;
}

void destroyClient(PJRT_Client* client) {
    auto args = arguments<PJRT_Client_Destroy_Args>();
    args.client = client;
    EXPECT_EQ(take(api().PJRT_Client_Destroy(&args)).message, "");
}

TEST(EmulatedSlice, ATopologyHasCoordinatesKindAndMemoryOfTheChips) {
    Client client;
    client.destroy();
    ASSERT_EQ(createWith({stringOption("topology", "v5e:2x4")}, client.client).message, "");
    const auto devices = client.devices();
    ASSERT_EQ(devices.size(), 8U);
    std::vector<std::vector<int64_t>> coords;
    for (PJRT_Device* device : devices) {
        auto description = arguments<PJRT_Device_GetDescription_Args>();
        description.device = device;
        OPTIRS_OK(api().PJRT_Device_GetDescription(&description));
        auto kind = arguments<PJRT_DeviceDescription_Kind_Args>();
        kind.device_description = description.device_description;
        OPTIRS_OK(api().PJRT_DeviceDescription_Kind(&kind));
        EXPECT_EQ(std::string(kind.device_kind, kind.device_kind_size), "TPU v5e (emulated)");
        auto attributes = attributesOf(description.device_description);
        coords.push_back(std::get<std::vector<int64_t>>(attributes.at("coords")));
        EXPECT_EQ(std::get<int64_t>(attributes.at("core_on_chip")), 0);
        EXPECT_EQ(std::get<int64_t>(attributes.at("slice_index")), 0);
        EXPECT_EQ(std::get<int64_t>(attributes.at("emulated_process_index")), 0);
        auto memory = arguments<PJRT_Device_MemoryStats_Args>();
        memory.device = device;
        OPTIRS_OK(api().PJRT_Device_MemoryStats(&memory));
        EXPECT_EQ(memory.bytes_limit, int64_t{16} << 30);
    }
    EXPECT_THAT(coords, ElementsAre(ElementsAre(0, 0, 0), ElementsAre(1, 0, 0), ElementsAre(0, 1, 0),
                                    ElementsAre(1, 1, 0), ElementsAre(0, 2, 0), ElementsAre(1, 2, 0),
                                    ElementsAre(0, 3, 0), ElementsAre(1, 3, 0)));
}

TEST(EmulatedSlice, AllGenerationsAndTheNamesOfAcceleratorTypes) {
    const std::pair<const char*, size_t> cases[] = {{"v2-8", 8},          {"v3:4x4", 32},   {"v4:2x2x1", 4},
                                                    {"v5litepod-16", 16}, {"v5p-8", 4},     {"v6e:2x2", 4},
                                                    {"tpu7x:2x2x1", 8},   {"v4:4x4x8", 128}};
    for (const auto& [name, count] : cases) {
        Client client;
        client.destroy();
        ASSERT_EQ(createWith({stringOption("topology", name)}, client.client).message, "") << name;
        EXPECT_EQ(client.devices().size(), count) << name;
    }
    const std::pair<const char*, const char*> refused[] = {
        {"v9:2x2", "known: v2"},          {"v5e:3x3", "no such slice of v5e; known: 1x1"},
        {"v5e:2x", "no such slice"},      {"", "no such generation"},
        {"v5litepod-7", "no such slice"}, {"v5e:99999999999999999999x1", "no such slice"}};
    for (const auto& [name, message] : refused) {
        PJRT_Client* client = nullptr;
        EXPECT_THAT(createWith({stringOption("topology", name)}, client).message, HasSubstr(message)) << name;
        if (client != nullptr) destroyClient(client);
    }
}

TEST(EmulatedSlice, AnEmulatedSliceEstimatesTimesAndSaysSo) {
    const auto propertiesOn = [](std::vector<PJRT_NamedValue> options, int replicas) {
        std::map<std::string, float> result;
        Client client;
        client.destroy();
        EXPECT_EQ(createWith(std::move(options), client.client).message, "");
        PJRT_LoadedExecutable* loaded = client.compile(kSum, gridOf(replicas, 1));
        auto get = arguments<PJRT_LoadedExecutable_GetExecutable_Args>();
        get.loaded_executable = loaded;
        EXPECT_EQ(take(api().PJRT_LoadedExecutable_GetExecutable(&get)).message, "");
        auto cost = arguments<PJRT_Executable_GetCostAnalysis_Args>();
        cost.executable = get.executable;
        EXPECT_EQ(take(api().PJRT_Executable_GetCostAnalysis(&cost)).message, "");
        for (size_t i = 0; i < cost.num_properties; ++i) {
            const PJRT_NamedValue& value = cost.properties[i];
            if (value.type == PJRT_NamedValue_kFloat)
                result[std::string(value.name, value.name_size)] = value.float_value;
        }
        auto destroy = arguments<PJRT_Executable_Destroy_Args>();
        destroy.executable = get.executable;
        EXPECT_EQ(take(api().PJRT_Executable_Destroy(&destroy)).message, "");
        testing::destroy(loaded);
        return result;
    };
    // 16 bytes around a ring of 4: each device sends 2 * 3/4 of them over a link of 45 GB/s.
    const auto slice = propertiesOn({stringOption("topology", "v5e:2x2")}, 4);
    EXPECT_FLOAT_EQ(slice.at("optirs.estimate.link_seconds"), 24.0F / 45e9F);
    EXPECT_FLOAT_EQ(slice.at("optirs.estimate.compute_seconds"), slice.at("flops") / 197e12F);
    EXPECT_FLOAT_EQ(slice.at("optirs.estimate.memory_seconds"), slice.at("bytes accessed") / 819e9F);
    EXPECT_FLOAT_EQ(
        slice.at("optirs.estimate.seconds"),
        slice.at("optirs.estimate.link_seconds") + std::max(slice.at("optirs.estimate.compute_seconds"),
                                                            slice.at("optirs.estimate.memory_seconds")));
    EXPECT_FALSE(propertiesOn({}, 1).contains("optirs.estimate.seconds"));
}

}  // namespace
}  // namespace optirs::plugin
