#include "support.h"

namespace optirs::test {
namespace {

TEST(Version, LibraryAndHeaderAgree) {
    EXPECT_EQ(optirs_abi_version(), OPTIRS_ABI_VERSION);
    EXPECT_EQ(optirs_abi_version() >> 16, static_cast<uint32_t>(OPTIRS_ABI_MAJOR));
}

TEST(Version, SaysWhatItIs) {
    uint64_t size = 0;
    const std::string_view text = optirs_version(&size);
    EXPECT_EQ(text.size(), size);
    EXPECT_TRUE(text.starts_with("OptiRs.Native ")) << text;
}

TEST(Version, LayoutTableDescribesTheStructs) {
    const optirs_layout_row* rows = nullptr;
    const uint64_t count = optirs_abi_layout(&rows);
    bool found_struct = false;
    bool found_field = false;
    for (uint64_t i = 0; i < count; ++i) {
        const std::string_view type = rows[i].type_name;
        const std::string_view field = rows[i].field_name;
        if (type == "optirs_dl_tensor" && field.empty()) {
            found_struct =
                rows[i].size == sizeof(optirs_dl_tensor) && rows[i].offset == alignof(optirs_dl_tensor);
        }
        if (type == "optirs_dl_tensor" && field == "strides") {
            found_field =
                rows[i].size == sizeof(int64_t*) && rows[i].offset == offsetof(optirs_dl_tensor, strides);
        }
    }
    EXPECT_TRUE(found_struct);
    EXPECT_TRUE(found_field);
}

}  // namespace
}  // namespace optirs::test
