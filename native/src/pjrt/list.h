// Lists of texts that plugins lend.
#pragma once

#include <optirs/pjrt_layouts.h>

#include <string>
#include <utility>
#include <vector>

#include "src/core/object.h"

struct optirs_pjrt_list final : optirs::core::Object {
    explicit optirs_pjrt_list(std::vector<std::string> items)
        : Object(OPTIRS_OBJECT_PJRT_LIST), items_(std::move(items)) {}

    const std::vector<std::string>& get() const noexcept { return items_; }

 private:
    const std::vector<std::string> items_;
};

namespace optirs::pjrt {

/// A copy of `count` texts of these sizes.
inline core::Ref<optirs_pjrt_list> copyList(const char* const* texts, const std::size_t* sizes,
                                            std::size_t count) {
    std::vector<std::string> items;
    items.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        items.emplace_back(texts[i], sizes[i]);
    }
    return core::makeObject<optirs_pjrt_list>(std::move(items));
}

}  // namespace optirs::pjrt
