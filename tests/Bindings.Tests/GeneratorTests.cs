using OptiRs.Bindings.Generator;
using OptiRs.Tests;

namespace Bindings.Tests;

/// <summary>The generator maps what it knows, and refuses, with the place, what it does not.</summary>
public sealed class GeneratorTests
{
    [TestCase("void optirs_f(long x);", "optirs_f(x)", "'long'")]
    [TestCase("void optirs_f(_Bool x);", "optirs_f(x)", "'bool'")]
    [TestCase("void optirs_f(long double* x);", "optirs_f(x)", "'long double'")]
    [TestCase("struct optirs_s { unsigned x : 3; };", "optirs_s.x", "bit-field")]
    [TestCase("struct optirs_s { struct { int32_t a; } b; };", "optirs_s", "declared within")]
    [TestCase("void optirs_f(int32_t count, ...);", "optirs_f", "variadic")]
    [TestCase("void optirs_f(int32_t);", "optirs_f", "has no name")]
    [TestCase("/** @fallible */ int32_t optirs_f(void);", "optirs_f", "@fallible")]
    [TestCase("typedef struct optirs_o optirs_o; void optirs_f(optirs_o** out_o);", "optirs_f(out_o)", "@owned or @borrowed")]
    [TestCase("/** @param y nothing @size_of{z} */ void optirs_f(int32_t y);", "optirs_f", "'z'")]
    public void WhatHasNoMappingIsAnError(string declaration, string place, string cause)
    {
        var error = Assert.Throws<GeneratorException>(() => Generate(declaration))!;
        Assert.That(error.Message, Does.Contain(place).And.Contain(cause));
    }

    [Test]
    public void AFunctionGetsASafeAndARawForm()
    {
        string text = Generate(
            """
            typedef struct optirs_error optirs_error;
            typedef struct optirs_thing optirs_thing;
            void optirs_thing_release(optirs_thing* thing);
            /** Makes one. @fallible
             * @param name UTF-8
             * @param name_size @size_of{name}
             * @param out_thing @owned */
            optirs_error* optirs_thing_create(const char* name, uint64_t name_size, optirs_thing** out_thing);
            """);
        Assert.That(text, Does.Contain(
            "Checked optirs_thing_create(ReadOnlySpan<byte> name, ulong name_size, out ThingHandle out_thing);"));
        Assert.That(text, Does.Contain(
            "optirs_error* optirs_thing_create_raw(byte* name, ulong name_size, optirs_thing** out_thing);"));
        Assert.That(text, Does.Contain("class ThingHandle() : NativeHandle(\"optirs_thing\")"));
        Assert.That(text, Does.Contain("/// <summary>Makes one.</summary>"));
    }

    [Test]
    public void AKernelTakesItsTensorsAsViews()
    {
        string text = Generate(
            """
            typedef struct optirs_error optirs_error;
            typedef struct optirs_stream optirs_stream;
            typedef struct optirs_dl_tensor { int32_t ndim; } optirs_dl_tensor;
            typedef struct optirs_sum_args {
                size_t struct_size; void* workspace; uint64_t workspace_size;
                const optirs_dl_tensor* out;
                double scale;
                const optirs_dl_tensor* terms; /**< @list Some. */
            } optirs_sum_args;
            /** Adds up. @workspace @fallible */
            optirs_error* optirs_sum(optirs_stream* stream, const optirs_sum_args* args);
            """,
            "Kernels.g.cs");
        Assert.That(text, Does.Contain(
            "void optirs_sum(optirs_sum_args args, StreamHandle? stream, TensorListHandle terms, in TensorView @out = default, Span<byte> workspace = default)"));
        Assert.That(text, Does.Contain("args.@out = @out.Describe(out_data, &out_native);"));
        Assert.That(text, Does.Contain("args.terms = terms.Tensors;"));
        Assert.That(text, Does.Contain("long optirs_sum_workspace(optirs_sum_args args, TensorListHandle terms, in TensorView @out = default)"));
        Assert.That(text, Does.Contain("optirs_kernel_workspace_raw(OPTIRS_KERNEL_SUM, &args, &bytes)"));
        Assert.That(text, Does.Contain("using var queue = new KernelQueue(stream, OPTIRS_KERNEL_SUM, &args);"));
    }

    [Test]
    public void StructsEnumsMacrosAndCallbacksAreMapped()
    {
        string text = Generate(
            """
            #define OPTIRS_LIMIT 64
            #define OPTIRS_MASK 0xFFFFFFFFu
            enum { OPTIRS_A = 3, OPTIRS_B };
            typedef int32_t optirs_kind;
            typedef void (*optirs_done)(int32_t code, void* context);
            struct optirs_s { optirs_kind kind; uint8_t reserved[4]; optirs_done done; const char* text; };
            """);
        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain("const int OPTIRS_LIMIT = 64;"));
            Assert.That(text, Does.Contain("const uint OPTIRS_MASK = 0xFFFFFFFF;"));
            Assert.That(text, Does.Contain("const int OPTIRS_B = 4;"));
            Assert.That(text, Does.Contain("public fixed byte reserved[4];"));
            Assert.That(text, Does.Contain("public delegate* unmanaged[Cdecl]<int, void*, void> done;"));
            Assert.That(text, Does.Contain("public byte* text;"));
        });
    }

    [Test]
    public void TheOutputIsTheSameEveryTime()
    {
        const string Declarations = "typedef struct optirs_o optirs_o; int32_t optirs_f(const optirs_o* o);";
        string first = Generate(Declarations);
        Assert.That(Generate(Declarations), Is.EqualTo(first));
    }

    private static string Generate(string declarations, string file = "Optirs.g.cs")
    {
        Tool.Run("clang-19", "--version");
        using var folder = new TemporaryFolder();
        string header = Path.Combine(folder.Path, Generation.Header);
        Directory.CreateDirectory(Path.GetDirectoryName(header)!);
        File.WriteAllText(header, "#include <stddef.h>\n#include <stdint.h>\n" + declarations + "\n");
        using var log = new StringWriter();
        Generation.Run(folder.Path, folder.Path, "clang-19", log);
        return File.ReadAllText(Path.Combine(folder.Path, "bindings", "Generated", file));
    }
}
