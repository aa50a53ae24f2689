namespace OptiRs.Training;

/// <summary>One finished step.</summary>
/// <param name="Step">The 1-based step.</param>
/// <param name="TargetSteps">The last step of the run.</param>
/// <param name="Loss">Its loss in nats per character.</param>
/// <param name="GradientNorm">The global gradient norm before clipping; NaN without clipping.</param>
/// <param name="LearningRate">Its learning rate.</param>
/// <param name="TokensPerSecond">Over the recent steps.</param>
/// <param name="Remaining">The estimated time to the last step.</param>
public readonly record struct StepReport(
    long Step, long TargetSteps, float Loss, float GradientNorm, double LearningRate, double TokensPerSecond, TimeSpan Remaining);

/// <summary>Hears what a trainer does, on the thread that trains. Every method does nothing unless overridden.</summary>
public abstract class TrainingObserver
{
    /// <summary>An observer that hears and does nothing.</summary>
    public static TrainingObserver None { get; } = new Silent();

    /// <summary>A step's metrics arrived; the device is already working on the next.</summary>
    public virtual void OnStep(in StepReport report) { }

    /// <summary>The validation loss after a step.</summary>
    public virtual void OnValidation(long step, double loss) { }

    /// <summary>A checkpoint of a step was saved.</summary>
    public virtual void OnSaved(long step, string folder) { }

    private sealed class Silent : TrainingObserver;
}
