using System.Text;

namespace OptiRs.Training;

/// <summary>
/// Random numbers on the host, the same on every machine and in every version: xoshiro256** (Blackman and Vigna),
/// seeded through SplitMix64. Each purpose gets a stream of its own by name, so that adding one draw moves no other.
/// </summary>
/// <remarks>Any thread, one at a time.</remarks>
public sealed class HostRandom
{
    private ulong _s0, _s1, _s2, _s3;
    private double _spareNormal = double.NaN;

    /// <summary>The stream called <paramref name="name"/> under <paramref name="seed"/>.</summary>
    public HostRandom(ulong seed, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ulong state = seed;
        ulong start = Mix(ref state);
        // FNV-1a, 64 bit.
        ulong hash = 0xcbf29ce484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001b3;
        state = start ^ hash;
        (_s0, _s1, _s2, _s3) = (Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state));
    }

    /// <summary>SplitMix64: advances <paramref name="state"/> and returns 64 well-mixed bits.</summary>
    public static ulong Mix(ref ulong state)
    {
        ulong z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal, by Box and Muller's polar-free form.</summary>
    public double NextNormal()
    {
        if (!double.IsNaN(_spareNormal))
        {
            double spare = _spareNormal;
            _spareNormal = double.NaN;
            return spare;
        }
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * NextDouble());
        _spareNormal = radius * sine;
        return radius * cosine;
    }
}
