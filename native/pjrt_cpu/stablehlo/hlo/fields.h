/// @file
/// Field numbers of XLA's messages (xla_data.proto, hlo.proto).
#pragma once

#include <cstdint>

namespace optirs::plugin::hlo {

struct ModuleField {
    enum : uint32_t {
        kName = 1,
        kComputations = 3,
        kEntryComputationId = 6,
        kInputOutputAlias = 8,
        kBufferDonor = 18,
        kFrontendAttributes = 19,
    };
};
struct ComputationField {
    enum : uint32_t { kName = 1, kInstructions = 2, kId = 5, kRootId = 6 };
};
struct InstructionField {
    enum : uint32_t {
        kName = 1,
        kOpcode = 2,
        kShape = 3,
        kLiteral = 8,
        kParameterNumber = 9,
        kTupleIndex = 13,
        kDimensions = 14,
        kWindow = 15,
        kConvolutionDimensions = 16,
        kSliceDimensions = 17,
        kExponentBits = 18,
        kMantissaBits = 19,
        kDynamicSliceSizes = 20,
        kPaddingConfig = 21,
        kOutfeedConfig = 22,
        kDistribution = 23,
        kEpsilon = 24,
        kFeatureIndex = 25,
        kChannelId = 26,
        kInfeedConfig = 27,
        kCustomCallTarget = 28,
        kDotDimensions = 30,
        kFftType = 31,
        kFftLength = 32,
        kGatherDimensions = 33,
        kGatherSliceSizes = 34,
        kId = 35,
        kOperandIds = 36,
        kCalledComputationIds = 38,
        kSharding = 40,
        kBackendConfig = 43,
        kIsHostTransfer = 47,
        kScatterDimensions = 48,
        kReplicaGroups = 49,
        kFeatureGroupCount = 50,
        kPrecisionConfig = 51,
        kSourceTargetPairs = 52,
        kBatchGroupCount = 58,
        kTriangularSolveOptions = 59,
        kIsStable = 60,
        kCholeskyOptions = 62,
        kComparisonDirection = 63,
        kHasSideEffect = 65,
        kIndicesAreSorted = 67,
        kFrontendAttributes = 68,
        kUniqueIndices = 69,
        kRngAlgorithm = 70,
        kUseGlobalDeviceIds = 71,
        kComparisonType = 72,
        kCustomCallApiVersion = 77,
        kTopK = 81,
        kLargest = 85,
        kCollectiveDeviceList = 87,
        kIotaDeviceList = 92,
        kMeshDeviceList = 93,
        kSparsity = 98,
    };
};
struct ShapeField {
    enum : uint32_t { kElementType = 2, kDimensions = 3, kTupleShapes = 4, kLayout = 5, kIsDynamic = 6 };
};
struct LayoutField {
    enum : uint32_t { kMinorToMajor = 1 };
};
struct WindowField {
    enum : uint32_t { kDimensions = 1 };
};
struct WindowDimensionField {
    enum : uint32_t {
        kSize = 1,
        kStride = 2,
        kPaddingLow = 3,
        kPaddingHigh = 4,
        kWindowDilation = 5,
        kBaseDilation = 6,
        kReversal = 7,
    };
};
struct DotField {
    enum : uint32_t { kLhsContracting = 1, kRhsContracting = 2, kLhsBatch = 3, kRhsBatch = 4 };
};
struct GatherField {
    enum : uint32_t {
        kOffsetDims = 1,
        kCollapsedSliceDims = 2,
        kStartIndexMap = 3,
        kIndexVectorDim = 4,
        kOperandBatchingDims = 5,
        kStartIndicesBatchingDims = 6,
    };
};
struct ScatterField {
    enum : uint32_t {
        kUpdateWindowDims = 1,
        kInsertedWindowDims = 2,
        kScatterDimsToOperandDims = 3,
        kIndexVectorDim = 4,
        kInputBatchingDims = 5,
        kScatterIndicesBatchingDims = 6,
    };
};
struct ConvolutionField {
    enum : uint32_t {
        kKernelInputFeature = 3,
        kKernelOutputFeature = 4,
        kKernelSpatial = 6,
        kInputBatch = 7,
        kInputFeature = 8,
        kOutputBatch = 9,
        kOutputFeature = 10,
        kInputSpatial = 11,
        kOutputSpatial = 12,
    };
};
struct ShardingField {
    enum : uint32_t {
        kType = 1,
        kTileDimensions = 3,
        kTileDevices = 4,
        kTupleShardings = 5,
        kReplicateOnLastDim = 6,
        kLastTileDims = 8,
        kIotaReshapeDims = 9,
        kIotaTransposePerm = 10,
        kNamedSharding = 14,
    };
};

}  // namespace optirs::plugin::hlo
