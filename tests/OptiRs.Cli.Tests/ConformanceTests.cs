using System.Text.Json;
using OptiRs.Tests;

namespace OptiRs.Cli.Tests;

/// <summary><c>optirs conformance</c>, on programs written here and on a part of the StableHLO project's own.</summary>
public sealed class ConformanceTests : CliTest
{
    private const string Sum = """
        func.func @sum() {
          %x = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
          %y = stablehlo.add %x, %x : tensor<2xf32>
          check.expect_eq_const %y, dense<[2.0, EXPECTED]> : tensor<2xf32>
          func.return
        }
        """;

    [Test]
    public void Programs_pass_fail_and_are_skipped_with_reasons()
    {
        Write("good.mlir", "// RUN: stablehlo-translate --interpret %s\n" + Sum.Replace("EXPECTED", "4.0"));
        Write("bad.mlir", Sum.Replace("EXPECTED", "5.0"));
        Write("off.mlir", "// RUN-DISABLED(too slow): stablehlo-translate --interpret %s\n" + Sum);
        CliResult result = Run("conformance", ".");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Lines, Is.EqualTo((string[])
        [
            result.Lines[0],
            "skipped  off.mlir: disabled upstream: too slow",
            "1 passed, 1 failed, 1 skipped",
        ]));
        Assert.That(result.Lines[0], Does.StartWith("FAILED  bad.mlir: ").And.Contains("check.expect_eq_const at line 4")
            .And.Contains("1 of 2 elements differ; element [1] is 4.0, expected 5.0"));
    }

    [Test]
    public void Parts_and_functions_are_programs_of_their_own()
    {
        string two = Sum.Replace("EXPECTED", "4.0") + "\n" + Sum.Replace("@sum", "@other").Replace("EXPECTED", "3.0");
        Write("many.mlir", "// nothing but a comment\n\n// -----\n" + two + "\n// -----\n" + Sum.Replace("EXPECTED", "4.0"));
        CliResult result = Run("conformance", "many.mlir", "--verbose");
        Assert.That(result.Lines, Has.Length.EqualTo(4));
        Assert.That(result.Lines[0], Does.StartWith("passed  many.mlir part 1 @sum ("));
        Assert.That(result.Lines[1], Does.StartWith("FAILED  many.mlir part 1 @other: "));
        Assert.That(result.Lines[2], Does.StartWith("passed  many.mlir part 2 ("));
        Assert.That(result.Lines[3], Is.EqualTo("2 passed, 1 failed, 0 skipped"));
    }

    [TestCase("[3, 3]", true)]
    [TestCase("[3, 4]", false)]
    public void Arguments_are_passed_and_results_compared(string expected, bool passes)
    {
        Write("arguments.mlir", $$"""
            // RUN: stablehlo-translate %s --interpret --args="[dense<1> : tensor<2xi32>, dense<[2, 2]> : tensor<2xi32>]" | FileCheck %s
            func.func @main(%a: tensor<2xi32>, %b: tensor<2xi32>) -> tensor<2xi32> {
              %0 = stablehlo.add %a, %b : tensor<2xi32>
              return %0 : tensor<2xi32>
            }
            // CHECK:      tensor<2xi32> {
            // CHECK-NEXT:   {{expected}}
            // CHECK-NEXT: }
            """);
        CliResult result = Run("conformance", ".");
        Assert.That(result.ExitCode, Is.EqualTo(passes ? 0 : 1), result.Output);
    }

    [TestCase("[3.000000e+00, 4.000000e+00]", true)]
    [TestCase("[3.000000e+00, 5.000000e+00]", false)]
    public void What_a_program_prints_is_compared(string expected, bool passes)
    {
        Write("print.mlir", $$"""
            // RUN: stablehlo-translate --interpret %s | FileCheck %s
            func.func @print() {
              %x = stablehlo.constant dense<[1.5, 2.0]> : tensor<2xf16>
              // CHECK: %cst = tensor<2xf16> {
              // CHECK-NEXT: [1.500000e+00, 2.000000e+00]
              interpreter.print %x : tensor<2xf16>
              %y = stablehlo.add %x, %x : tensor<2xf16>
              // CHECK: %0 = tensor<2xf16> {
              // CHECK-NEXT: {{expected}}
              // CHECK-NEXT: }
              interpreter.print %y : tensor<2xf16>
              func.return
            }
            """);
        CliResult result = Run("conformance", ".");
        Assert.That(result.ExitCode, Is.EqualTo(passes ? 0 : 1), result.Output);
    }

    [TestCase("mhlo.num_replicas = 2 : i32, mhlo.num_partitions = 1 : i32", "replica_id", "")]
    [TestCase("mhlo.num_partitions = 2 : i32", "partition_id", ", channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, use_global_device_ids")]
    public void Modules_for_several_devices_run_on_them(string counts, string id, string attributes)
    {
        Write("two.mlir", $$"""
            module attributes { {{counts}} } {
              func.func @main() {
                %id = stablehlo.{{id}} : tensor<ui32>
                %sum = "stablehlo.all_reduce"(%id) ({
                ^bb0(%a: tensor<ui32>, %b: tensor<ui32>):
                  %s = stablehlo.add %a, %b : tensor<ui32>
                  stablehlo.return %s : tensor<ui32>
                }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>{{attributes}}} : (tensor<ui32>) -> tensor<ui32>
                check.expect_eq_const %sum, dense<1> : tensor<ui32>
                return
              }
            }
            """);
        Assert.That(Run("conformance", "two.mlir", "--devices", "2").Lines, Is.EqualTo((string[])["1 passed, 0 failed, 0 skipped"]));
        Assert.That(Run("conformance", "two.mlir", "--devices", "1").Lines[0],
            Is.EqualTo("skipped  two.mlir: is for 2 devices, of which the plugin has 1: see --devices"));
    }

    [Test]
    public void Functions_in_an_old_generic_form_are_found()
    {
        Write("generic.mlir", """
            "builtin.module"() ({
              "func.func"() ({
                %0 = "stablehlo.constant"() {value = dense<1> : tensor<i32>} : () -> tensor<i32>
                "check.expect_eq_const"(%0) {value = dense<2> : tensor<i32>} : (tensor<i32>) -> ()
                "func.return"() : () -> ()
              }) {function_type = () -> (), sym_name = "main"} : () -> ()
            }) : () -> ()
            """);
        Write("garbage.mlir", "no program");
        CliResult result = Run("conformance", ".");
        Assert.That(result.Lines[^1], Is.EqualTo("0 passed, 2 failed, 0 skipped"));
        Assert.That(result.Lines[0], Does.StartWith("FAILED  garbage.mlir: ").And.Contains("line 1"));
        Assert.That(result.Lines[1], Does.StartWith("FAILED  generic.mlir: ").And.Contains("expected 2"));
    }

    [Test]
    public void A_program_that_should_be_refused_has_to_be()
    {
        Write("refused.mlir", "// expected-error@+1 {{shapes}}\nfunc.func @main(%x: tensor<2xf32>) -> tensor<3xf32> {\n  return %x : tensor<2xf32>\n}");
        Write("accepted.mlir", "// expected-error@+1 {{shapes}}\nfunc.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n  return %x : tensor<2xf32>\n}");
        CliResult result = Run("conformance", ".");
        Assert.That(result.Lines, Is.EqualTo((string[])
        [
            "FAILED  accepted.mlir: was accepted, and should have been refused", "1 passed, 1 failed, 0 skipped",
        ]));
    }

    [Test]
    public void Json_has_an_object_for_each_program_and_a_summary()
    {
        Write("good.mlir", Sum.Replace("EXPECTED", "4.0"));
        Write("bad.mlir", Sum.Replace("EXPECTED", "5.0"));
        string[] lines = Run("conformance", ".", "--json").Lines;
        Assert.That(lines, Has.Length.EqualTo(3));
        using JsonDocument bad = JsonDocument.Parse(lines[0]), summary = JsonDocument.Parse(lines[2]);
        Assert.That(bad.RootElement.GetProperty("outcome").GetString(), Is.EqualTo("failed"));
        Assert.That(bad.RootElement.GetProperty("reason").GetString(), Does.Contain("expected 5.0"));
        Assert.That(summary.RootElement.GetProperty("passed").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void A_folder_without_programs_is_an_error() =>
        Assert.That(Run("conformance", ".", "--filter", "nothing").Error, Does.StartWith("error: no test program in '.'"));

    // A tenth of the project's programs; all of them run in the native tests, without the C API.
    [TestCase("stablehlo/interpret", "")]
    [TestCase("stablehlo/testdata/quantized", "qi8")]
    [TestCase("stablehlo/testdata/dynamic", "")]
    [TestCase("stablehlo/testdata", "_int8")]
    public void Programs_of_the_StableHLO_project_pass(string folder, string filter)
    {
        string path = Path.Combine(Path.GetDirectoryName(Checkout.Root)!, "shared", "conformance", folder);
        if (!Directory.Exists(path)) Assert.Ignore($"no folder {path}");
        CliResult result = Run("conformance", path, "--filter", filter);
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(result.Lines[^1], Does.Contain(" 0 failed"));
    }
}
