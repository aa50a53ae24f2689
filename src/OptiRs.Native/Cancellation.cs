namespace OptiRs.Native;

/// <summary>
/// What a token does to work of a device, which PJRT cannot take back: a call that comes after the cancellation starts
/// nothing; one that came before it stops waiting. The work goes on, and holds its memory until it is over.
/// </summary>
internal static class Cancellation
{
    /// <summary>The wait for <paramref name="work"/>, ended early by the token. Costs nothing for a token that cannot be cancelled.</summary>
    public static ValueTask OrCancelled(this ValueTask work, CancellationToken token) =>
        !token.CanBeCanceled || work.IsCompleted ? work : new ValueTask(work.AsTask().WaitAsync(token));
}
