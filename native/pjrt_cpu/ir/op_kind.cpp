#include "pjrt_cpu/ir/op_kind.h"

#include <iterator>
#include <unordered_map>

namespace optirs::plugin {
namespace {

using namespace traits;

struct Row {
    std::string_view name;
    uint8_t traits;
};

constexpr Row kRows[] = {
#define X(name, text, op_traits) {text, op_traits},
#include "pjrt_cpu/ir/op_kinds.def"
#undef X
    {"", kSideEffect},
};

}  // namespace

std::string_view opKindName(OpKind kind) { return kRows[static_cast<size_t>(kind)].name; }

OpKind opKindFromName(std::string_view name) {
    static const auto by_name = [] {
        std::unordered_map<std::string_view, OpKind> map;
        for (size_t i = 0; i + 1 < std::size(kRows); ++i) {
            map.emplace(kRows[i].name, static_cast<OpKind>(i));
        }
        map.emplace("func.return", OpKind::kReturn);
        map.emplace("arith.constant", OpKind::kConstant);
        return map;
    }();
    const auto found = by_name.find(name);
    return found == by_name.end() ? OpKind::kUnknown : found->second;
}

uint8_t opTraits(OpKind kind) { return kRows[static_cast<size_t>(kind)].traits; }

}  // namespace optirs::plugin
