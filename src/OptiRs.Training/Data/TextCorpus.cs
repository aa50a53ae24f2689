using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace OptiRs.Training;

/// <summary>
/// A text file as tokens: the first nine tenths to train on, the rest (but at least one window) to validate on.
/// </summary>
/// <remarks>Thread-safe: it never changes.</remarks>
public sealed class TextCorpus
{
    private readonly int[] _tokens;
    private readonly int _trainCount;

    private TextCorpus(string path, string fingerprint, Vocabulary vocabulary, int[] tokens, int contextLength)
    {
        (Path, Fingerprint, Vocabulary, _tokens, ContextLength) = (path, fingerprint, vocabulary, tokens, contextLength);
        // A window is contextLength inputs and, shifted by one, as many targets.
        int window = contextLength + 1;
        if (tokens.Length < 2 * window)
            throw new DataException($"'{path}' is too short: it has {tokens.Length} characters, and a context of {contextLength} needs at least {2 * window} (one window to train on and one to validate on); use a longer text or a smaller --context");
        _trainCount = tokens.Length - Math.Max(tokens.Length / 10, window);
    }

    /// <summary>Where the text was read from.</summary>
    public string Path { get; }

    /// <summary>The SHA-256 of the file's bytes, in lower-case hexadecimal: a checkpoint resumes on this text only.</summary>
    public string Fingerprint { get; }

    /// <summary>The text's characters.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The number of tokens that a prediction may look back on.</summary>
    public int ContextLength { get; }

    /// <summary>The number of characters.</summary>
    public int Length => _tokens.Length;

    /// <summary>The tokens to train on.</summary>
    public ReadOnlySpan<int> Train => _tokens.AsSpan(0, _trainCount);

    /// <summary>The tokens to validate on; the model never trains on them.</summary>
    public ReadOnlySpan<int> Validation => _tokens.AsSpan(_trainCount);

    /// <summary>Reads and checks a UTF-8 text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="contextLength">The number of tokens that a prediction may look back on.</param>
    /// <param name="vocabulary">The vocabulary of a checkpoint; null makes one from the text.</param>
    /// <exception cref="DataException">The file is missing, unreadable, empty, not a text, or too short.</exception>
    public static TextCorpus Load(string path, int contextLength, Vocabulary? vocabulary = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 1);
        byte[] bytes = ReadBytes(path);
        string text = Decode(path, bytes);
        vocabulary ??= Vocabulary.Of(text);
        return new TextCorpus(path, Hash(bytes), vocabulary, vocabulary.Encode(text), contextLength);
    }

    /// <summary>The fingerprint of a file, whatever it holds.</summary>
    internal static string FingerprintOf(string path) => Hash(ReadBytes(path));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] ReadBytes(string path)
    {
        if (Directory.Exists(path)) throw new DataException($"'{path}' is a folder; --data wants one text file");
        if (!File.Exists(path)) throw new DataException($"the data file '{path}' does not exist");
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length == 0) throw new DataException($"the data file '{path}' is empty");
            return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"cannot read the data file '{path}': {error.Message.TrimEnd('.')}", error);
        }
    }

    private static string Decode(string path, ReadOnlySpan<byte> bytes)
    {
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0) throw NotText(path, zero, bytes[zero]);
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        if (!Utf8.IsValid(bytes))
        {
            int offset = 0;
            while (Rune.DecodeFromUtf8(bytes[offset..], out _, out int consumed) == OperationStatus.Done) offset += consumed;
            throw NotText(path, offset, bytes[offset]);
        }
        return Encoding.UTF8.GetString(bytes);
    }

    private static DataException NotText(string path, int offset, byte value) =>
        new($"'{path}' is binary, not a UTF-8 text: byte 0x{value:x2} at offset {offset}");
}
