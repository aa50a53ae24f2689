namespace OptiRs.Xla;

/// <summary>What the graph asks of an element type beyond what <see cref="DTypeExtensions"/> knows.</summary>
internal static class DTypes
{
    extension(DType dtype)
    {
        /// <summary>True for the types that carry gradients.</summary>
        public bool IsDifferentiable => dtype.IsFloatingPoint || dtype.IsComplex;

        /// <summary>The element type of the real and the imaginary part; a real type is its own.</summary>
        public DType RealPart => dtype switch
        {
            DType.C64 => DType.F32,
            DType.C128 => DType.F64,
            _ => dtype,
        };
    }
}
