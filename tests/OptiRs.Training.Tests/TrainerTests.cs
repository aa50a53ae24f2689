using OptiRs.Native;

namespace OptiRs.Training.Tests;

/// <summary>The trainer on a text of a few hundred characters and a model of a few hundred weights.</summary>
public sealed class TrainerTests
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 20));

    private static readonly TrainingOptions Options = new()
    {
        Layers = 1, Width = 16, Heads = 2, Context = 16, Batch = 4, LearningRate = 1e-2, MinimumLearningRate = 1e-3, WarmupSteps = 5, DecaySteps = 100, Dropout = 0.1, Seed = 42,
    };

    private TemporaryFolder _folder = null!;
    private string _data = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _data = _folder.Write("text.txt", Text);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private Trainer Start(TrainingOptions? options = null) =>
        Trainer.Start(Device.Session, TextCorpus.Load(_data, (options ?? Options).Context), options ?? Options);

    private byte[] TrainAndSave(string name, int steps)
    {
        using Trainer trainer = Start();
        trainer.Run(steps);
        trainer.Save(_folder.File(name), steps);
        return Tensors(name);
    }

    private byte[] Tensors(string name)
    {
        string folder = _folder.File(name);
        return File.ReadAllBytes(Path.Combine(folder, Checkpoint.LoadInfo(folder).TensorFile));
    }

    [Test]
    public void Training_learns()
    {
        using Trainer trainer = Start(Options with { Dropout = 0 });
        Assert.That(trainer.Run(100), Is.True);
        Assert.That(trainer.Losses[0], Is.EqualTo(Math.Log(trainer.Corpus.Vocabulary.Count)).Within(0.2), "a new model knows nothing");
        Assert.That(trainer.Losses[^1], Is.LessThan(1.5f));
        Assert.That(trainer.Validation[^1].Step, Is.EqualTo(100));
        Assert.That(trainer.Validation[^1].Loss, Is.LessThan(1.5));
    }

    [Test]
    public void A_resumed_run_has_the_very_bits_of_an_uninterrupted_one()
    {
        byte[] whole = TrainAndSave("whole", 20);
        TrainAndSave("half", 10);
        using (Trainer resumed = Trainer.Resume(Device.Session, _folder.File("half")))
        {
            Assert.That(resumed.Step, Is.EqualTo(10));
            resumed.Run(20);
            resumed.Save(_folder.File("half"), 20);
        }
        Assert.That(Tensors("half"), Is.EqualTo(whole));
        Assert.That(Directory.GetFiles(_folder.File("half")), Has.Length.EqualTo(2), "the older tensors are gone");
    }

    [Test]
    public void Stopping_finishes_what_was_enqueued_and_resumes_to_the_same_bits()
    {
        byte[] whole = TrainAndSave("whole", 20);
        using var stop = new CancellationTokenSource();
        using (Trainer trainer = Start())
        {
            Assert.That(trainer.Run(20, new Stopper(7, stop), stop.Token), Is.False);
            Assert.That(trainer.Step, Is.InRange(7, 9));
            trainer.Save(_folder.File("stopped"), 20);
        }
        using (Trainer resumed = Trainer.Resume(Device.Session, _folder.File("stopped")))
        {
            resumed.Run(20);
            resumed.Save(_folder.File("stopped"), 20);
        }
        Assert.That(Tensors("stopped"), Is.EqualTo(whole));
    }

    private sealed class Stopper(long step, CancellationTokenSource source) : TrainingObserver
    {
        public override void OnStep(in StepReport report)
        {
            if (report.Step == step) source.Cancel();
        }
    }

    [Test]
    public void Bf16_trains_with_f32_weights()
    {
        using Trainer trainer = Start(Options with { Precision = Precision.Bf16, Dropout = 0 });
        trainer.Run(60);
        Assert.That(trainer.Losses[^1], Is.LessThan(2f));
        Assert.That(trainer.State.Entries().Where(e => e.Name != "optimizer.step").Select(e => e.DType), Is.All.EqualTo(DType.F32));
    }

    [Test]
    public void A_loss_that_is_not_finite_names_the_step_and_a_parameter_and_leaves_the_weights_alone()
    {
        using Trainer trainer = Start(Options with { LearningRate = 1e30, MinimumLearningRate = 1e30, WarmupSteps = 0 });
        var error = Assert.Throws<NonFiniteLossException>(() => trainer.Run(50));
        Assert.That(error!.Step, Is.EqualTo(trainer.Step + 1));
        Assert.That(error.Parameter, Is.Not.Null);
        Assert.That(trainer.Model.NamedParameters().Select(p => p.Name), Does.Contain(error.Parameter));
        Assert.That(error.Message, Does.Contain($"at step {error.Step}").And.Contains(error.Parameter).And.Contains("--lr"));
        foreach (var (name, _) in trainer.State.Layout.Parameters)
            Assert.That(trainer.State.Read(name).All(float.IsFinite), Is.True, name);
    }

    [Test]
    public void A_text_of_its_own_comes_out_of_a_trained_model()
    {
        using Trainer trainer = Start(Options with { Dropout = 0, Width = 32 });
        trainer.Run(150);
        using TextGenerator generator = trainer.CreateGenerator();
        string text = generator.Generate("the quick ", 60, new SamplingOptions { Temperature = 0 });
        Assert.That(text, Does.StartWith("the quick brown fox"));
        var options = new SamplingOptions { Seed = 3 };
        string once = generator.Generate("the ", 40, options);
        Assert.That(generator.Generate("the ", 40, options), Is.EqualTo(once));
        Assert.That(() => generator.Generate("", 1), Throws.InstanceOf<DataException>());
        Assert.That(() => generator.Generate("THE", 1), Throws.InstanceOf<DataException>().With.Message.Contains("'T'"));
    }

    [Test]
    public void A_full_disk_keeps_the_previous_checkpoint()
    {
        string folder = _folder.File("run");
        using Trainer trainer = Start();
        trainer.Run(3);
        trainer.Save(folder, 10);
        byte[] before = Tensors("run");
        trainer.Run(5);
        for (int operations = 0; ; ++operations)
        {
            var files = new FaultyFileSystem(operations);
            try { trainer.Save(folder, 10, files: files); }
            catch (CheckpointException error) { Assert.That(error.Message, Does.Contain("No space left")); }
            if (!files.Failed) break;
            CheckpointInfo info = Checkpoint.LoadInfo(folder);
            Assert.That(info.Step, Is.EqualTo(3).Or.EqualTo(5));
            if (info.Step == 3) Assert.That(Tensors("run"), Is.EqualTo(before));
            using Trainer resumed = Trainer.Resume(Device.Session, folder);
            Assert.That(resumed.Step, Is.EqualTo(info.Step));
            if (info.Step == 5) break;
        }
    }

    [Test]
    public void A_checkpoint_that_does_not_fit_is_refused_with_the_reason()
    {
        TrainAndSave("run", 2);
        string folder = _folder.File("run"), json = Path.Combine(folder, Checkpoint.InfoFile), original = File.ReadAllText(json);
        void Refuses<TException>(string reason) where TException : TrainingException =>
            Assert.That(() => Trainer.Resume(Device.Session, folder).Dispose(), Throws.InstanceOf<TException>().With.Message.Contains(reason));

        File.WriteAllText(json, original.Replace("\"width\": 16", "\"width\": 18", StringComparison.Ordinal));
        Refuses<CheckpointException>("has the shape");
        File.WriteAllText(json, original.Replace("\"layers\": 1", "\"layers\": 2", StringComparison.Ordinal));
        Refuses<CheckpointException>("no tensor 'blocks.1.norm1.weight'");
        File.WriteAllText(json, original[..^20]);
        Refuses<CheckpointException>("is corrupt");
        File.WriteAllText(json, original.Replace("checkpoint/1", "checkpoint/9", StringComparison.Ordinal));
        Refuses<CheckpointException>("checkpoint/9");
        File.WriteAllText(json, original);

        string tensors = Path.Combine(folder, Checkpoint.LoadInfo(folder).TensorFile);
        byte[] bytes = File.ReadAllBytes(tensors);
        File.WriteAllBytes(tensors, bytes[..(bytes.Length / 2)]);
        Refuses<CheckpointException>("is corrupt");
        File.Delete(tensors);
        Refuses<CheckpointException>("cannot open");
        File.WriteAllBytes(tensors, bytes);

        File.WriteAllText(_data, Text + "!");
        Refuses<DataException>("is not the text that the checkpoint");
        File.Delete(_data);
        Refuses<DataException>("does not exist");
        Assert.That(() => Checkpoint.LoadInfo(_folder.File("nowhere")), Throws.InstanceOf<CheckpointException>().With.Message.Contains("no checkpoint folder"));
        Assert.That(() => Checkpoint.LoadInfo(_folder.Path), Throws.InstanceOf<CheckpointException>().With.Message.Contains("has no checkpoint.json"));
    }

    [Test]
    public void A_tensor_of_another_dtype_is_refused()
    {
        TrainAndSave("run", 1);
        string folder = _folder.File("run");
        CheckpointInfo info = Checkpoint.LoadInfo(folder);
        string path = Path.Combine(folder, info.TensorFile);
        var entries = new List<SafetensorsEntry>();
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            foreach (var (name, tensor) in file.Tensors)
                entries.Add(name == "head.weight"
                    ? SafetensorsEntry.From(name, DType.F64, tensor.Shape, new double[tensor.Shape.ElementCount])
                    : tensor.DType == DType.S32 ? SafetensorsEntry.From(name, DType.S32, tensor.Shape, file.Read<int>(name, DType.S32, tensor.Shape))
                    : SafetensorsEntry.From(name, DType.F32, tensor.Shape, file.Read<float>(name, DType.F32, tensor.Shape)));
        }
        AtomicFile.Write(path, stream => SafetensorsWriter.Write(stream, entries));
        Assert.That(() => Trainer.Resume(Device.Session, folder).Dispose(),
            Throws.InstanceOf<CheckpointException>().With.Message.Contains("'head.weight' is F64 there, F32 here"));
    }

    [Test]
    public void The_hot_path_allocates_nothing()
    {
        TextCorpus corpus = TextCorpus.Load(_data, Options.Context);
        using Trainer trainer = Trainer.Start(Device.Session, corpus, Options, evaluateEvery: int.MaxValue);
        trainer.Run(50);
        var meter = new AllocationMeter(firstStep: 60, lastStep: 190);
        trainer.Run(200, meter);
        Assert.That(meter.Bytes, Is.Zero, "managed bytes on the training thread over 130 steps");
    }

    private sealed class AllocationMeter(long firstStep, long lastStep) : TrainingObserver
    {
        private long _start;
        public long Bytes { get; private set; } = -1;

        public override void OnStep(in StepReport report)
        {
            if (report.Step == firstStep) _start = GC.GetAllocatedBytesForCurrentThread();
            if (report.Step == lastStep) Bytes = GC.GetAllocatedBytesForCurrentThread() - _start;
        }
    }

    [TestCase("heads", "--heads 3 does not divide --width 16")]
    [TestCase("lr", "--lr is -1; it must be above 0")]
    [TestCase("context", "--context is 0; it must be 1 or more")]
    public void An_option_out_of_range_is_named_with_its_range(string option, string message)
    {
        TrainingOptions options = option switch
        {
            "heads" => Options with { Heads = 3 },
            "lr" => Options with { LearningRate = -1 },
            _ => Options with { Context = 0 },
        };
        Assert.That(options.Validate, Throws.InstanceOf<TrainingException>().With.Message.Contains(message));
    }
}
