#include "pjrt_cpu/ir/ragged_dot.h"

#include <string>

#include "pjrt_cpu/ir/text_cursor.h"

namespace optirs::plugin {
namespace {

void readFields(TextCursor& in, RaggedDotDimensions& out, bool nested = false) {
    in.expect("<");
    in.list(">", [&] {
        const std::string field = in.word();
        in.expect("=");
        if (field == "dot_dimension_numbers" && !nested) {  // MHLO keeps them in an attribute of their own
            if (!in.accept("#stablehlo.dot")) in.accept("#mhlo.dot");
            return readFields(in, out, true);
        }
        std::vector<int64_t>* const values =
            field == "lhs_batching_dimensions"      ? &out.dot.lhs_batch
            : field == "rhs_batching_dimensions"    ? &out.dot.rhs_batch
            : field == "lhs_contracting_dimensions" ? &out.dot.lhs_contracting
            : field == "rhs_contracting_dimensions" ? &out.dot.rhs_contracting
            : field == "lhs_ragged_dimensions"      ? &out.lhs_ragged
            : field == "rhs_group_dimensions"       ? &out.rhs_group
                                                    : nullptr;
        if (values == nullptr) in.fail("there is no field " + field);
        in.expect("[");
        in.list("]", [&] { values->push_back(in.integer()); });
    });
}

}  // namespace

RaggedDotDimensions raggedDotDimensions(const Operation& op) {
    const Attribute* attribute = op.attribute("ragged_dot_dimension_numbers");
    const auto* opaque = attribute != nullptr ? attribute->get<OpaqueAttribute>() : nullptr;
    if (opaque == nullptr)
        throw invalidOperation(op, "needs ragged_dot_dimension_numbers = #chlo.ragged_dot<...>");
    TextCursor in(opaque->text, "dimension numbers");
    RaggedDotDimensions out;
    try {
        if (!in.accept("#chlo.ragged_dot")) in.expect("#mhlo.ragged_dot");
        readFields(in, out);
        in.expectEnd();
    } catch (const Error& error) {
        throw invalidOperation(op, error.message());
    }
    return out;
}

}  // namespace optirs::plugin
