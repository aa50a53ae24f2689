using System.Text;

namespace OptiRs.Training;

/// <summary>The characters (Unicode scalar values) of a text, in ascending order; a token is a character's place in it.</summary>
/// <remarks>Thread-safe: it never changes.</remarks>
public sealed class Vocabulary
{
    private readonly Rune[] _characters;
    private readonly Dictionary<Rune, int> _tokens;

    /// <summary>A vocabulary of exactly these characters.</summary>
    /// <param name="characters">Ascending, each once, as <see cref="ToString"/> gives them.</param>
    /// <exception cref="DataException">A character appears twice, or the order is wrong.</exception>
    public Vocabulary(string characters)
    {
        ArgumentNullException.ThrowIfNull(characters);
        _characters = [.. characters.EnumerateRunes()];
        for (int i = 1; i < _characters.Length; ++i)
            if (_characters[i].CompareTo(_characters[i - 1]) <= 0)
                throw new DataException($"a vocabulary must be ascending without repetition, but character {i} is U+{_characters[i].Value:X4} after U+{_characters[i - 1].Value:X4}");
        _tokens = _characters.Select((rune, token) => (rune, token)).ToDictionary(p => p.rune, p => p.token);
    }

    /// <summary>The number of tokens.</summary>
    public int Count => _characters.Length;

    /// <summary>The vocabulary of all characters in <paramref name="text"/>.</summary>
    public static Vocabulary Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var seen = new SortedSet<Rune>();
        foreach (Rune rune in text.EnumerateRunes()) seen.Add(rune);
        return new Vocabulary(string.Concat(seen));
    }

    /// <summary>True if the character occurs.</summary>
    public bool Contains(char character) => Rune.TryCreate(character, out Rune rune) && _tokens.ContainsKey(rune);

    /// <summary>The tokens of <paramref name="text"/>.</summary>
    /// <exception cref="DataException">A character is not in the vocabulary; the message names it.</exception>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!_tokens.TryGetValue(rune, out int token))
                throw new DataException($"the character '{rune}' (U+{rune.Value:X4}) does not occur in the text that the vocabulary was made from");
            tokens.Add(token);
        }
        return [.. tokens];
    }

    /// <summary>The text of <paramref name="tokens"/>.</summary>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (int token in tokens) text.Append(_characters[token]);
        return text.ToString();
    }

    /// <summary>All characters, in the order of their tokens.</summary>
    public override string ToString() => string.Concat(_characters);
}
