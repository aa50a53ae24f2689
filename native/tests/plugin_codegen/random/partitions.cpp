// Random programs for several partitions: arguments and results in parts, and values that are said to be in
// other parts on the way. They compute what they would compute on one device.
#include <numeric>

#include "tests/plugin_codegen/random/writer.h"

namespace optirs::plugin::testing {
namespace {

/// In XLA's syntax: the parts by number, and the devices in the order of the parts.
Placement randomPlacement(Writer& w, const TensorType& type, int64_t partitions, bool even) {
    Placement place{Dims(static_cast<size_t>(type.rank()), 1), {}, "{replicated}"};
    int64_t copies = partitions;
    for (size_t d = 0; d < place.tiles.size(); ++d) {
        const int64_t parts = w.pick(Dims{1, 2, 2, 3, 4, partitions});
        if (copies % parts != 0 || (even && type.dims()[d] % parts != 0)) continue;
        place.tiles[d] = parts;
        copies /= parts;
    }
    Dims devices(static_cast<size_t>(partitions));
    std::iota(devices.begin(), devices.end(), 0);
    if (w.oneIn(2)) devices = w.shuffled(devices);
    place.at.resize(devices.size());
    for (size_t i = 0; i < devices.size(); ++i) {
        int64_t rest = static_cast<int64_t>(i) / copies;
        Dims at(place.tiles.size());
        for (size_t d = at.size(); d-- > 0; rest /= place.tiles[d]) at[d] = rest % place.tiles[d];
        place.at[static_cast<size_t>(devices[i])] = at;
    }
    if (copies < partitions) {
        Dims tiles = place.tiles;
        if (copies > 1) tiles.push_back(copies);
        const std::string list = listOf(devices);
        std::string text = "{devices=" + listOf(tiles) + list.substr(1, list.size() - 2);
        std::erase(text, ' ');
        place.text = text + (copies > 1 ? " last_tile_dim_replicate}" : "}");
    }
    place.text = "mhlo.sharding = \"" + place.text + "\"";
    return place;
}

}  // namespace

WrittenProgram writePartitions(uint64_t seed) {
    Writer w(seed);
    w.allow(2500);
    const int64_t partitions = w.pick(Dims{2, 4, 4, 6, 8});
    w.useSizes({partitions, 2 * partitions, 4, 1, w.pick(Dims{3, 5, 6, 8, 12, 16})});
    WrittenProgram program;
    // Parts may be of unlike size only where they are given and taken.
    const bool even = !w.oneIn(4);
    for (size_t count = 2 + w.below(3); count > 0; --count) {
        const bool known = !program.arguments.empty() && w.oneIn(2);
        const TensorType type = known ? w.pick(program.arguments) : TensorType(w.element(), w.shape());
        addArgument(w, program, type, w.randomBytes(type));
        program.argument_places.push_back(randomPlacement(w, type, partitions, even));
    }
    w.afterSteps([&] {
        const Entry value = w.any();
        if (w.oneIn(2) || value.rank() == 0) return;
        w.operation(
            "custom_call", {value}, value.type,
            "call_target_name = \"Sharding\", " + randomPlacement(w, value.type, partitions, true).text);
    });
    for (size_t count = 4 + w.below(16); count > 0; --count) writeStep(w, 2);
    std::vector<Entry> results = {w.values().back()};
    for (size_t more = 1 + w.below(4); more > 0; --more) results.push_back(w.any());
    for (const Entry& result : results)
        program.result_places.push_back(randomPlacement(w, result.type, partitions, even));
    finish(w, program, results);
    return program;
}

}  // namespace optirs::plugin::testing
