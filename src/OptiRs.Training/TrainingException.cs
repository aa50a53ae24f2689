namespace OptiRs.Training;

/// <summary>A failure that the person who started the training can mend; its message says what is wrong and what to do.</summary>
public class TrainingException : Exception
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public TrainingException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>The text to train on is missing, empty, binary, too short, or not the one a checkpoint was made with.</summary>
public sealed class DataException : TrainingException
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public DataException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>A checkpoint or safetensors file is missing, corrupt, truncated, or does not fit the model; or it cannot be written.</summary>
public sealed class CheckpointException : TrainingException
{
    /// <summary>Creates the exception with its one-line message.</summary>
    public CheckpointException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>The loss became NaN or infinite. The weights on the device are still those from before <see cref="Step"/>.</summary>
public sealed class NonFiniteLossException : TrainingException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="step">The 1-based step whose loss is not finite.</param>
    /// <param name="parameter">The parameter that went first, or null when none could be found.</param>
    /// <param name="message">The whole one-line message.</param>
    public NonFiniteLossException(long step, string? parameter, string message) : base(message)
    {
        Step = step;
        Parameter = parameter;
    }

    /// <summary>The 1-based step whose loss is not finite.</summary>
    public long Step { get; }

    /// <summary>The name of the parameter that went first, or null when none could be found.</summary>
    public string? Parameter { get; }
}
