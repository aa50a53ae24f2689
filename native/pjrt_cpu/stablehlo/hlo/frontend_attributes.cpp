// What a front end wrote beside the program: what Shardy says through XLA's clients counts, the rest does
// not.
#include "pjrt_cpu/stablehlo/hlo/converter.h"

namespace optirs::plugin::hlo {

void addFrontendAttributes(const ProtoMessage& owner, uint32_t field, NamedAttributes& attributes) {
    enum : uint32_t { kMap = 1, kKey = 1, kValue = 2 };
    NamedAttributes kept;
    const ProtoMessage all = owner.message(field, "FrontendAttributes");
    for (const ProtoMessage& entry : all.messages(kMap, "FrontendAttributes.MapEntry")) {
        const std::string key = entry.text(kKey);
        if (key.starts_with("xla.sdy.")) kept.set(key, Attribute(entry.text(kValue)));
    }
    if (!kept.empty()) attributes.set("mhlo.frontend_attributes", Attribute(std::move(kept)));
}

}  // namespace optirs::plugin::hlo
