using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OptiRs.Native;

namespace OptiRs.Training.Tests;

public sealed class SafetensorsTests
{
    private static byte[] File(string header, int dataBytes, long? claimedHeader = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, claimedHeader ?? json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    private static void Open(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("x.safetensors", bytes));
    }

    [Test]
    public void What_is_written_is_read_for_any_names_shapes_and_values()
    {
        Gen<(string, float[])> tensor =
            from name in ArbMap.Default.GeneratorFor<NonEmptyString>()
            from values in ArbMap.Default.GeneratorFor<float[]>()
            select (name.Get, values);
        Prop.ForAll(tensor.ListOf().ToArbitrary(), tensors =>
        {
            (string Name, float[] Values)[] unique = [.. tensors
                .Where(t => t.Item1 != "__metadata__" && IsText(t.Item1)).DistinctBy(t => t.Item1)];
            using var folder = new TemporaryFolder();
            string path = folder.File("x.safetensors");
            using (FileStream stream = System.IO.File.Create(path))
            {
                SafetensorsWriter.Write(stream,
                    unique.Select(t => SafetensorsEntry.From(t.Name, DType.F32, new Shape(t.Values.Length), t.Values)),
                    new Dictionary<string, string> { ["who"] = "me \"quoted\" é" });
            }
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.That(file.Metadata["who"], Is.EqualTo("me \"quoted\" é"));
            Assert.That(file.Tensors, Has.Count.EqualTo(unique.Length));
            foreach (var (name, values) in unique)
            {
                float[] read = file.Read<float>(name, DType.F32, new Shape(values.Length));
                Assert.That(read.Select(BitConverter.SingleToInt32Bits), Is.EqualTo(values.Select(BitConverter.SingleToInt32Bits)));
            }
        }).QuickCheckThrowOnFailure();
    }

    // A lone surrogate is no text: JSON cannot hold it.
    private static bool IsText(string name) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name)) == name;

    [Test]
    public void Equal_content_gives_equal_bytes_whatever_the_order()
    {
        SafetensorsEntry a = SafetensorsEntry.From<float>("a", DType.F32, new Shape(2), [1, 2]);
        SafetensorsEntry b = SafetensorsEntry.From<double>("b", DType.F64, Shape.Scalar, [3]);
        using MemoryStream first = new(), second = new();
        SafetensorsWriter.Write(first, [a, b]);
        SafetensorsWriter.Write(second, [b, a]);
        Assert.That(second.ToArray(), Is.EqualTo(first.ToArray()));
        Assert.That(BinaryPrimitives.ReadInt64LittleEndian(first.ToArray()) % 8, Is.Zero, "the data section is aligned");
    }

    [Test]
    public void The_layout_is_the_one_of_the_format()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [SafetensorsEntry.From<float>("x", DType.F32, new Shape(1, 2), [1, -2])]);
        byte[] bytes = stream.ToArray();
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.That(Encoding.UTF8.GetString(bytes, 8, header).TrimEnd(),
            Is.EqualTo("""{"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"""));
        Assert.That(bytes[(8 + header)..], Is.EqualTo(new byte[] { 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0 }));
    }

    [Test]
    public void Every_truncation_of_a_file_is_refused()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [SafetensorsEntry.From<float>("x", DType.F32, new Shape(3), [1, 2, 3])]);
        byte[] whole = stream.ToArray();
        for (int length = 0; length < whole.Length; ++length)
            Assert.That(() => Open(whole[..length]), Throws.InstanceOf<CheckpointException>(), $"{length} bytes");
        Assert.That(() => Open([.. whole, 0]), Throws.InstanceOf<CheckpointException>().With.Message.Contains("end at byte"));
    }

    [Test]
    public void A_changed_header_byte_never_does_worse_than_an_error()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, [SafetensorsEntry.From<float>("x", DType.F32, new Shape(3), [1, 2, 3])]);
        byte[] whole = stream.ToArray();
        int end = whole.Length - 12;
        for (int i = 0; i < end; ++i)
        {
            foreach (byte value in (byte[])[0, (byte)'0', (byte)'9', (byte)'"', (byte)'}', 255])
            {
                byte[] changed = [.. whole];
                changed[i] = value;
                try { Open(changed); }
                catch (CheckpointException) { }
            }
        }
    }

    [TestCase("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'x' and 'y' overlap")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "bytes 0 to 4 belong to no tensor")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "end at byte 4")]
    [TestCase("""{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype 'F31'")]
    [TestCase("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}""", 4, "needs 12 bytes")]
    [TestCase("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "no whole number")]
    [TestCase("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", 4, "more than any memory holds")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}""", 4, "holds 4 bytes of data")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "data_offsets [4, 0]")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1]}}""", 4, "lacks data_offsets")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "'shape' twice")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "appears twice")]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "unknown field 'extra'")]
    [TestCase("""{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "metadata 'a' is not a JSON string")]
    [TestCase("""[1]""", 0, "the header is not a JSON object")]
    [TestCase("""{"x":""", 0, "not valid JSON")]
    [TestCase("""{} {}""", 0, "not valid JSON")]
    public void A_header_that_breaks_the_format_is_refused_with_the_reason(string header, int dataBytes, string reason) =>
        Assert.That(() => Open(File(header, dataBytes)), Throws.InstanceOf<CheckpointException>().With.Message.Contains(reason));

    [Test]
    public void A_header_length_from_garbage_is_refused_before_memory_is_taken() =>
        Assert.That(() => Open(File("{}", 0, claimedHeader: -1)), Throws.InstanceOf<CheckpointException>().With.Message.Contains("is it a safetensors file?"));

    [Test]
    public void A_missing_file_and_mismatches_are_named()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => SafetensorsFile.Open(folder.File("none")), Throws.InstanceOf<CheckpointException>().With.Message.Contains("cannot open"));
        string path = folder.File("x");
        using (FileStream stream = System.IO.File.Create(path))
            SafetensorsWriter.Write(stream, [SafetensorsEntry.From<float>("w", DType.F32, new Shape(2, 3), new float[6])]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(() => file.Find("v", DType.F32, new Shape(2, 3)), Throws.InstanceOf<CheckpointException>().With.Message.Contains("no tensor 'v'"));
        Assert.That(() => file.Find("w", DType.F32, new Shape(3, 2)), Throws.InstanceOf<CheckpointException>().With.Message.Contains("[2,3] there, [3,2] here"));
        Assert.That(() => file.Find("w", DType.BF16, new Shape(2, 3)), Throws.InstanceOf<CheckpointException>().With.Message.Contains("F32 there, BF16 here"));
    }

    [Test]
    public void Two_tensors_of_one_name_or_of_a_wrong_size_are_not_written()
    {
        SafetensorsEntry a = SafetensorsEntry.From<float>("a", DType.F32, new Shape(2), [1, 2]);
        Assert.That(() => SafetensorsWriter.Write(Stream.Null, [a, a]), Throws.ArgumentException.With.Message.Contains("'a' is taken"));
        Assert.That(() => SafetensorsWriter.Write(Stream.Null, [a with { Shape = new Shape(3) }]), Throws.ArgumentException.With.Message.Contains("wrote 8 bytes instead of 12"));
    }
}
