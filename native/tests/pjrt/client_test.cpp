// Clients, their options and devices.
#include <cstring>

#include "tests/pjrt/support.h"

namespace test {
namespace {

using ClientTest = FakeTest;

optirs_pjrt_named_value intOption(const char* name, int64_t value) {
    optirs_pjrt_named_value option{};
    option.name = name;
    option.name_size = std::strlen(name);
    option.kind = OPTIRS_PJRT_VALUE_INT64;
    option.int64_value = value;
    return option;
}

TEST_F(ClientTest, TellsPlatformAndDevices) {
    uint64_t size = 0;
    EXPECT_EQ(std::string(optirs_pjrt_client_platform_name(client_.get(), &size)), "fake");
    EXPECT_EQ(std::string(optirs_pjrt_client_platform_version(client_.get(), &size)), "fake 1");
    EXPECT_EQ(optirs_pjrt_client_process_index(client_.get()), 0);
    ASSERT_EQ(optirs_pjrt_client_num_devices(client_.get()), 2);
    ASSERT_EQ(optirs_pjrt_client_num_addressable_devices(client_.get()), 2);
    optirs_pjrt_device* device = optirs_pjrt_client_device(client_.get(), 1);
    EXPECT_EQ(device, optirs_pjrt_client_addressable_device(client_.get(), 1));
    EXPECT_EQ(optirs_pjrt_client_device(client_.get(), 2), nullptr);
    EXPECT_EQ(optirs_pjrt_client_device(client_.get(), -1), nullptr);
    EXPECT_EQ(optirs_pjrt_device_id(device), 1);
    EXPECT_EQ(optirs_pjrt_device_process_index(device), 0);
    EXPECT_EQ(optirs_pjrt_device_local_hardware_id(device), 11);
    EXPECT_EQ(optirs_pjrt_device_is_addressable(device), 1);
    EXPECT_EQ(std::string(optirs_pjrt_device_kind(device, &size)), "Fake v1");
    EXPECT_EQ(std::string(optirs_pjrt_device_debug_string(device, &size)), "FakeDevice");
    EXPECT_EQ(optirs_pjrt_device_num_attributes(device), 5);
    optirs_pjrt_named_value value{};
    EXPECT_OK(optirs_pjrt_device_attribute(device, 1, &value));
    EXPECT_EQ(value.int64_value, 8);
}

TEST_F(ClientTest, TakesOptions) {
    Plugin plugin;
    ASSERT_OK(optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
    Client client;
    const optirs_pjrt_named_value devices = intOption("devices", 5);
    ASSERT_OK(optirs_pjrt_client_create(plugin.get(), &devices, 1, client.out()));
    EXPECT_EQ(optirs_pjrt_client_num_devices(client.get()), 5);

    Client none;
    const optirs_pjrt_named_value unknown = intOption("colour", 3);
    Outcome outcome = optirs_pjrt_client_create(plugin.get(), &unknown, 1, none.out());
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
    EXPECT_TRUE(outcome.says("PJRT_Client_Create: unknown option colour")) << outcome.message;
    EXPECT_EQ(none.get(), nullptr);

    optirs_pjrt_named_value bad = devices;
    bad.kind = 17;
    outcome = optirs_pjrt_client_create(plugin.get(), &bad, 1, none.out());
    EXPECT_TRUE(outcome.says("option 'devices' has the kind 17")) << outcome.message;
    outcome = optirs_pjrt_client_create(plugin.get(), nullptr, 1, none.out());
    EXPECT_EQ(outcome.code, OPTIRS_INVALID_ARGUMENT);
}

TEST_F(ClientTest, AFunctionThatThePluginLacksIsAnErrorThatNamesIt) {
    optirs_pjrt_memory_stats stats{};
    fail("PJRT_Device_MemoryStats", OPTIRS_UNIMPLEMENTED);
    const Outcome outcome =
        optirs_pjrt_device_memory_stats(optirs_pjrt_client_device(client_.get(), 0), &stats);
    EXPECT_EQ(outcome.code, OPTIRS_UNIMPLEMENTED);
    EXPECT_EQ(outcome.backend, "fake");
}

TEST_F(ClientTest, EveryStepOfOpeningMayFail) {
    Plugin plugin;
    ASSERT_OK(optirs_pjrt_plugin_load(pluginPath("fake").data(), pluginPath("fake").size(), plugin.out()));
    for (const char* function :
         {"PJRT_Client_Create", "PJRT_Client_PlatformName", "PJRT_Client_PlatformVersion",
          "PJRT_Client_ProcessIndex", "PJRT_Client_Devices", "PJRT_Client_AddressableDevices",
          "PJRT_Device_GetDescription", "PJRT_DeviceDescription_Id", "PJRT_DeviceDescription_Kind",
          "PJRT_DeviceDescription_Attributes", "PJRT_DeviceDescription_DebugString",
          "PJRT_DeviceDescription_ProcessIndex", "PJRT_Device_IsAddressable",
          "PJRT_Device_LocalHardwareId"}) {
        for (int code = 1; code <= 16; ++code) {
            const std::string name = function;
            if (code == OPTIRS_UNIMPLEMENTED &&
                (name == "PJRT_Device_LocalHardwareId" || name == "PJRT_DeviceDescription_Attributes")) {
                continue;  // what a plugin need not offer
            }
            fail(function, code);
            Client client;
            const Outcome outcome = optirs_pjrt_client_create(plugin.get(), nullptr, 0, client.out());
            EXPECT_EQ(outcome.code, code);
            EXPECT_TRUE(outcome.says(std::string(function) + ": the fake plugin was told to fail"))
                << outcome.message;
            EXPECT_EQ(client.get(), nullptr);
            EXPECT_EQ(control_->clients, 1) << "only the one of the fixture";
        }
    }
}

}  // namespace
}  // namespace test
