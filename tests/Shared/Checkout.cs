namespace OptiRs.Tests;

/// <summary>Files of the checkout that tests look at.</summary>
internal static class Checkout
{
    /// <summary>The folder of the solution; the test is skipped where the tests run without their sources.</summary>
    public static string Root
    {
        get
        {
            foreach (string start in (string[])[AppContext.BaseDirectory, TestContext.CurrentContext.WorkDirectory, SourceFolder()])
                for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
                    if (File.Exists(Path.Combine(folder.FullName, "OptiRs.Native.slnx"))) return folder.FullName;
            Assert.Ignore("No checkout around the test binaries.");
            return "";
        }
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.GetDirectoryName(path)!;
}
