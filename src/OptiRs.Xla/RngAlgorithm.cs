namespace OptiRs.Xla;

/// <summary>The algorithms of <see cref="Op.RngBitGenerator"/>.</summary>
public enum RngAlgorithm
{
    /// <summary>The device's choice: its bits differ between devices and versions.</summary>
    Default,

    /// <summary>Threefry-2x32; the state is u64[2].</summary>
    ThreeFry,

    /// <summary>Philox-4x32; the state is u64[2] or u64[3].</summary>
    Philox,
}
