using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OptiRs.Native;

/// <summary>Serves the key-value store of a job over TCP; one of its processes runs it, usually the first.</summary>
/// <remarks>
/// For a network that is trusted: whoever reaches the port can read and write. A request is an operation ('P' or 'G'), the
/// key, and a value or a number of milliseconds to wait; texts and values come after their length. An answer is 1 with a
/// value, or 0.
/// </remarks>
public sealed class KeyValueServer : IDisposable
{
    internal const int LargestKey = 1 << 16;
    internal const int LargestValue = 1 << 28;
    private readonly Dictionary<string, byte[]> _values = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TcpListener _listener;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts to serve.</summary>
    /// <param name="address">Where to listen; null for all addresses of the machine.</param>
    /// <param name="port">0 for one that is free.</param>
    public KeyValueServer(IPAddress? address = null, int port = 0)
    {
        _listener = new TcpListener(address ?? IPAddress.Any, port);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends; who waits for a value is told that there is none.</summary>
    public void Dispose()
    {
        if (_end.IsCancellationRequested) return;
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token).ConfigureAwait(false);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                NetworkStream stream = client.GetStream();
                while (true)
                {
                    var head = new byte[5];
                    await stream.ReadExactlyAsync(head, _end.Token).ConfigureAwait(false);
                    string key = Encoding.UTF8.GetString(await ReadAsync(stream, BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1)), LargestKey).ConfigureAwait(false));
                    byte[] body = await ReadSizedAsync(stream).ConfigureAwait(false);
                    byte[]? answer = head[0] switch
                    {
                        (byte)'P' => Put(key, body),
                        (byte)'G' when body.Length == 8 => await GetAsync(key, BinaryPrimitives.ReadInt64LittleEndian(body)).ConfigureAwait(false),
                        _ => throw new InvalidDataException("not a request"),
                    };
                    await stream.WriteAsync(Answer(answer), _end.Token).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
            {
                // A client that has gone, or does not speak our language, concerns nobody else.
            }
        }
    }

    private byte[] Put(string key, byte[] value)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _values[key] = value;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        return [];
    }

    private async Task<byte[]?> GetAsync(string key, long milliseconds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        limit.CancelAfter(TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, int.MaxValue - 1)));
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_values.TryGetValue(key, out byte[]? value)) return value;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private async Task<byte[]> ReadSizedAsync(NetworkStream stream)
    {
        var size = new byte[4];
        await stream.ReadExactlyAsync(size, _end.Token).ConfigureAwait(false);
        return await ReadAsync(stream, BinaryPrimitives.ReadInt32LittleEndian(size), LargestValue).ConfigureAwait(false);
    }

    private async Task<byte[]> ReadAsync(NetworkStream stream, int size, int largest)
    {
        if (size < 0 || size > largest) throw new InvalidDataException($"a length of {size}");
        var bytes = new byte[size];
        await stream.ReadExactlyAsync(bytes, _end.Token).ConfigureAwait(false);
        return bytes;
    }

    private static byte[] Answer(byte[]? value)
    {
        var answer = new byte[5 + (value?.Length ?? 0)];
        answer[0] = value is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(1), value?.Length ?? 0);
        value?.CopyTo(answer, 5);
        return answer;
    }
}
