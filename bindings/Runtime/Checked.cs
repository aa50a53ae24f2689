using System.Runtime.InteropServices.Marshalling;

namespace OptiRs.Native.Interop;

/// <summary>
/// Return type of every fallible import. It holds nothing: its marshaller throws if the native function returned an error,
/// so an error cannot be overlooked. On success this costs one comparison with NULL.
/// </summary>
[NativeMarshalling(typeof(CheckedMarshaller))]
internal readonly struct Checked;

/// <summary>The native side of <see cref="Checked"/> is an owned <c>optirs_error*</c>.</summary>
[CustomMarshaller(typeof(Checked), MarshalMode.ManagedToUnmanagedOut, typeof(CheckedMarshaller))]
internal static unsafe class CheckedMarshaller
{
    public static Checked ConvertToManaged(nint error)
    {
        NativeError.ThrowIfFailed((optirs_error*)error);
        return default;
    }
}
