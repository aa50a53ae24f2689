using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OptiRs.Native.Interop;

/// <summary>What a program sends: the bytes of one part, bytes of the whole, whether it is the last part, row of the device.</summary>
internal delegate void SendReceiver(ReadOnlySpan<byte> data, long total, bool isLast, int device);

/// <summary>Sends and receives of one execution, and its other options. Rooted until the execution is over.</summary>
internal sealed unsafe class PjrtChannels : NativeHandle
{
    private readonly List<GCHandle<object>> _roots = [];
    private readonly optirs_pjrt_execute_options* _options;
    private int _channels;

    public PjrtChannels(
        ReadOnlySpan<long> notDonated, int launchId, string? callLocation, nint device, PjrtContextHandle? context, int channels)
        : base("options of an execution")
    {
        byte[] location = callLocation is null ? [] : [.. Encoding.UTF8.GetBytes(callLocation), 0];
        nuint bytes = (nuint)(sizeof(optirs_pjrt_execute_options) + channels * sizeof(optirs_pjrt_channel)
            + notDonated.Length * sizeof(long) + location.Length);
        _options = (optirs_pjrt_execute_options*)NativeMemory.AllocZeroed(bytes);
        Adopt((nint)_options);
        var list = (optirs_pjrt_channel*)(_options + 1);
        long* kept = (long*)(list + channels);
        byte* text = (byte*)(kept + notDonated.Length);
        notDonated.CopyTo(new Span<long>(kept, notDonated.Length));
        location.CopyTo(new Span<byte>(text, location.Length));
        *_options = new optirs_pjrt_execute_options
        {
            struct_size = (nuint)sizeof(optirs_pjrt_execute_options),
            not_donated = kept,
            not_donated_size = notDonated.Length,
            launch_id = launchId,
            call_location = callLocation is null ? null : text,
            channels = list,
            device = (optirs_pjrt_device*)device,
            context = context is null ? null : context.Pointer,
        };
        if (context is not null) Retain(context);
    }

    public optirs_pjrt_execute_options* Pointer => _options;

    public void AddSend(long channel, SendReceiver receiver) => Add(channel, receiver, isSend: true);

    public void AddReceive(long channel, Action<PjrtCopyStreamHandle, int> source) => Add(channel, source, isSend: false);

    public static ValueTask AddToStreamAsync(PjrtCopyStreamHandle stream, ReadOnlySpan<byte> data)
    {
        using var lease = new Lease(stream);
        Completion completion = Completion.Rent();
        completion.Hold(stream);
        ValueTask task = completion.Task;
        void* context = completion.Start();
        byte none = 0;
        optirs_error* error;
        fixed (byte* bytes = data)
            error = optirs.optirs_pjrt_copy_stream_add_raw(
                stream.Pointer, bytes == null ? &none : bytes, (ulong)data.Length, Completion.Callback, context);
        if (error == null) return task;
        completion.Abandon();
        throw NativeError.Consume(error);
    }

    protected override void ReleaseNative()
    {
        foreach (GCHandle<object> root in _roots) root.Dispose();
        NativeMemory.Free((void*)handle);
    }

    private void Add(long channel, object target, bool isSend)
    {
        var root = new GCHandle<object>(target);
        _roots.Add(root);
        optirs_pjrt_channel* entry = _options->channels + _channels++;
        entry->channel_id = channel;
        entry->context = (void*)GCHandle<object>.ToIntPtr(root);
        if (isSend) entry->send = &OnSend;
        else entry->recv = &OnReceive;
        _options->num_channels = _channels;
    }

    // An exception of the user's code fails the send, and nothing else.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static optirs_error* OnSend(byte* data, ulong size, ulong total, byte isLast, long device, void* context)
    {
        try
        {
            var receiver = (SendReceiver)GCHandle<object>.FromIntPtr((nint)context).Target;
            receiver(new ReadOnlySpan<byte>(data, checked((int)size)), checked((long)total), isLast != 0, checked((int)device));
            return null;
        }
        catch (Exception e)
        {
            byte[] message = Encoding.UTF8.GetBytes($"the receiver of a send threw {e.GetType().Name}: {e.Message}");
            return optirs.optirs_error_create(optirs.OPTIRS_INTERNAL, message, (ulong)message.Length);
        }
    }

    // The thread is the plugin's: the source only starts its work, which may wait, elsewhere.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnReceive(optirs_pjrt_copy_stream* stream, long device, void* context)
    {
        try
        {
            var source = (Action<PjrtCopyStreamHandle, int>)GCHandle<object>.FromIntPtr((nint)context).Target;
            var handle = new PjrtCopyStreamHandle();
            handle.Adopt((nint)stream);
            source(handle, checked((int)device));
        }
        catch (Exception e)
        {
            Environment.FailFast("OptiRs: a receive callback failed.", e);
        }
    }
}
