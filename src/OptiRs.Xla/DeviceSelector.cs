using System.Globalization;

namespace OptiRs.Xla;

/// <summary>A device as users write it: <c>cpu</c>, <c>cpu:1</c>, <c>tpu:0</c>, the path of a plugin, or nothing for the best found.</summary>
internal readonly record struct DeviceSelector(string? Plugin, int Ordinal)
{
    /// <exception cref="ArgumentException">The text after the colon is no device number.</exception>
    public static DeviceSelector Parse(string? device)
    {
        if (string.IsNullOrWhiteSpace(device))
            return new(null, 0);
        int colon = device.LastIndexOf(':');
        // A colon in a directory's name is part of the path.
        if (colon < 0 || device.IndexOf('/', colon) >= 0)
            return new(device, 0);
        if (!int.TryParse(device.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            throw new ArgumentException($"Device '{device}': '{device[(colon + 1)..]}' is no device number; write for example '{device[..colon]}:0'.", nameof(device));
        return new(colon == 0 ? null : device[..colon], ordinal);
    }
}
