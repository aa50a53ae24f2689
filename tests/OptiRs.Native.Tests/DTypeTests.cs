using System.Numerics;
using System.Runtime.CompilerServices;
using OptiRs.Native.Interop;

namespace OptiRs.Native.Tests;

/// <summary>Element types are those of the C ABI, by number, name and size.</summary>
public sealed class DTypeTests
{
    [Test]
    public void NamesAndSizesAreThoseOfTheAbi()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            Assert.That(dtype.BitWidth, Is.EqualTo(optirs.optirs_dtype_bits((int)dtype)), dtype.ToString());
            Assert.That(dtype.Name, Is.EqualTo(NativeText.DTypeName((int)dtype)), dtype.ToString());
        }
    }

    [Test]
    public void EveryConstantOfTheAbiHasItsMember()
    {
        var constants = typeof(optirs)
            .GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
            .Where(f => f.Name.StartsWith("OPTIRS_DTYPE_", StringComparison.Ordinal)).ToArray();
        Assert.That(constants, Has.Length.EqualTo(Enum.GetValues<DType>().Length));
        foreach (var constant in constants)
        {
            string name = constant.Name["OPTIRS_DTYPE_".Length..];
            Assert.That((int)Enum.Parse<DType>(name, ignoreCase: true), Is.EqualTo(constant.GetRawConstantValue()), name);
        }
    }

    [Test]
    public void EveryTypeHasTheSizeOfItsDType()
    {
        Check<float>(DType.F32);
        Check<double>(DType.F64);
        Check<Half>(DType.F16);
        Check<BFloat16>(DType.BF16);
        Check<Float8E4M3>(DType.F8E4M3FN);
        Check<Float8E5M2>(DType.F8E5M2);
        Check<sbyte>(DType.S8);
        Check<short>(DType.S16);
        Check<int>(DType.S32);
        Check<long>(DType.S64);
        Check<byte>(DType.U8);
        Check<ushort>(DType.U16);
        Check<uint>(DType.U32);
        Check<ulong>(DType.U64);
        Check<bool>(DType.Pred);
        Check<Complex64>(DType.C64);
        Check<Complex>(DType.C128);
    }

    [Test]
    public void ATypeThatIsNoneIsRefusedWithTheList()
    {
        var error = Assert.Throws<NotSupportedException>(() => DType.Of<decimal>())!;
        Assert.That(error.Message, Does.Contain("Decimal").And.Contain("BFloat16"));
    }

    private static void Check<T>(DType expected) where T : unmanaged
    {
        Assert.That(DType.Of<T>(), Is.EqualTo(expected));
        Assert.That(Unsafe.SizeOf<T>(), Is.EqualTo(expected.ByteSize));
    }
}
