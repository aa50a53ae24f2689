using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace OptiRs.Training.Tests;

public sealed class DataTests
{
    private static TextCorpus Corpus(string text, int context = 8)
    {
        using var folder = new TemporaryFolder();
        return TextCorpus.Load(folder.Write("text", text), context);
    }

    [Test]
    public void Decoding_undoes_encoding() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            Vocabulary vocabulary = Vocabulary.Of(valid);
            Assert.That(vocabulary.Decode(vocabulary.Encode(valid)), Is.EqualTo(valid));
            Assert.That(new Vocabulary(vocabulary.ToString()).Encode(valid), Is.EqualTo(vocabulary.Encode(valid)));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Characters_beyond_the_basic_plane_are_one_token_each()
    {
        Vocabulary vocabulary = Vocabulary.Of("b😀a");
        Assert.That(vocabulary.Count, Is.EqualTo(3));
        Assert.That(vocabulary.Encode("ab😀"), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(() => vocabulary.Encode("c"), Throws.InstanceOf<DataException>().With.Message.Contains("U+0063"));
        Assert.That(() => new Vocabulary("ba"), Throws.InstanceOf<DataException>().With.Message.Contains("ascending"));
    }

    [Test]
    public void Bad_files_are_refused_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => TextCorpus.Load(folder.File("none"), 8), Throws.InstanceOf<DataException>().With.Message.Contains("does not exist"));
        Assert.That(() => TextCorpus.Load(folder.Path, 8), Throws.InstanceOf<DataException>().With.Message.Contains("is a folder"));
        Assert.That(() => Corpus(""), Throws.InstanceOf<DataException>().With.Message.Contains("is empty"));
        Assert.That(() => Corpus("seventeen letters"), Throws.InstanceOf<DataException>().With.Message.Contains("needs at least 18"));
        Assert.That(() => TextCorpus.Load(folder.Write("zero", [.. "some text"u8, 0, 1]), 8),
            Throws.InstanceOf<DataException>().With.Message.Contains("byte 0x00 at offset 9"));
        Assert.That(() => TextCorpus.Load(folder.Write("latin", [.. "caf"u8, 0xe9, .. " and more text"u8]), 8),
            Throws.InstanceOf<DataException>().With.Message.Contains("byte 0xe9 at offset 3"));
    }

    [Test]
    public void The_shortest_text_that_is_accepted_has_one_window_of_each_kind()
    {
        TextCorpus corpus = Corpus("eighteen letters!!");
        Assert.That((corpus.Train.Length, corpus.Validation.Length), Is.EqualTo((9, 9)));
        Assert.That(BatchSampler.ValidationWindows(corpus), Has.Length.EqualTo(1));
    }

    [Test]
    public void Validation_windows_lie_side_by_side_in_the_last_tenth()
    {
        TextCorpus corpus = Corpus(string.Concat(Enumerable.Range(0, 1000).Select(i => (char)(0x4e00 + i))));
        int[][] windows = BatchSampler.ValidationWindows(corpus);
        Assert.That(windows, Has.Length.EqualTo(12));
        Assert.That(windows.Select(w => w[0]), Is.EqualTo(Enumerable.Range(0, 12).Select(i => 900 + 8 * i)));
        Assert.That(windows, Has.All.Length.EqualTo(9));
        Assert.That(BatchSampler.ValidationWindows(corpus, 3).Select(w => w[0]), Is.EqualTo(new[] { 900, 932, 964 }));
    }

    [Test]
    public void A_batch_depends_on_seed_and_step_only_and_never_touches_the_validation_text()
    {
        TextCorpus corpus = Corpus(string.Concat(Enumerable.Range(0, 1000).Select(i => (char)(0x4e00 + i))));
        var sampler = new BatchSampler(corpus, 4, 7);
        int[] first = new int[36], again = new int[36], other = new int[36];
        var starts = new HashSet<int>();
        for (long step = 1; step <= 2000; ++step)
        {
            sampler.Fill(step, first);
            for (int row = 0; row < 4; ++row)
            {
                Assert.That(first[(row * 9)..(row * 9 + 9)], Is.EqualTo(Enumerable.Range(first[row * 9], 9)));
                starts.Add(first[row * 9]);
            }
        }
        Assert.That((starts.Min(), starts.Max(), starts.Count), Is.EqualTo((0, 891, 892)), "every window of the training text, none beyond");
        new BatchSampler(corpus, 4, 7).Fill(2000, again);
        new BatchSampler(corpus, 4, 8).Fill(2000, other);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    [Test]
    public void The_loader_hands_out_every_step_in_order_from_any_first_step()
    {
        TextCorpus corpus = Corpus(string.Concat(Enumerable.Range(0, 300).Select(i => (char)('!' + i % 90))));
        var sampler = new BatchSampler(corpus, 3, 1);
        var expected = new int[27];
        using var loader = new BatchLoader(sampler, firstStep: 11, ahead: 2);
        for (long step = 11; step < 200; ++step)
        {
            sampler.Fill(step, expected);
            Assert.That(loader.Next().ToArray(), Is.EqualTo(expected), $"step {step}");
        }
    }

    [Test]
    public void A_loader_can_be_disposed_at_any_time()
    {
        TextCorpus corpus = Corpus(new string('a', 100));
        for (int taken = 0; taken < 8; ++taken)
        {
            var loader = new BatchLoader(new BatchSampler(corpus, 1, 1), 1, ahead: 2);
            for (int i = 0; i < taken; ++i) loader.Next();
            loader.Dispose();
            loader.Dispose();
        }
    }

    [Test]
    public void A_byte_order_mark_is_no_character() =>
        Assert.That(Corpus("\ufeff" + new string('a', 30)).Vocabulary.Count, Is.EqualTo(1));
}
