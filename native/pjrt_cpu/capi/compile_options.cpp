#include "pjrt_cpu/capi/compile_options.h"

#include <algorithm>

#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

/// Reads one protobuf message field by field. Field numbers of the messages are those of XLA's
/// compile_options.proto and xla_data.proto.
class MessageReader {
 public:
    MessageReader(std::string_view bytes, size_t offset) : bytes_(bytes), base_(offset) {}

    struct Field {
        uint32_t number = 0;
        uint64_t integer = 0;    ///< wire types 0, 1 and 5
        std::string_view bytes;  ///< wire type 2
        size_t offset = 0;       ///< of `bytes` in the whole text
        bool is_bytes = false;
    };

    bool next(Field& field) {
        if (at_ == bytes_.size()) return false;
        const uint64_t key = varint();
        field = {};
        field.number = static_cast<uint32_t>(key >> 3);
        if (field.number == 0) fail("field number 0");
        switch (key & 7) {
            case 0:
                field.integer = varint();
                break;
            case 1:
                field.integer = fixed(8);
                break;
            case 5:
                field.integer = fixed(4);
                break;
            case 2: {
                const uint64_t size = varint();
                if (size > bytes_.size() - at_)
                    fail("a field of " + std::to_string(size) + " bytes runs past the end");
                field.is_bytes = true;
                field.offset = base_ + at_;
                field.bytes = bytes_.substr(at_, static_cast<size_t>(size));
                at_ += static_cast<size_t>(size);
                break;
            }
            default:
                fail("wire type " + std::to_string(key & 7));
        }
        return true;
    }

    /// Of a field that holds a message.
    static MessageReader message(const Field& field) {
        if (!field.is_bytes)
            throw invalidArgument("compile options: field " + std::to_string(field.number) +
                                  " is no message");
        return {field.bytes, field.offset};
    }

    /// Of a repeated integer field, packed or not.
    static void append(const Field& field, std::vector<int64_t>& list) {
        if (!field.is_bytes) {
            list.push_back(static_cast<int64_t>(field.integer));
            return;
        }
        MessageReader packed(field.bytes, field.offset);
        while (packed.at_ < packed.bytes_.size()) list.push_back(static_cast<int64_t>(packed.varint()));
    }

 private:
    uint64_t varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const uint64_t byte = fixed(1);
            value |= (byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) return value;
        }
        fail("a number of more than 64 bits");
    }

    uint64_t fixed(size_t size) {
        if (size > bytes_.size() - at_) fail("the text ends inside a field");
        uint64_t value = 0;
        for (size_t i = 0; i < size; ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes_[at_ + i])) << (8 * i);
        at_ += size;
        return value;
    }

    [[noreturn]] void fail(const std::string& why) const {
        throw invalidArgument("compile options are no CompileOptionsProto: " + why + " at byte " +
                              std::to_string(base_ + at_));
    }

    std::string_view bytes_;
    size_t base_;
    size_t at_ = 0;
};

std::vector<std::vector<int64_t>> readDeviceAssignment(MessageReader reader) {
    std::vector<std::vector<int64_t>>
        by_partition;  // the message lists, for each partition, the replicas' devices
    MessageReader::Field field;
    while (reader.next(field)) {
        if (field.number != 3) continue;
        MessageReader devices = MessageReader::message(field);
        MessageReader::Field device;
        std::vector<int64_t>& replicas = by_partition.emplace_back();
        while (devices.next(device)) {
            if (device.number == 1) MessageReader::append(device, replicas);
        }
    }
    std::vector<std::vector<int64_t>> by_replica;
    for (const auto& replicas : by_partition) {
        by_replica.resize(std::max(by_replica.size(), replicas.size()));
        for (size_t r = 0; r < replicas.size(); ++r) by_replica[r].push_back(replicas[r]);
    }
    return by_replica;
}

void putVarint(std::string& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

}  // namespace

CompileOptionsProto readCompileOptions(std::string_view serialized) {
    CompileOptionsProto options;
    MessageReader reader(serialized, 0);
    MessageReader::Field field;
    while (reader.next(field)) {
        if (field.number == 2) options.parameters_are_tupled = field.integer != 0;
        if (field.number == 4) options.portable = field.integer != 0;
        if (field.number != 3) continue;
        MessageReader build = MessageReader::message(field);
        MessageReader::Field entry;
        while (build.next(entry)) {
            switch (entry.number) {
                case 1:
                    options.device_ordinal = static_cast<int64_t>(entry.integer);
                    break;
                case 4:
                    options.num_replicas = static_cast<int64_t>(entry.integer);
                    break;
                case 5:
                    options.num_partitions = static_cast<int64_t>(entry.integer);
                    break;
                case 9:
                    options.device_assignment = readDeviceAssignment(MessageReader::message(entry));
                    break;
                default:
                    break;
            }
        }
    }
    // Zero is protobuf's way to say that a number was not set.
    if (options.num_replicas == 0) options.num_replicas = 1;
    if (options.num_partitions == 0) options.num_partitions = 1;
    constexpr int64_t kMaxDevices = 1 << 20;
    if (options.num_replicas < 0 || options.num_partitions < 0 || options.num_replicas > kMaxDevices ||
        options.num_partitions > kMaxDevices) {
        throw invalidArgument("compile options: " + std::to_string(options.num_replicas) + " replicas, " +
                              std::to_string(options.num_partitions) + " partitions");
    }
    if (!options.device_assignment.empty()) {
        bool fits = options.device_assignment.size() == static_cast<size_t>(options.num_replicas);
        for (const auto& row : options.device_assignment) {
            fits = fits && row.size() == static_cast<size_t>(options.num_partitions);
        }
        if (!fits) {
            throw invalidArgument("compile options: the device assignment is not " +
                                  std::to_string(options.num_replicas) + " replicas by " +
                                  std::to_string(options.num_partitions) + " partitions");
        }
    }
    return options;
}

std::string serializeDeviceAssignment(const std::vector<std::vector<int64_t>>& ids) {
    std::string out;
    const size_t partitions = ids.empty() ? 0 : ids[0].size();
    putVarint(out, 1 << 3);
    putVarint(out, ids.size());
    putVarint(out, 2 << 3);
    putVarint(out, partitions);
    for (size_t p = 0; p < partitions; ++p) {
        std::string packed;
        for (const auto& replica : ids) putVarint(packed, static_cast<uint64_t>(replica[p]));
        std::string devices;
        putVarint(devices, 1 << 3 | 2);
        putVarint(devices, packed.size());
        devices += packed;
        putVarint(out, 3 << 3 | 2);
        putVarint(out, devices.size());
        out += devices;
    }
    return out;
}

}  // namespace optirs::plugin
