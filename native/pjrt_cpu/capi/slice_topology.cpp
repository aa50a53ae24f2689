#include "pjrt_cpu/capi/slice_topology.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

// name, prefix, devices/chip, cores/chip, chips/host, GiB, GB/s, bf16 TFLOP/s, link GB/s, torus, by cores
constexpr TpuGeneration kGenerations[] = {
    {"v2", "v2", 2, 2, 4, 16, 700, 45, 0, 2, true},
    {"v3", "v3", 2, 2, 4, 32, 900, 123, 100, 2, true},
    {"v4", "v4", 1, 2, 4, 32, 1228, 275, 45, 3, true},
    {"v5e", "v5litepod", 1, 1, 4, 16, 819, 197, 45, 2, false},
    {"v5p", "v5p", 1, 2, 4, 95, 2765, 459, 90, 3, true},
    {"v6e", "v6e", 1, 1, 4, 32, 1638, 918, 90, 2, false},
    {"v7", "tpu7x", 2, 2, 4, 192, 7380, 2307, 0, 3, true},
};

/// Chips of the largest slice with one host, of generations whose hosts have more chips then.
constexpr int64_t kSingleHostChips = 8;

struct Plane {
    std::string_view generation;
    std::vector<std::array<int64_t, 2>> shapes;
};

const std::vector<Plane>& planes() {
    static const std::vector<Plane> known = {
        {"v2", {{2, 2}, {4, 4}, {8, 8}, {8, 16}, {16, 16}}},
        {"v3", {{2, 2}, {4, 4}, {4, 8}, {8, 8}, {8, 16}, {16, 16}, {16, 32}, {32, 32}}},
        {"v5e", {{1, 1}, {2, 2}, {2, 4}, {4, 4}, {4, 8}, {8, 8}, {8, 16}, {16, 16}}},
        {"v6e", {{1, 1}, {2, 2}, {2, 4}, {4, 4}, {4, 8}, {8, 8}, {8, 16}, {16, 16}}},
    };
    return known;
}

/// Below a cube of 4x4x4 there are a few shapes; above, everything made of such cubes.
std::vector<std::array<int64_t, 3>> solids(const TpuGeneration& generation) {
    std::vector<std::array<int64_t, 3>> shapes = {{2, 2, 1}, {2, 2, 2}, {2, 2, 4}, {2, 4, 4}};
    if (generation.name == "v7") shapes.insert(shapes.begin(), {1, 1, 1});
    constexpr int64_t kLongest = 24;
    for (int64_t x = 4; x <= kLongest; x += 4) {
        for (int64_t y = x; y <= kLongest; y += 4) {
            for (int64_t z = y; z <= kLongest; z += 4) shapes.push_back({x, y, z});
        }
    }
    return shapes;
}

std::vector<std::array<int64_t, 3>> shapesOf(const TpuGeneration& generation) {
    if (generation.torus_dims == 3) return solids(generation);
    std::vector<std::array<int64_t, 3>> shapes;
    for (const Plane& plane : planes()) {
        if (plane.generation != generation.name) continue;
        for (const auto& shape : plane.shapes) shapes.push_back({shape[0], shape[1], 1});
    }
    return shapes;
}

std::string shapeText(const std::array<int64_t, 3>& dims, int64_t rank) {
    std::string text = std::to_string(dims[0]) + "x" + std::to_string(dims[1]);
    return rank == 3 ? text + "x" + std::to_string(dims[2]) : text;
}

Error unknownTopology(std::string_view text, const TpuGeneration* generation) {
    std::string message = "topology \"" + std::string(text) + "\": ";
    if (generation == nullptr) {
        message += "no such generation of chips; known:";
        for (const TpuGeneration& each : kGenerations) message += " " + std::string(each.name);
        return invalidArgument(message + ", as in \"v5e:2x4\"");
    }
    message += "there is no such slice of " + std::string(generation->name) + "; known:";
    constexpr size_t kListed = 10;
    const auto shapes = shapesOf(*generation);
    for (size_t i = 0; i < std::min(shapes.size(), kListed); ++i)
        message += " " + shapeText(shapes[i], generation->torus_dims);
    if (shapes.size() > kListed) message += " and larger multiples of 4 in increasing order";
    return invalidArgument(message);
}

bool readNumber(std::string_view& text, int64_t& number) {
    const auto [end, status] = std::from_chars(text.begin(), text.end(), number);
    if (status != std::errc() || number < 1) return false;
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
    return true;
}

}  // namespace

SliceTopology SliceTopology::parse(std::string_view text) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        for (const TpuGeneration& generation : kGenerations) {
            std::string_view rest = text;
            int64_t count = 0;
            if (!rest.starts_with(generation.prefix)) continue;
            rest.remove_prefix(generation.prefix.size());
            if (!rest.starts_with('-')) continue;
            rest.remove_prefix(1);
            if (!readNumber(rest, count) || !rest.empty()) throw unknownTopology(text, &generation);
            // Of several shapes of one size the first, most even one is meant.
            for (const auto& dims : shapesOf(generation)) {
                const int64_t chips = dims[0] * dims[1] * dims[2];
                if (chips * (generation.counts_cores ? generation.cores_per_chip : 1) == count)
                    return {generation, dims};
            }
            throw unknownTopology(text, &generation);
        }
        throw unknownTopology(text, nullptr);
    }
    const std::string_view name = text.substr(0, colon);
    const auto* generation = std::ranges::find_if(
        kGenerations, [&](const TpuGeneration& each) { return each.name == name || each.prefix == name; });
    if (generation == std::end(kGenerations)) throw unknownTopology(text, nullptr);
    std::string_view rest = text.substr(colon + 1);
    std::array<int64_t, 3> dims = {1, 1, 1};
    for (size_t d = 0; d < 3 && !rest.empty(); ++d) {
        if (d > 0) {
            if (!rest.starts_with('x')) break;
            rest.remove_prefix(1);
        }
        if (!readNumber(rest, dims[d])) throw unknownTopology(text, generation);
    }
    const auto shapes = shapesOf(*generation);
    if (!rest.empty() || std::ranges::find(shapes, dims) == shapes.end())
        throw unknownTopology(text, generation);
    return {*generation, dims};
}

std::string SliceTopology::name() const {
    return std::string(generation_->name) + ":" + shapeText(dims_, generation_->torus_dims);
}

std::string SliceTopology::deviceKind() const {
    return "TPU " + std::string(generation_->name) + " (emulated)";
}

int64_t SliceTopology::memoryBytes() const {
    return (generation_->hbm_gib << 30) / generation_->devices_per_chip;
}

SliceTopology::Place SliceTopology::place(int64_t device) const {
    Place place;
    place.core_on_chip = device % generation_->devices_per_chip;
    int64_t chip = device / generation_->devices_per_chip;
    for (size_t d = 0; d < 3; ++d) {
        place.coords[d] = chip % dims_[d];
        chip /= dims_[d];
    }
    // A host has a block of 2x2 chips; a slice of up to 8 chips of the one-core generations is one host.
    if (!generation_->counts_cores && chipCount() <= kSingleHostChips) return place;
    const int64_t across = std::max<int64_t>(1, dims_[0] / 2);
    const int64_t down = std::max<int64_t>(1, dims_[1] / 2);
    place.host = (place.coords[2] * down + place.coords[1] / 2) * across + place.coords[0] / 2;
    return place;
}

}  // namespace optirs::plugin
