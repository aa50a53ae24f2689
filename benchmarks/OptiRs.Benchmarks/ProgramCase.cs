using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Benchmarks;

/// <summary>A program to time: a function over symbolic values, and the least that it must move and compute.</summary>
/// <param name="Name">As in the peers' scripts.</param>
/// <param name="Arguments">Element types and shapes.</param>
/// <param name="Function">What is compiled.</param>
internal sealed record ProgramCase(string Name, (DType DType, Shape Shape)[] Arguments, Func<Value[], Value[]> Function)
{
    /// <summary>Bytes that a perfect program reads and writes; 0 when computing is the limit.</summary>
    public double Bytes { get; init; }

    /// <summary>Floating operations that it does; 0 when memory is the limit.</summary>
    public double Flops { get; init; }

    /// <summary>Arguments whose memory the results take; result i has the type of the i-th of them, and is the argument of the next run.</summary>
    public int[] Donated { get; init; } = [];

    /// <summary>Greatest integer argument, exclusive.</summary>
    public int Classes { get; init; } = 10;

    public JitOptions Options => new() { Name = Name.Replace('.', '_'), DonatedArguments = Donated, Locations = false };
}
