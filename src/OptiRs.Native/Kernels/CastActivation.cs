namespace OptiRs.Native;

/// <summary>What a cast with transposition casts.</summary>
public enum CastActivation
{
    /// <summary>The operand itself.</summary>
    None = 0,

    /// <summary>GELU of it, in its tanh form.</summary>
    Gelu = 1,

    /// <summary>The operand times the derivative of that GELU at the auxiliary tensor.</summary>
    GeluBackward = 2,
}
