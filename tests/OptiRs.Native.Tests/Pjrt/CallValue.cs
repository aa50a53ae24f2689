namespace OptiRs.Native.Tests.Pjrt;

/// <summary>An operand or a result of a kernel that a program calls.</summary>
internal abstract class CallValue(DType dtype, long[] shape)
{
    public long[] Shape => shape;

    /// <summary>As programs spell it.</summary>
    public string Type => $"tensor<{string.Concat(shape.Select(extent => extent + "x"))}{dtype.Name}>";

    /// <summary>The elements, for comparison.</summary>
    public abstract Array Elements { get; }

    public abstract ReadOnlyKernelTensor Input { get; }

    public abstract KernelTensor Output { get; }

    public abstract PjrtBuffer Upload(PjrtClient client);

    public abstract Array Download(PjrtBuffer buffer);

    public abstract CallValue Copy();

    /// <summary>Zeros of another shape.</summary>
    public abstract CallValue Reshaped(params long[] other);

    public static CallValue Of<T>(T[] elements, params long[] shape)
        where T : unmanaged => new Typed<T>(elements, shape);

    /// <summary>What a result starts as.</summary>
    public static CallValue Zeros<T>(params long[] shape)
        where T : unmanaged => new Typed<T>(new T[shape.Aggregate(1L, (count, extent) => count * extent)], shape);

    public static CallValue Numbers(int seed, params long[] shape) => Numbers(seed, -1, 1, shape);

    /// <summary>Above zero, as second moments are.</summary>
    public static CallValue Squares(int seed, params long[] shape) => Numbers(seed, 0.125, 1, shape);

    public static CallValue Codes(int seed, params long[] shape) =>
        Of(Array.ConvertAll((float[])Numbers(seed, shape).Elements, x => (Float8E4M3)(x * 64)), shape);

    private static CallValue Numbers(int seed, double low, double high, long[] shape)
    {
        var random = new Random(seed);
        CallValue value = Zeros<float>(shape);
        var elements = (float[])value.Elements;
        for (int i = 0; i < elements.Length; i++) elements[i] = (float)(low + ((high - low) * random.NextDouble()));
        return value;
    }

    private sealed class Typed<T>(T[] elements, long[] shape) : CallValue(DType.Of<T>(), shape)
        where T : unmanaged
    {
        public override Array Elements => elements;

        public override ReadOnlyKernelTensor Input => ReadOnlyKernelTensor.Of<T>(elements, Shape);

        public override KernelTensor Output => KernelTensor.Of<T>(elements, Shape);

        public override PjrtBuffer Upload(PjrtClient client) => client.BufferFromHost<T>(elements, new Shape(Shape));

        public override Array Download(PjrtBuffer buffer) => buffer.ToArray<T>();

        public override CallValue Copy() => new Typed<T>([.. elements], Shape);

        public override CallValue Reshaped(params long[] other) => Zeros<T>(other);
    }
}
