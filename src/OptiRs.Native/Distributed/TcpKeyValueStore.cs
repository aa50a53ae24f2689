using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace OptiRs.Native;

/// <summary>The key-value store that a <see cref="KeyValueServer"/> serves.</summary>
/// <remarks>Thread-safe: each request has a connection of its own, as requests may wait for minutes.</remarks>
/// <param name="host">Name or address of the server.</param>
/// <param name="port">Its port.</param>
/// <param name="patience">How long to wait for a server that is not there yet; null for a minute.</param>
public sealed class TcpKeyValueStore(string host, int port, TimeSpan? patience = null) : IKeyValueStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public void Put(string key, ReadOnlySpan<byte> value) => Ask('P', key, value);

    /// <inheritdoc/>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public byte[]? Get(string key, TimeSpan timeout)
    {
        Span<byte> milliseconds = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(milliseconds, (long)timeout.TotalMilliseconds);
        return Ask('G', key, milliseconds);
    }

    private byte[]? Ask(char operation, string key, ReadOnlySpan<byte> body)
    {
        byte[] name = Encoding.UTF8.GetBytes(key);
        if (name.Length > KeyValueServer.LargestKey || body.Length > KeyValueServer.LargestValue)
            throw new ArgumentException($"A key of {name.Length} bytes or a value of {body.Length} bytes is too long for the store.");
        var request = new byte[9 + name.Length + body.Length];
        request[0] = (byte)operation;
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(1), name.Length);
        name.CopyTo(request, 5);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(5 + name.Length), body.Length);
        body.CopyTo(request.AsSpan(9 + name.Length));
        using TcpClient client = Connect();
        NetworkStream stream = client.GetStream();
        stream.Write(request);
        Span<byte> head = stackalloc byte[5];
        stream.ReadExactly(head);
        int size = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
        if (size is < 0 or > KeyValueServer.LargestValue) throw new IOException($"The server at {host}:{port} does not speak our language.");
        var value = new byte[size];
        stream.ReadExactly(value);
        return head[0] == 1 ? value : null;
    }

    // The processes of a job start in any order, and nothing tells when the server is there.
    private TcpClient Connect()
    {
        using var never = new ManualResetEventSlim();
        for (long start = Stopwatch.GetTimestamp(); ; never.Wait(Pause))
        {
            try
            {
                return new TcpClient(host, port) { NoDelay = true };
            }
            catch (SocketException e) when (Stopwatch.GetElapsedTime(start) >= _patience)
            {
                throw new IOException($"There is no key-value server at {host}:{port}: {e.Message}", e);
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
    }
}
