#include "pjrt_cpu/capi/serialized_program.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "pjrt_cpu/codegen/jit/identity.h"
#include "pjrt_cpu/ir/error.h"

namespace optirs::plugin {
namespace {

constexpr std::string_view kName = "optirs executable ";
constexpr std::string_view kVersion = "1";
constexpr size_t kDigestSize = 64;

void put(std::string& out, std::string_view bytes) {
    for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(uint64_t{bytes.size()} >> shift);
    out += bytes;
}

/// Takes fields off the front. Damage was found before by the digest; what is found here is a fault of
/// whoever wrote it.
class Fields {
 public:
    explicit Fields(std::string_view bytes) : rest_(bytes) {}
    bool empty() const { return rest_.empty(); }

    std::string_view next() {
        constexpr size_t kLength = 8;
        uint64_t size = 0;
        for (size_t i = 0; i < kLength && i < rest_.size(); ++i)
            size |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
        if (rest_.size() < kLength || size > rest_.size() - kLength) {
            throw Error(Code::kDataLoss, "a serialized executable with a field that runs past its end");
        }
        const std::string_view field = rest_.substr(kLength, size);
        rest_.remove_prefix(kLength + size);
        return field;
    }

 private:
    std::string_view rest_;
};

std::string_view takeLine(std::string_view& bytes) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
        throw Error(Code::kDataLoss, "a serialized executable that ends inside its header");
    }
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return line;
}

/// Checks everything that says nothing of this process.
Fields openFields(std::string_view bytes) {
    if (!bytes.starts_with(kName)) {
        throw invalidArgument("these bytes are no executable that this plugin serialized");
    }
    bytes.remove_prefix(kName.size());
    const std::string_view version = takeLine(bytes);
    if (version != kVersion) {
        throw Error(Code::kFailedPrecondition, "the serialized executable has format version \"" +
                                                   std::string(version.substr(0, 20)) +
                                                   "\", this plugin reads " + std::string(kVersion));
    }
    const std::string_view count = takeLine(bytes);
    uint64_t size = 0;
    const auto parsed = std::from_chars(count.data(), count.data() + count.size(), size);
    if (parsed.ec != std::errc() || parsed.ptr != count.data() + count.size()) {
        throw Error(Code::kDataLoss, "a serialized executable whose size is no number");
    }
    const std::string_view digest = takeLine(bytes);
    if (bytes.size() != size) {
        throw Error(Code::kDataLoss, "a serialized executable of " + std::to_string(size) +
                                         " bytes, of which " + std::to_string(bytes.size()) + " are here");
    }
    // The count is covered as well: another spelling of the same number would be another file.
    if (digest.size() != kDigestSize || count != std::to_string(size) || contentDigest(bytes) != digest) {
        throw Error(Code::kDataLoss, "a serialized executable that is damaged: its digest is wrong");
    }
    return Fields(bytes);
}

void requireEqual(const char* what, std::string_view theirs, std::string_view ours,
                  std::string& differences) {
    if (theirs == ours) return;
    differences += differences.empty() ? "" : "; ";
    differences += std::string(what) + " is " + std::string(theirs) + ", here " + std::string(ours);
}

}  // namespace

std::string serialize(const ProgramImage& image) {
    const CodeIdentity& identity = codeIdentity();
    std::string fields;
    for (const std::string* field : {&identity.build, &identity.compiler, &identity.processor,
                                     &identity.features, &image.options, &image.source, &image.optimised}) {
        put(fields, *field);
    }
    for (const auto& [name, object] : image.objects) {
        put(fields, name);
        put(fields, *object);
    }
    return std::string(kName) + std::string(kVersion) + "\n" + std::to_string(fields.size()) + "\n" +
           contentDigest(fields) + "\n" + fields;
}

ProgramImage deserialize(std::string_view bytes) {
    Fields fields = openFields(bytes);
    const CodeIdentity& here = codeIdentity();
    std::string differences;
    requireEqual("the plugin's build", fields.next(), here.build, differences);
    requireEqual("LLVM", fields.next(), here.compiler, differences);
    requireEqual("the processor", fields.next(), here.processor, differences);
    requireEqual("its features", fields.next(), here.features, differences);
    if (!differences.empty()) {
        throw Error(Code::kFailedPrecondition,
                    "the serialized executable was not made here: " + differences +
                        "; compile its program anew (format \"optirs_executable\")");
    }
    ProgramImage image;
    image.options = fields.next();
    image.source = fields.next();
    image.optimised = fields.next();
    while (!fields.empty()) {
        std::string name(fields.next());
        image.objects.insert_or_assign(std::move(name), std::make_shared<const std::string>(fields.next()));
    }
    return image;
}

ProgramImage deserializeSource(std::string_view bytes) {
    constexpr int kIdentityFields = 4;
    Fields fields = openFields(bytes);
    for (int i = 0; i < kIdentityFields; ++i) fields.next();
    ProgramImage image;
    image.options = fields.next();
    image.source = fields.next();
    return image;
}

}  // namespace optirs::plugin
