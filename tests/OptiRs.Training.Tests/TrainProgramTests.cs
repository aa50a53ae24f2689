using OptiRs.Native;
using OptiRs.Xla;

namespace OptiRs.Training.Tests;

/// <summary>Train steps of a model that is no language model: batches of any element type, and weights for another optimizer.</summary>
public sealed class TrainProgramTests
{
    private const int Rows = 16;

    // A row is three inputs and what is to be predicted from them: 2a + b + 3c.
    private static readonly Shape BatchShape = new(Rows, 4);
    private static readonly float[] Weights = [2, 1, 3];

    private static T[] Batch<T>(ulong step, Func<int, T> element)
    {
        var random = new HostRandom(step, "batch");
        int[][] rows = [.. Enumerable.Range(0, Rows).Select(_ => Enumerable.Range(0, 3).Select(_ => (int)(random.NextUInt64() % 5)).ToArray())];
        return [.. rows.SelectMany(x => (int[])[.. x, 2 * x[0] + x[1] + 3 * x[2]]).Select(element)];
    }

    private static Func<ForwardContext, Value, Value> SquaredError(Linear model) => (context, batch) =>
    {
        Value rows = Op.Convert(batch, DType.F32);
        Value error = model.Forward(context, Op.SliceAxis(rows, 1, 0, 3)) - Op.SliceAxis(rows, 1, 3, 4);
        return error * error;
    };

    private static float[] Fit<T>(Func<int, T> element, double learningRate) where T : unmanaged
    {
        var model = new Linear(3, 1, bias: false);
        using TrainingState state = TrainingState.Create(Device.Session, model, new Sgd(), seed: 1);
        using var program = new TrainProgram(Device.Session, state, BatchShape, SquaredError(model), new StepOptions(), DType.Of<T>());
        for (ulong step = 1; step <= 200; ++step)
        {
            program.Run<T>(Batch(step, element), learningRate);
            program.Read();
        }
        return state.Read("weight");
    }

    [Test]
    public void A_model_is_fitted_to_floats() => Assert.That(Fit(x => x / 4f, 0.5), Is.EqualTo(Weights).Within(1e-4));

    [Test]
    public void A_model_is_fitted_to_bytes() => Assert.That(Fit(x => (byte)x, 0.03), Is.EqualTo(Weights).Within(1e-4));

    [Test]
    public void A_model_is_fitted_to_longs() => Assert.That(Fit(x => (long)x, 0.03), Is.EqualTo(Weights).Within(1e-4));

    [Test]
    public void A_batch_of_another_type_is_refused()
    {
        var model = new Linear(3, 1);
        using TrainingState state = TrainingState.Create(Device.Session, model, new Sgd(), seed: 1);
        using var program = new TrainProgram(Device.Session, state, BatchShape, SquaredError(model), new StepOptions(), DType.F32);
        Assert.That(() => program.Run<int>(new int[64], 0.1), Throws.ArgumentException.With.Message.Contains("i32 elements into a buffer f32[16,4]"));
        Assert.That(() => program.Run<float>(new float[60], 0.1), Throws.ArgumentException.With.Message.Contains("60 elements for f32[16,4]"));
    }

    [Test]
    public void Parameters_alone_are_loaded_for_another_optimizer()
    {
        var model = new Linear(3, 1);
        using var folder = new TemporaryFolder();
        string path = folder.File("weights.safetensors");
        using TrainingState trained = TrainingState.Create(Device.Session, model, new Adam(), seed: 1);
        Step(trained);
        using (FileStream stream = File.Create(path)) SafetensorsWriter.Write(stream, trained.Entries());
        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.That(() => TrainingState.Load(Device.Session, model, new Sgd(0.9), file), Throws.InstanceOf<CheckpointException>());
        using TrainingState loaded = TrainingState.LoadParameters(Device.Session, model, new Sgd(0.9), file);
        foreach (string name in (string[])["weight", "bias"]) Assert.That(loaded.Read(name), Is.EqualTo(trained.Read(name)), name);
        Assert.That(loaded.InitialStep, Is.Zero);
        Step(loaded);
        Assert.That(loaded.Read("weight"), Is.Not.EqualTo(trained.Read("weight")), "it goes on from there");

        Assert.That(() => TrainingState.LoadParameters(Device.Session, new Linear(3, 1, bias: false), new Sgd(), file),
            Throws.InstanceOf<CheckpointException>().With.Message.Contains("'bias', which the model has not"));
        Assert.That(() => TrainingState.LoadParameters(Device.Session, new Linear(2, 1), new Sgd(), file),
            Throws.InstanceOf<CheckpointException>().With.Message.Contains("[1,3] there, [1,2] here"));

        void Step(TrainingState state)
        {
            using var program = new TrainProgram(Device.Session, state, BatchShape, SquaredError(model), new StepOptions(), DType.F32);
            program.Run<float>(Batch(1, x => x / 4f), 0.01);
            program.Read();
        }
    }
}
