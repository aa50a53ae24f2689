using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using OptiRs.Native;

namespace OptiRs.Cli.Conformance;

/// <summary>Arguments written as MLIR literals, <c>[dense&lt;[1, 2]&gt; : tensor&lt;2xi32&gt;, ...]</c>.</summary>
internal static partial class ArgumentList
{
    /// <summary>The literals of a list.</summary>
    public static IReadOnlyList<string> Split(string list)
    {
        string text = list.Trim();
        if (!text.StartsWith('[') || !text.EndsWith(']'))
            throw new FormatException($"expected [dense<...> : tensor<...>, ...] for the arguments, got '{list}'");
        var items = new List<string>();
        int depth = 0, start = 1;
        for (int i = 1; i < text.Length; ++i)
        {
            char c = text[i];
            if (c is '[' or '<' or '(') ++depth;
            else if (c is ')' or '>' || (c == ']' && i + 1 < text.Length)) --depth;
            if ((c != ',' || depth != 0) && i + 1 < text.Length) continue;
            if (text[start..i].Trim() is { Length: > 0 } item) items.Add(item);
            start = i + 1;
        }
        return items;
    }

    /// <summary>Copies a literal to a device.</summary>
    public static PjrtBuffer Upload(PjrtClient client, string literal, PjrtDevice device)
    {
        Match match = Literal().Match(literal);
        if (!match.Success) throw new FormatException($"the argument '{literal}' is not of the form dense<...> : tensor<...>");
        string[] type = match.Groups["type"].Value.Split('x');
        var shape = new Shape([.. type[..^1].Select(d => long.Parse(d, CultureInfo.InvariantCulture))]);
        string[] numbers = [.. Number().Matches(match.Groups["values"].Value).Select(m => m.Value)];
        return type[^1] switch
        {
            "i1" => client.BufferFromHost(Fill(numbers, shape, text => text is "true" or "1"), shape, device),
            "i8" => Upload<sbyte>(client, numbers, shape, device),
            "i16" => Upload<short>(client, numbers, shape, device),
            "i32" => Upload<int>(client, numbers, shape, device),
            "i64" => Upload<long>(client, numbers, shape, device),
            "ui8" => Upload<byte>(client, numbers, shape, device),
            "ui16" => Upload<ushort>(client, numbers, shape, device),
            "ui32" => Upload<uint>(client, numbers, shape, device),
            "ui64" => Upload<ulong>(client, numbers, shape, device),
            "f16" => client.BufferFromHost(Fill(numbers, shape, text => (Half)ToDouble(text, 16)), shape, device),
            "bf16" => client.BufferFromHost(Fill(numbers, shape, text => (BFloat16)(float)ToDouble(text, 1)), shape, device),
            "f32" => client.BufferFromHost(Fill(numbers, shape, text => (float)ToDouble(text, 32)), shape, device),
            "f64" => client.BufferFromHost(Fill(numbers, shape, text => ToDouble(text, 64)), shape, device),
            var other => throw new NotSupportedException($"arguments of element type {other} (in '{literal}')"),
        };
    }

    private static PjrtBuffer Upload<T>(PjrtClient client, string[] numbers, Shape shape, PjrtDevice device) where T : unmanaged, IBinaryInteger<T> =>
        client.BufferFromHost(Fill(numbers, shape, text => T.CreateTruncating(BigInteger.Parse(text, CultureInfo.InvariantCulture))), shape, device);

    /// <summary>One number stands for all elements.</summary>
    private static ReadOnlySpan<T> Fill<T>(string[] numbers, Shape shape, Func<string, T> parse) where T : unmanaged
    {
        if (numbers.Length != 1 && numbers.Length != shape.ElementCount)
            throw new FormatException($"{numbers.Length} numbers for an argument of shape {shape}");
        T[] given = [.. numbers.Select(parse)];
        return given.Length == shape.ElementCount ? given : Enumerable.Repeat(given[0], checked((int)shape.ElementCount)).ToArray();
    }

    private static double ToDouble(string text, int width)
    {
        if (!text.StartsWith("0x", StringComparison.Ordinal)) return double.Parse(text, CultureInfo.InvariantCulture);
        ulong bits = ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return width switch
        {
            16 => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            1 => BitConverter.UInt32BitsToSingle((uint)bits << 16),
            32 => BitConverter.UInt32BitsToSingle((uint)bits),
            _ => BitConverter.UInt64BitsToDouble(bits),
        };
    }

    [GeneratedRegex("""^dense<(?<values>.*)>\s*:\s*tensor<(?<type>[^<>]*)>$""", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Literal();

    [GeneratedRegex("""0x[0-9a-fA-F]+|true|false|[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?""", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();
}
