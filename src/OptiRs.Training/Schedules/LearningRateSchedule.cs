namespace OptiRs.Training;

/// <summary>The learning rate of every step, as a pure function of the step's number: a resumed run needs no other state.</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The learning rate of the 1-based <paramref name="step"/>.</summary>
    public abstract double At(long step);
}

/// <summary>The same learning rate at every step.</summary>
/// <param name="learningRate">The learning rate, 0 or more.</param>
public sealed class ConstantSchedule(double learningRate) : LearningRateSchedule
{
    private readonly double _learningRate = Hyperparameter.NonNegative(learningRate, nameof(learningRate));

    /// <inheritdoc/>
    public override double At(long step) => _learningRate;
}

/// <summary>
/// Linear warm-up, then half a cosine down to the minimum, where it stays.
/// <code>
/// step ≤ W:  peak · step / W
/// step > W:  min + ½ (peak − min) (1 + cos(π · (min(step, T) − W) / (T − W)))
/// </code>
/// </summary>
/// <remarks>Unlike OptiRS's <c>LinearWarmupDecay</c> it reaches the minimum at step T and never rises again (docs/optimizers.md).</remarks>
public sealed class CosineSchedule : LearningRateSchedule
{
    private readonly double _peak, _minimum;
    private readonly long _warmupSteps, _totalSteps;

    /// <summary>Creates the schedule.</summary>
    /// <param name="peak">The highest learning rate, reached at the end of the warm-up; 0 or more.</param>
    /// <param name="minimum">The learning rate from <paramref name="totalSteps"/> on, from 0 to the peak.</param>
    /// <param name="warmupSteps">W, 0 or more.</param>
    /// <param name="totalSteps">T, at least W.</param>
    public CosineSchedule(double peak, double minimum, long warmupSteps, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, warmupSteps);
        (_peak, _minimum, _warmupSteps, _totalSteps) = (Hyperparameter.NonNegative(peak, nameof(peak)), Hyperparameter.NonNegative(minimum, nameof(minimum)), warmupSteps, totalSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minimum, peak);
    }

    /// <inheritdoc/>
    public override double At(long step)
    {
        if (step <= _warmupSteps) return _warmupSteps == 0 ? _peak : _peak * step / _warmupSteps;
        if (step >= _totalSteps) return _minimum;
        double progress = (double)(step - _warmupSteps) / (_totalSteps - _warmupSteps);
        return _minimum + 0.5 * (_peak - _minimum) * (1 + Math.Cos(Math.PI * progress));
    }
}
