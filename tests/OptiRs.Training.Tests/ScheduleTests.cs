using FsCheck;
using FsCheck.Fluent;

namespace OptiRs.Training.Tests;

public sealed class ScheduleTests
{
    [Test]
    public void Warm_up_is_linear_and_the_cosine_ends_at_the_minimum_and_stays_there()
    {
        var schedule = new CosineSchedule(peak: 1, minimum: 0.1, warmupSteps: 10, totalSteps: 110);
        Assert.That(schedule.At(1), Is.EqualTo(0.1).Within(1e-15));
        Assert.That(schedule.At(10), Is.EqualTo(1));
        Assert.That(schedule.At(60), Is.EqualTo(0.55).Within(1e-15));
        Assert.That(schedule.At(110), Is.EqualTo(0.1));
        Assert.That(schedule.At(111), Is.EqualTo(0.1), "OptiRS rises again here");
    }

    [Test]
    public void It_never_leaves_its_range_and_falls_after_the_warm_up() =>
        Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<NonNegativeInt>(), (decay, warmup) =>
        {
            var schedule = new CosineSchedule(3, 0.5, warmup.Get, warmup.Get + decay.Get);
            double previous = double.PositiveInfinity;
            for (long step = Math.Max(1, warmup.Get); step <= warmup.Get + decay.Get + 5; ++step)
            {
                double rate = schedule.At(step);
                Assert.That(rate, Is.InRange(0.5, 3.0).And.LessThanOrEqualTo(previous));
                previous = rate;
            }
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Without_warm_up_the_first_step_is_already_on_the_cosine() =>
        Assert.That(new CosineSchedule(1, 0, 0, 2).At(1), Is.EqualTo(0.5).Within(1e-15));

    [Test]
    public void Rates_that_are_none_are_refused()
    {
        Assert.That(new CosineSchedule(1, 0, 0, 2).At(0), Is.EqualTo(1));
        Assert.That(() => new CosineSchedule(double.NaN, 0, 0, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CosineSchedule(1, 2, 0, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ConstantSchedule(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
