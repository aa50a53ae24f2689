#include "pjrt_cpu/ir/attribute.h"

#include <algorithm>
#include <bit>

namespace optirs::plugin {
namespace {

auto lowerBound(auto& entries, std::string_view name) {
    return std::lower_bound(entries.begin(), entries.end(), name,
                            [](const NamedAttribute& entry, std::string_view n) { return entry.name < n; });
}

}  // namespace

NamedAttributes::NamedAttributes() = default;
NamedAttributes::NamedAttributes(const NamedAttributes& other) = default;
NamedAttributes::NamedAttributes(NamedAttributes&& other) noexcept = default;
NamedAttributes& NamedAttributes::operator=(const NamedAttributes& other) = default;
NamedAttributes& NamedAttributes::operator=(NamedAttributes&& other) noexcept = default;
NamedAttributes::~NamedAttributes() = default;

bool NamedAttributes::empty() const { return entries_.empty(); }
size_t NamedAttributes::size() const { return entries_.size(); }
const NamedAttribute* NamedAttributes::begin() const { return entries_.data(); }
const NamedAttribute* NamedAttributes::end() const { return entries_.data() + entries_.size(); }

const Attribute* NamedAttributes::find(std::string_view name) const {
    const auto at = lowerBound(entries_, name);
    return at != entries_.end() && at->name == name ? &at->value : nullptr;
}

void NamedAttributes::set(std::string_view name, Attribute value) {
    const auto at = lowerBound(entries_, name);
    if (at != entries_.end() && at->name == name) {
        at->value = std::move(value);
    } else {
        entries_.insert(at, NamedAttribute{std::string(name), std::move(value)});
    }
}

void NamedAttributes::erase(std::string_view name) {
    const auto at = lowerBound(entries_, name);
    if (at != entries_.end() && at->name == name) entries_.erase(at);
}

bool NamedAttributes::operator==(const NamedAttributes& other) const { return entries_ == other.entries_; }

bool wellFormed(const ConvolutionDimensions& dimensions) {
    const auto once = [](const std::vector<int64_t>& spatial, int64_t first, int64_t second) {
        std::vector<bool> seen(spatial.size() + 2);
        std::vector<int64_t> all = spatial;
        all.push_back(first);
        all.push_back(second);
        return std::ranges::all_of(all, [&](int64_t dim) {
            if (dim < 0 || dim >= static_cast<int64_t>(seen.size()) || seen[static_cast<size_t>(dim)])
                return false;
            seen[static_cast<size_t>(dim)] = true;
            return true;
        });
    };
    const ConvolutionDimensions& d = dimensions;
    return d.input_spatial.size() == d.kernel_spatial.size() &&
           d.input_spatial.size() == d.output_spatial.size() &&
           once(d.input_spatial, d.input_batch, d.input_feature) &&
           once(d.kernel_spatial, d.kernel_input_feature, d.kernel_output_feature) &&
           once(d.output_spatial, d.output_batch, d.output_feature);
}

bool FloatAttribute::operator==(const FloatAttribute& other) const {
    return type == other.type && std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(other.value);
}

Attribute::Attribute() : data_(std::make_shared<const Data>(UnitAttribute{})) {}

Attribute Attribute::integers(std::vector<int64_t> values) {
    return ArrayListAttribute{ElementType::kI64, std::move(values), {}};
}

Attribute Attribute::integer(int64_t value, ElementType type) { return IntegerAttribute{value, type}; }

bool Attribute::operator==(const Attribute& other) const {
    return data_ == other.data_ || *data_ == *other.data_;
}

}  // namespace optirs::plugin
