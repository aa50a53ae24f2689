// Operations that move data.
#include "pjrt_cpu/stablehlo/hlo/converter.h"
#include "pjrt_cpu/stablehlo/hlo/fields.h"

namespace optirs::plugin::hlo {
namespace {

NamedAttributes integersNamed(const char* name, std::vector<int64_t> values) {
    NamedAttributes attributes;
    attributes.set(name, Attribute::integers(std::move(values)));
    return attributes;
}

NamedAttributes integerNamed(const char* name, int64_t value) {
    NamedAttributes attributes;
    attributes.set(name, Attribute::integer(value));
    return attributes;
}

}  // namespace

void Converter::iota(Site& site) {
    emit(site, OpKind::kIota, integerNamed("iota_dimension", site.in.dimension()));
}

void Converter::broadcast(Site& site) {
    emit(site, OpKind::kBroadcastInDim,
         integersNamed("broadcast_dimensions", site.in.integers(InstructionField::kDimensions)));
}

void Converter::transpose(Site& site) {
    emit(site, OpKind::kTranspose,
         integersNamed("permutation", site.in.integers(InstructionField::kDimensions)));
}

void Converter::reverse(Site& site) {
    emit(site, OpKind::kReverse,
         integersNamed("dimensions", site.in.integers(InstructionField::kDimensions)));
}

void Converter::concatenate(Site& site) {
    emit(site, OpKind::kConcatenate, integerNamed("dimension", site.in.dimension()));
}

void Converter::slice(Site& site) {
    std::vector<int64_t> starts;
    std::vector<int64_t> limits;
    std::vector<int64_t> strides;
    for (const ProtoMessage& each :
         site.in.proto.messages(InstructionField::kSliceDimensions, "SliceDimensions")) {
        starts.push_back(each.integer(1));
        limits.push_back(each.integer(2));
        strides.push_back(each.integer(3));
    }
    NamedAttributes attributes = integersNamed("start_indices", std::move(starts));
    attributes.set("limit_indices", Attribute::integers(std::move(limits)));
    attributes.set("strides", Attribute::integers(std::move(strides)));
    emit(site, OpKind::kSlice, std::move(attributes));
}

void Converter::dynamicSlice(Site& site) {
    emit(site, OpKind::kDynamicSlice,
         integersNamed("slice_sizes", site.in.integers(InstructionField::kDynamicSliceSizes)));
}

void Converter::pad(Site& site) {
    std::vector<int64_t> low;
    std::vector<int64_t> high;
    std::vector<int64_t> interior;
    const ProtoMessage config = site.in.proto.message(InstructionField::kPaddingConfig, "PaddingConfig");
    for (const ProtoMessage& each : config.messages(1, "PaddingConfigDimension")) {
        low.push_back(each.integer(1));
        high.push_back(each.integer(2));
        interior.push_back(each.integer(3));
    }
    NamedAttributes attributes = integersNamed("edge_padding_low", std::move(low));
    attributes.set("edge_padding_high", Attribute::integers(std::move(high)));
    attributes.set("interior_padding", Attribute::integers(std::move(interior)));
    emit(site, OpKind::kPad, std::move(attributes));
}

void Converter::gather(Site& site) {
    const ProtoMessage dims =
        site.in.proto.message(InstructionField::kGatherDimensions, "GatherDimensionNumbers");
    GatherDimensions out;
    out.offset_dims = dims.integers(GatherField::kOffsetDims);
    out.collapsed_slice_dims = dims.integers(GatherField::kCollapsedSliceDims);
    out.operand_batching_dims = dims.integers(GatherField::kOperandBatchingDims);
    out.start_indices_batching_dims = dims.integers(GatherField::kStartIndicesBatchingDims);
    out.start_index_map = dims.integers(GatherField::kStartIndexMap);
    out.index_vector_dim = dims.integer(GatherField::kIndexVectorDim);
    NamedAttributes attributes;
    attributes.set("dimension_numbers", std::move(out));
    attributes.set("slice_sizes", Attribute::integers(site.in.integers(InstructionField::kGatherSliceSizes)));
    if (site.in.proto.flag(InstructionField::kIndicesAreSorted))
        attributes.set("indices_are_sorted", Attribute(true));
    emit(site, OpKind::kGather, std::move(attributes));
}

void Converter::scatter(Site& site) {
    const ProtoMessage dims =
        site.in.proto.message(InstructionField::kScatterDimensions, "ScatterDimensionNumbers");
    ScatterDimensions out;
    out.update_window_dims = dims.integers(ScatterField::kUpdateWindowDims);
    out.inserted_window_dims = dims.integers(ScatterField::kInsertedWindowDims);
    out.input_batching_dims = dims.integers(ScatterField::kInputBatchingDims);
    out.scatter_indices_batching_dims = dims.integers(ScatterField::kScatterIndicesBatchingDims);
    out.scatter_dims_to_operand_dims = dims.integers(ScatterField::kScatterDimsToOperandDims);
    out.index_vector_dim = dims.integer(ScatterField::kIndexVectorDim);
    NamedAttributes attributes;
    attributes.set("scatter_dimension_numbers", std::move(out));
    if (site.in.proto.flag(InstructionField::kIndicesAreSorted))
        attributes.set("indices_are_sorted", Attribute(true));
    if (site.in.proto.flag(InstructionField::kUniqueIndices))
        attributes.set("unique_indices", Attribute(true));
    fillRegion(site, emit(site, OpKind::kScatter, std::move(attributes), 1).region(0), 0);
}

void Converter::sort(Site& site) {
    NamedAttributes attributes = integerNamed("dimension", site.in.dimension());
    if (site.in.proto.flag(InstructionField::kIsStable)) attributes.set("is_stable", Attribute(true));
    fillRegion(site, emit(site, OpKind::kSort, std::move(attributes), 1).region(0), 0);
}

void Converter::topK(Site& site) {
    if (!site.in.proto.flag(InstructionField::kLargest)) site.in.failUnimplemented("the smallest elements");
    site.requireOperands(1);
    emit(site, OpKind::kChloTopK, integerNamed("k", site.in.integer(InstructionField::kTopK)));
}

void Converter::dimensionSize(Site& site) {
    emit(site, site.in.opcode == "get-dimension-size" ? OpKind::kGetDimensionSize : OpKind::kSetDimensionSize,
         integerNamed("dimension", site.in.dimension()));
}

}  // namespace optirs::plugin::hlo
