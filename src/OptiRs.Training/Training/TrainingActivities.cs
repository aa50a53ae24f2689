using System.Diagnostics;

namespace OptiRs.Training;

/// <summary>
/// What a training run tells listeners of activities: <c>optirs.train.enqueue</c> and <c>optirs.train.read</c> of each step
/// (handing it to the device, and waiting for its figures), <c>optirs.train.evaluate</c>, <c>optirs.train.save</c>; all with
/// the tag <c>optirs.step</c>. Without a listener it costs some nanoseconds, and allocates nothing.
/// </summary>
public static class TrainingActivities
{
    /// <summary>Name of the activity source.</summary>
    public const string SourceName = "OptiRs.Training";

    private static readonly ActivitySource Source = new(SourceName);

    internal static Activity? Start(string name, long step)
    {
        Activity? activity = Source.StartActivity(name);
        activity?.SetTag("optirs.step", step);
        return activity;
    }
}
