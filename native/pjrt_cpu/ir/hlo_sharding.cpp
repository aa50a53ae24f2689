#include "pjrt_cpu/ir/hlo_sharding.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "pjrt_cpu/ir/text_cursor.h"

namespace optirs::plugin {
namespace {

using Kind = HloSharding::Kind;

constexpr int64_t kMaxDevices = int64_t{1} << 20;
constexpr int kMaxNesting = 32;

constexpr std::array<std::pair<std::string_view, Kind>, 4> kWords = {{{"replicated", Kind::kReplicated},
                                                                      {"manual", Kind::kManual},
                                                                      {"unreduced", Kind::kUnreduced},
                                                                      {"unknown", Kind::kUnknown}}};

std::optional<Kind> kindOfWord(std::string_view word) {
    for (const auto& [name, kind] : kWords) {
        if (name == word) return kind;
    }
    return std::nullopt;
}

std::string_view wordOfKind(Kind kind) {
    for (const auto& [name, of] : kWords) {
        if (of == kind) return name;
    }
    return "";
}

/// `[2,1,4]`; the product is bounded.
std::vector<int64_t> sizes(TextCursor& in) {
    std::vector<int64_t> out;
    int64_t product = 1;
    in.expect("[");
    in.list("]", [&] {
        out.push_back(in.integer());
        if (out.back() < 1 || out.back() > kMaxDevices / product) {
            in.fail("the sizes of a tile assignment are positive, and at most " +
                    std::to_string(kMaxDevices) + " devices together");
        }
        product *= out.back();
    });
    return out;
}

int64_t productOf(const std::vector<int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), int64_t{1}, std::multiplies<>());
}

/// Devices 0, 1, ... laid out row-major over `dims`, read in the order of the transposed dimensions.
std::vector<int64_t> iotaDevices(const std::vector<int64_t>& dims, const std::vector<int64_t>& permutation) {
    std::vector<int64_t> strides(dims.size(), 1);
    for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
    std::vector<int64_t> out(static_cast<size_t>(productOf(dims)));
    for (size_t n = 0; n < out.size(); ++n) {
        auto rest = static_cast<int64_t>(n);
        for (size_t i = permutation.size(); i-- > 0;) {
            const auto dim = static_cast<size_t>(permutation[i]);
            out[n] += rest % dims[dim] * strides[dim];
            rest /= dims[dim];
        }
    }
    return out;
}

void readTiles(TextCursor& in, HloSharding& out) {
    out.kind = Kind::kTiled;
    out.tile_dims = sizes(in);
    const int64_t count = productOf(out.tile_dims);
    if (in.accept("<=")) {
        const std::vector<int64_t> dims = sizes(in);
        std::vector<int64_t> permutation(dims.size());
        std::iota(permutation.begin(), permutation.end(), 0);
        if (in.accept("T(")) {
            std::vector<int64_t> given;
            in.list(")", [&] { given.push_back(in.integer()); });
            if (!std::ranges::is_permutation(given, permutation)) in.fail("T(...) is not a permutation");
            permutation = std::move(given);
        }
        if (productOf(dims) != count) in.fail("the tiles and the devices differ in number");
        out.devices = iotaDevices(dims, permutation);
        return;
    }
    do {
        out.devices.push_back(in.integer());
        if (out.devices.back() < 0) in.fail("a device id is not negative");
        if (static_cast<int64_t>(out.devices.size()) > count) break;
    } while (in.accept(","));
    if (static_cast<int64_t>(out.devices.size()) != count) {
        in.fail(std::to_string(count) + " tiles need as many devices, got " +
                std::to_string(out.devices.size()));
    }
}

/// `metadata={...}`: for people.
void skipMetadata(TextCursor& in) {
    in.expect("=");
    in.expect("{");
    int depth = 1;
    while (depth > 0) {
        if (in.atEnd()) in.fail("expected '}'");
        if (in.next("\"")) {
            in.quoted();
        } else if (in.accept("{")) {
            ++depth;
        } else if (in.accept("}")) {
            --depth;
        } else if (in.word().empty()) {
            for (const char* each :
                 {"=", ",", ":", "/", ";", "[", "]", "(", ")", "<", ">", "+", "*", "#", "@"}) {
                if (in.accept(each)) break;
                if (each[0] == '@') in.fail("unexpected character in metadata");
            }
        }
    }
}

HloSharding read(TextCursor& in, int depth) {
    if (depth > kMaxNesting) in.fail("tuples nest too deeply");
    HloSharding out;
    in.expect("{");
    if (in.next("{") || in.next("}")) {
        out.kind = Kind::kTuple;
        in.list("}", [&] { out.elements.push_back(read(in, depth + 1)); });
        return out;
    }
    bool maximal = false;
    bool placed = false;
    while (!in.accept("}")) {
        const std::string word = in.word();
        if (word == "devices") {
            in.expect("=");
            readTiles(in, out);
            placed = true;
        } else if (word == "device") {
            in.expect("=");
            out.devices = {in.integer()};
            if (out.devices[0] < 0) in.fail("a device id is not negative");
            placed = true;
        } else if (word == "maximal") {
            maximal = true;
            out.kind = Kind::kMaximal;
        } else if (word == "last_tile_dim_replicate") {
            out.last_dims = {Kind::kReplicated};
        } else if (word == "last_tile_dims") {
            in.expect("=");
            in.expect("{");
            in.list("}", [&] {
                const auto kind = kindOfWord(in.word());
                if (!kind) in.fail("expected replicated, manual or unreduced");
                out.last_dims.push_back(*kind);
            });
        } else if (word == "metadata") {
            skipMetadata(in);
        } else if (word == "shard_as" || word == "shard_like") {
            in.integer();
        } else if (const auto kind = kindOfWord(word)) {
            out.kind = *kind;
            placed = true;
        } else {
            in.fail("unknown word '" + word + "'");
        }
        in.accept(",");
    }
    if (maximal && out.kind == Kind::kTiled) in.fail("a maximal sharding has one device");
    if (maximal && out.devices.empty()) in.fail("a maximal sharding names its device");
    if (!placed) in.fail("expected devices=, replicated, maximal or manual");
    if (out.last_dims.size() > out.tile_dims.size()) in.fail("more last_tile_dims than tile dimensions");
    return out;
}

}  // namespace

HloSharding parseHloSharding(std::string_view text) {
    TextCursor in(text, "mhlo.sharding");
    HloSharding out = read(in, 0);
    in.expectEnd();
    return out;
}

std::optional<HloSharding> hloShardingOf(const NamedAttributes& attributes) {
    const Attribute* attribute = attributes.find("mhlo.sharding");
    const auto* text = attribute != nullptr ? attribute->get<std::string>() : nullptr;
    if (text == nullptr) return std::nullopt;
    return parseHloSharding(*text);
}

std::string HloSharding::toString() const {
    const auto list = [](const std::vector<int64_t>& values) {
        std::string out;
        for (const int64_t value : values) out += (out.empty() ? "" : ",") + std::to_string(value);
        return out;
    };
    switch (kind) {
        case Kind::kMaximal:
            return "{maximal device=" + list(devices) + "}";
        case Kind::kTiled: {
            std::string out = "{devices=[" + list(tile_dims) + "]" + list(devices);
            if (last_dims == std::vector<Kind>{Kind::kReplicated}) {
                out += " last_tile_dim_replicate";
            } else if (!last_dims.empty()) {
                std::string names;
                for (const Kind each : last_dims) {
                    names += (names.empty() ? "" : ", ") + std::string(wordOfKind(each));
                }
                out += " last_tile_dims={" + names + "}";
            }
            return out + "}";
        }
        case Kind::kTuple: {
            std::string out = "{";
            for (const HloSharding& element : elements)
                out += (out.size() > 1 ? ", " : "") + element.toString();
            return out + "}";
        }
        default:
            return "{" + std::string(wordOfKind(kind)) + "}";
    }
}

}  // namespace optirs::plugin
