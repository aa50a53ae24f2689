namespace OptiRs.Xla.Tests;

// Operations that look at more than one element.
internal sealed partial class Interpreter
{
    private static NdArray Concatenate(NdArray[] x, long[] shape, int axis) => NdArray.Filled(shape, i =>
    {
        long[] index = [.. i];
        int source = 0;
        while (index[axis] >= x[source].Shape[axis])
            index[axis] -= x[source++].Shape[axis];
        return x[source][index];
    });

    private static NdArray Pad(NdArray x, double padding, long[] shape, PadAttributes a) => NdArray.Filled(shape, i =>
    {
        long[] index = new long[i.Length];
        for (int k = 0; k < i.Length; k++)
        {
            long position = i[k] - a.Low[k];
            if (position < 0 || position % (a.Interior[k] + 1) != 0 || position / (a.Interior[k] + 1) >= x.Shape[k])
                return padding;
            index[k] = position / (a.Interior[k] + 1);
        }
        return x[index];
    });

    private static long[] Start(NdArray[] positions, long[] operand, long[] block) =>
        [.. positions.Select((p, k) => Math.Clamp((long)p.Data[0], 0, operand[k] - block[k]))];

    private static NdArray Dot(NdArray l, NdArray r, long[] shape, DotAttributes d)
    {
        int[] leftFree = [.. Enumerable.Range(0, l.Shape.Length).Except(d.LhsBatch).Except(d.LhsContracting)];
        int[] rightFree = [.. Enumerable.Range(0, r.Shape.Length).Except(d.RhsBatch).Except(d.RhsContracting)];
        long[] summed = [.. d.LhsContracting.Select(axis => l.Shape[axis])];
        return NdArray.Filled(shape, i =>
        {
            long[] li = new long[l.Shape.Length];
            long[] ri = new long[r.Shape.Length];
            for (int k = 0; k < d.LhsBatch.Length; k++)
                li[d.LhsBatch[k]] = ri[d.RhsBatch[k]] = i[k];
            for (int k = 0; k < leftFree.Length; k++)
                li[leftFree[k]] = i[d.LhsBatch.Length + k];
            for (int k = 0; k < rightFree.Length; k++)
                ri[rightFree[k]] = i[d.LhsBatch.Length + leftFree.Length + k];
            double sum = 0;
            foreach (long[] s in NdArray.Indices(summed))
            {
                for (int k = 0; k < s.Length; k++)
                    li[d.LhsContracting[k]] = ri[d.RhsContracting[k]] = s[k];
                sum += l[li] * r[ri];
            }
            return sum;
        });
    }

    private static NdArray Convolution(NdArray x, NdArray kernel, long[] shape, ConvolutionAttributes a)
    {
        ConvolutionDimensions d = a.Dimensions;
        long kernelInputs = kernel.Shape[d.KernelInputFeature];
        long outputs = shape[d.OutputFeature];
        long batch = shape[d.OutputBatch];
        long[] window = [.. d.KernelSpatial.Select(axis => kernel.Shape[axis])];
        return NdArray.Filled(shape, o =>
        {
            // Which group of channels, or of the batch, this output channel belongs to.
            long featureGroup = o[d.OutputFeature] / (outputs / a.FeatureGroups);
            long batchGroup = o[d.OutputFeature] / (outputs / a.BatchGroups);
            double sum = 0;
            foreach (long[] w in NdArray.Indices(window))
            {
                long[] xi = new long[x.Shape.Length];
                long[] ki = new long[x.Shape.Length];
                bool inside = true;
                for (int k = 0; k < w.Length && inside; k++)
                {
                    long position = o[d.OutputSpatial[k]] * a.Strides[k] + w[k] * a.RhsDilation[k] - a.Padding[k].Low;
                    inside = position >= 0 && position % a.LhsDilation[k] == 0 && position / a.LhsDilation[k] < x.Shape[d.InputSpatial[k]];
                    xi[d.InputSpatial[k]] = position / a.LhsDilation[k];
                    ki[d.KernelSpatial[k]] = a.Reversal[k] ? window[k] - 1 - w[k] : w[k];
                }
                for (long c = 0; c < kernelInputs && inside; c++)
                {
                    xi[d.InputBatch] = o[d.OutputBatch] + batchGroup * batch;
                    xi[d.InputFeature] = c + featureGroup * kernelInputs;
                    ki[d.KernelInputFeature] = c;
                    ki[d.KernelOutputFeature] = o[d.OutputFeature];
                    sum += x[xi] * kernel[ki];
                }
            }
            return sum;
        });
    }

    private static NdArray Gather(NdArray x, NdArray indices, long[] shape, GatherAttributes a)
    {
        GatherDimensions d = a.Dimensions;
        int[] batchAxes = [.. Enumerable.Range(0, shape.Length).Except(d.OffsetDims)];
        int[] kept = [.. Enumerable.Range(0, x.Shape.Length).Except(d.CollapsedSliceDims).Except(d.OperandBatchingDims)];
        return NdArray.Filled(shape, o =>
        {
            long[] batch = [.. batchAxes.Select(axis => o[axis])];
            long[] position = Position(indices, batch, d.IndexVectorDim, d.StartIndexMap, d.OperandBatchingDims, d.StartIndicesBatchingDims, x.Shape.Length);
            for (int k = 0; k < position.Length; k++)
                position[k] = Math.Clamp(position[k], 0, x.Shape[k] - a.SliceSizes[k]);
            for (int k = 0; k < kept.Length; k++)
                position[kept[k]] += o[d.OffsetDims[k]];
            return x[position];
        });
    }

    private NdArray[] Scatter(Node node, NdArray[] x)
    {
        int count = node.Results.Length;
        ScatterDimensions d = node.As<ScatterAttributes>().Dimensions;
        NdArray[] results = [.. x[..count].Select(array => new NdArray(array.Shape, [.. array.Data]))];
        long[] shape = x[count + 1].Shape;
        int[] batchAxes = [.. Enumerable.Range(0, shape.Length).Except(d.UpdateWindowDims)];
        int[] kept = [.. Enumerable.Range(0, results[0].Shape.Length).Except(d.InsertedWindowDims).Except(d.InputBatchingDims)];
        foreach (long[] u in NdArray.Indices(shape))
        {
            long[] position = Position(x[count], [.. batchAxes.Select(axis => u[axis])], d.IndexVectorDim, d.ScatterDimsToOperandDims, d.InputBatchingDims, d.ScatterIndicesBatchingDims, results[0].Shape.Length);
            for (int k = 0; k < kept.Length; k++)
                position[kept[k]] += u[d.UpdateWindowDims[k]];
            if (position.Where((p, k) => p < 0 || p >= results[0].Shape[k]).Any())
                continue;
            NdArray[] arguments = [.. results.Select(r => NdArray.Scalar(r[position])), .. x[(count + 1)..].Select(update => NdArray.Scalar(update[u]))];
            NdArray[] combined = RunRegion(node.Regions[0], arguments);
            for (int k = 0; k < count; k++)
                results[k][position] = combined[k].Data[0];
        }
        return results;
    }

    private static long[] Position(NdArray indices, long[] batch, int vectorDim, int[] map, int[] operandBatch, int[] indexBatch, int rank)
    {
        long[] position = new long[rank];
        for (int k = 0; k < map.Length; k++)
        {
            List<long> at = [.. batch];
            if (vectorDim < indices.Shape.Length)
                at.Insert(vectorDim, k);
            position[map[k]] = (long)indices[[.. at]];
        }
        for (int k = 0; k < operandBatch.Length; k++)
            position[operandBatch[k]] = batch[indexBatch[k] - (indexBatch[k] > vectorDim ? 1 : 0)];
        return position;
    }

    private NdArray[] Reduce(Node node, NdArray[] x, long[] shape)
    {
        int count = node.Results.Length;
        int[] axes = [.. node.As<DimensionsAttributes>().Dimensions.Select(d => (int)d)];
        int[] kept = [.. Enumerable.Range(0, x[0].Shape.Length).Except(axes)];
        NdArray[] results = [.. x[count..].Select(init => NdArray.Filled(shape, _ => init.Data[0]))];
        foreach (long[] i in NdArray.Indices(x[0].Shape))
            Combine(node, results, [.. kept.Select(axis => i[axis])], [.. x[..count].Select(array => NdArray.Scalar(array[i]))]);
        return results;
    }

    private NdArray[] ReduceWindow(Node node, NdArray[] x, long[] shape)
    {
        int count = node.Results.Length;
        var a = node.As<WindowAttributes>();
        NdArray[] results = [.. x[count..].Select(init => NdArray.Filled(shape, _ => init.Data[0]))];
        foreach (long[] o in NdArray.Indices(shape))
        {
            foreach (long[] w in NdArray.Indices(a.Dimensions))
            {
                long[] position = [.. o.Select((v, k) => v * a.Strides[k] + w[k] * a.WindowDilations[k] - a.Padding[k].Low)];
                if (position.Where((p, k) => p < 0 || p % a.BaseDilations[k] != 0 || p / a.BaseDilations[k] >= x[0].Shape[k]).Any())
                    continue;
                long[] source = [.. position.Select((p, k) => p / a.BaseDilations[k])];
                Combine(node, results, o, [.. x[..count].Select(array => NdArray.Scalar(array[source]))]);
            }
        }
        return results;
    }

    private void Combine(Node node, NdArray[] results, long[] at, NdArray[] next)
    {
        NdArray[] combined = RunRegion(node.Regions[0], [.. results.Select(r => NdArray.Scalar(r[at])), .. next]);
        for (int k = 0; k < results.Length; k++)
            results[k][at] = combined[k].Data[0];
    }

    private NdArray[] Sort(Node node, NdArray[] x)
    {
        int axis = node.As<SortAttributes>().Dimension;
        NdArray[] results = [.. x.Select(array => new NdArray(array.Shape, [.. array.Data]))];
        long[] lines = [.. x[0].Shape.Select((size, k) => k == axis ? 1 : size)];
        foreach (long[] line in NdArray.Indices(lines))
        {
            // Insertion sort: stable, and needs nothing but "less".
            var order = new List<long>();
            for (long i = 0; i < x[0].Shape[axis]; i++)
            {
                int at = order.Count;
                while (at > 0 && Less(node, x, line, axis, i, order[at - 1]))
                    at--;
                order.Insert(at, i);
            }
            for (int k = 0; k < x.Length; k++)
            {
                for (int i = 0; i < order.Count; i++)
                    results[k][With(line, axis, i)] = x[k][With(line, axis, order[i])];
            }
        }
        return results;
    }

    private bool Less(Node node, NdArray[] x, long[] line, int axis, long left, long right)
    {
        NdArray[] pairs = [.. x.SelectMany(array => (NdArray[])[NdArray.Scalar(array[With(line, axis, left)]), NdArray.Scalar(array[With(line, axis, right)])])];
        return RunRegion(node.Regions[0], pairs)[0].Data[0] != 0;
    }

    private static long[] With(long[] index, int axis, long value) => [.. index.Select((v, k) => k == axis ? value : v)];
}
