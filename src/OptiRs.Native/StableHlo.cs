using OptiRs.Native.Interop;

namespace OptiRs.Native;

/// <summary>
/// StableHLO programs as they are: shown and checked, not run. Reads what the embedded plugin reads: MLIR text, and MLIR bytecode,
/// portable artifacts (VHLO 0.9 to 1.20) among it.
/// </summary>
/// <remarks>Thread-safe. Needs no plugin.</remarks>
public static class StableHlo
{
    /// <summary>
    /// A program as MLIR text, every operation in the generic form: operations of older versions upgraded, one spelling for each
    /// attribute. The program need not be valid beyond its syntax.
    /// </summary>
    /// <param name="program">Text (UTF-8) or bytecode.</param>
    /// <exception cref="ArgumentException">Not a program; the message has line and column, or the byte.</exception>
    /// <exception cref="OptiRsException">A form that is not supported (<see cref="ErrorCode.Unimplemented"/>).</exception>
    public static string Print(ReadOnlySpan<byte> program) => StableHloNative.Print(program);

    /// <summary>Checks a program: syntax, and of each operation the operands, types, shapes, attributes and regions.</summary>
    /// <param name="program">Text (UTF-8) or bytecode.</param>
    /// <exception cref="ArgumentException">Not valid; the message has the operation, line and column or byte, and what is wrong.</exception>
    /// <exception cref="OptiRsException">A form that is not supported (<see cref="ErrorCode.Unimplemented"/>).</exception>
    public static void Verify(ReadOnlySpan<byte> program) => optirs.optirs_stablehlo_verify(program, (ulong)program.Length);
}
