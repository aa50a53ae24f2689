using System.Text;

namespace OptiRs.Training.Tests;

public sealed class AtomicFileTests
{
    [Test]
    public void Whatever_operation_fails_the_file_is_whole_old_or_whole_new()
    {
        byte[] old = Encoding.UTF8.GetBytes(new string('o', 2500)), replacement = Encoding.UTF8.GetBytes(new string('n', 3500));
        int failures = 0;
        for (int operations = 0; ; ++operations)
        {
            using var folder = new TemporaryFolder();
            string path = folder.Write("file", old);
            var files = new FaultyFileSystem(operations);
            try { AtomicFile.Write(path, s => s.Write(replacement), files); }
            catch (CheckpointException error)
            {
                Assert.That(error.Message, Does.StartWith($"cannot write '{path}': No space left on device"));
            }
            byte[] now = File.ReadAllBytes(path);
            Assert.That(now, Is.EqualTo(old).Or.EqualTo(replacement));
            if (!files.Failed)
            {
                Assert.That(now, Is.EqualTo(replacement));
                break;
            }
            Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "nothing temporary is left");
            ++failures;
        }
        // create, three thousand bytes, fsync, rename, fsync of the folder
        Assert.That(failures, Is.EqualTo(7));
    }

    [Test]
    public void A_folder_that_is_not_there_is_said()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => AtomicFile.Write(folder.File("a/b"), _ => { }), Throws.InstanceOf<CheckpointException>().With.Message.Contains("cannot write"));
    }
}
