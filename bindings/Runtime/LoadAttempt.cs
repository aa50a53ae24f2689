namespace OptiRs.Native;

/// <summary>One place where the native library was looked for.</summary>
/// <param name="Source">Why this place, for instance <c>OPTIRS_NATIVE_PATH</c>.</param>
/// <param name="Path">The file.</param>
/// <param name="Outcome">What came of it, in the words of the system's loader where it refused.</param>
public sealed record LoadAttempt(string Source, string Path, string Outcome);
