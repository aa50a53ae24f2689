namespace OptiRs.Xla.Tests;

/// <summary>What needs no device of calls: signatures, their explanations, and how devices are written.</summary>
[TestFixture]
internal sealed class SignatureTests
{
    private static CallSignature Of(params (DType, Shape)[] types) => CallSignature.Of(types);

    [Test]
    public void ExplainsWhatChanged()
    {
        CallSignature first = Of((DType.F32, new Shape(2)), (DType.S32, Shape.Scalar), (DType.F32, new Shape(8, 128)));
        CallSignature second = Of((DType.F32, new Shape(2)), (DType.S32, Shape.Scalar), (DType.F32, new Shape(7, 128)));
        Assert.That(CallSignature.Explain([first], second), Is.EqualTo("argument 2 changed from f32[8,128] to f32[7,128]"));
    }

    [Test]
    public void ComparesWithTheMostSimilarProgram()
    {
        CallSignature far = Of((DType.F64, new Shape(1)), (DType.F64, new Shape(1)));
        CallSignature near = Of((DType.F32, new Shape(5)), (DType.BF16, new Shape(3)));
        CallSignature next = Of((DType.F32, new Shape(5)), (DType.F32, new Shape(3)));
        Assert.That(CallSignature.Explain([far, near], next), Is.EqualTo("argument 1 changed from bf16[3] to f32[3]"));
    }

    [Test]
    public void ExplainsAnotherNumberOfArguments() =>
        Assert.That(CallSignature.Explain([Of()], Of((DType.F32, Shape.Scalar))), Is.EqualTo("the number of arguments changed from 0 to 1"));

    [TestCase(null, null, 0)]
    [TestCase("", null, 0)]
    [TestCase("cpu", "cpu", 0)]
    [TestCase("cpu:1", "cpu", 1)]
    [TestCase(":2", null, 2)]
    [TestCase("/opt/plug:in/lib.so", "/opt/plug:in/lib.so", 0)]
    [TestCase("/opt/lib.so:3", "/opt/lib.so", 3)]
    public void ReadsDevices(string? text, string? plugin, int ordinal) =>
        Assert.That(DeviceSelector.Parse(text), Is.EqualTo(new DeviceSelector(plugin, ordinal)));

    [Test]
    public void RefusesDevicesWithoutANumber() =>
        Assert.That(() => DeviceSelector.Parse("cpu:x"), Throws.ArgumentException.With.Message.Contains("'x' is no device number").And.Message.Contains("'cpu:0'"));
}
