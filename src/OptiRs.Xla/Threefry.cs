namespace OptiRs.Xla;

/// <summary>
/// Threefry-2x32 with 20 rounds, of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), in graph
/// operations on u32: a keyed bijection of counters, and so the same bits on every device.
/// </summary>
internal static class Threefry
{
    // The constant that makes the third key word from the first two, and the rotation of each round (every other group of four).
    private const long Parity = 0x1BD11BDA;

    private static readonly int[][] Rotations = [[13, 15, 26, 6], [17, 29, 16, 24]];

    /// <summary>Encrypts the counter (x0, x1) under the key (k0, k1): u32 of one shape each, the keys scalars or of that shape.</summary>
    public static (Value First, Value Second) Hash(Value k0, Value k1, Value x0, Value x1)
    {
        Value[] keys = [k0, k1, k0 ^ k1 ^ Op.ConstantLike(k0, Parity, SourceLocation.OfOperator())];
        x0 += keys[0];
        x1 += keys[1];
        for (int group = 0; group < 5; group++)
        {
            foreach (int rotation in Rotations[group % 2])
            {
                x0 += x1;
                x1 = ((x1 << rotation) | (x1 >> (32 - rotation))) ^ x0;
            }
            x0 += keys[(group + 1) % 3];
            x1 = x1 + keys[(group + 2) % 3] + (group + 1L);
        }
        return (x0, x1);
    }
}
