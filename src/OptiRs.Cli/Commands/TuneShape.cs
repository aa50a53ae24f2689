using System.Globalization;
using OptiRs.Native;

namespace OptiRs.Cli.Commands;

/// <summary>One shape that <c>optirs tune</c> measures, and how a person writes it.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Operations">Floating-point operations of one call.</param>
/// <param name="Measure">Measures it.</param>
internal sealed record TuneShape(string Text, double Operations, Func<DeviceStream, IReadOnlyList<TuningResult>> Measure)
{
    public const string MatmulForm = "[BATCHx]MxNxK[:ta][:tb][:bias][:gelu][:fast]";
    public const string AttentionForm = "BATCHxROWSxHEADSxWIDTH[:kv=COLUMNS][:kvheads=N][:causal][:backward]";

    /// <summary>A line of a file: what is measured, its shape, and the element type.</summary>
    public static TuneShape ParseLine(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words switch
        {
            ["matmul", string shape, string dtype] => Matmul(shape, ParseDType(dtype)),
            ["attention", string shape, string dtype] => Attention(shape, ParseDType(dtype)),
            _ => throw new ArgumentException($"'{line}' is no shape, expected \"matmul {MatmulForm} DTYPE\" or \"attention {AttentionForm} DTYPE\""),
        };
    }

    public static DType ParseDType(string text) => text.ToUpperInvariant() switch
    {
        "F32" => DType.F32,
        "BF16" => DType.BF16,
        "F16" => DType.F16,
        "F8E4M3FN" or "FP8" => DType.F8E4M3FN,
        "F8E5M2" => DType.F8E5M2,
        _ => throw new ArgumentException($"'{text}' is no element type, expected f32, bf16, f16, f8e4m3fn or f8e5m2"),
    };

    public static TuneShape Matmul(string text, DType dtype)
    {
        (long[] extents, string[] words) = Split(text, MatmulForm, 3, 4);
        long[] e = extents.Length == 4 ? extents : [1, .. extents];
        var shape = new MatmulShape(e[1], e[2], e[3], dtype) { Batch = e[0] };
        foreach (string word in words)
            shape = word switch
            {
                "ta" => shape with { TransposeA = true },
                "tb" => shape with { TransposeB = true },
                "bias" => shape with { HasBias = true },
                "gelu" => shape with { Epilogue = MatmulEpilogue.Gelu },
                "fast" => shape with { FastAccumulation = true },
                _ => throw Malformed(text, MatmulForm),
            };
        return new($"matmul {text} {dtype.ToString().ToLowerInvariant()}", 2.0 * e[0] * e[1] * e[2] * e[3], stream => KernelTuning.Measure(stream, shape));
    }

    public static TuneShape Attention(string text, DType dtype)
    {
        (long[] e, string[] words) = Split(text, AttentionForm, 4, 4);
        var shape = new AttentionShape(e[0], e[1], e[1], e[2], e[2], e[3], dtype);
        foreach (string word in words)
            shape = word switch
            {
                "causal" => shape with { Mask = AttentionMask.CausalBottomRight },
                "backward" => shape with { IsBackward = true },
                _ when word.StartsWith("kv=", StringComparison.Ordinal) => shape with { Columns = Number(word[3..], text, AttentionForm) },
                _ when word.StartsWith("kvheads=", StringComparison.Ordinal) => shape with { KeyHeads = Number(word[8..], text, AttentionForm) },
                _ => throw Malformed(text, AttentionForm),
            };
        // Two products forward, five backward; a causal mask leaves half of a square.
        double share = shape.Mask == AttentionMask.None ? 1 : 1 - (0.5 * Math.Min(shape.Rows, shape.Columns) / shape.Columns);
        double operations = (shape.IsBackward ? 10.0 : 4.0) * e[0] * e[1] * shape.Columns * e[2] * e[3] * share;
        return new($"attention {text} {dtype.ToString().ToLowerInvariant()}", operations, stream => KernelTuning.Measure(stream, shape));
    }

    private static (long[] Extents, string[] Words) Split(string text, string form, int least, int most)
    {
        string[] words = text.Split(':');
        string[] extents = words[0].Split('x');
        if (extents.Length < least || extents.Length > most) throw Malformed(text, form);
        return ([.. extents.Select(extent => Number(extent, text, form))], words[1..]);
    }

    private static long Number(string word, string text, string form) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0 ? number : throw Malformed(text, form);

    private static ArgumentException Malformed(string text, string form) => new($"'{text}' is no shape, expected {form} with numbers above 0");
}
