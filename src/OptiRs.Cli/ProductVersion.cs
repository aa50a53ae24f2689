using System.Reflection;

namespace OptiRs.Cli;

/// <summary>What <c>optirs --version</c> says.</summary>
internal static class ProductVersion
{
    public static string Text => "optirs " + Number;

    public static string Number
    {
        get
        {
            // Without the commit that the SDK appends after a plus sign.
            string version = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            int plus = version.IndexOf('+', StringComparison.Ordinal);
            return plus < 0 ? version : version[..plus];
        }
    }
}
