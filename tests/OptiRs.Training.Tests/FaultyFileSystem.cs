namespace OptiRs.Training.Tests;

/// <summary>A disk that is full from the k-th operation on; writes count by 1,000 bytes, so that files break in their middle too.</summary>
internal sealed class FaultyFileSystem(int operationsUntilFull) : IFileSystem
{
    private int _left = operationsUntilFull;

    public bool Failed { get; private set; }

    public Stream Create(string path)
    {
        Spend();
        return new FaultyStream(this, DiskFileSystem.Instance.Create(path));
    }

    public void Sync(Stream stream)
    {
        Spend();
        DiskFileSystem.Instance.Sync(((FaultyStream)stream).Inner);
    }

    public void Rename(string from, string to)
    {
        Spend();
        DiskFileSystem.Instance.Rename(from, to);
    }

    public void SyncDirectory(string path)
    {
        Spend();
        DiskFileSystem.Instance.SyncDirectory(path);
    }

    // Removing makes room: a full disk allows it.
    public void Delete(string path) => DiskFileSystem.Instance.Delete(path);

    private void Spend()
    {
        if (_left-- > 0) return;
        Failed = true;
        throw new IOException("No space left on device");
    }

    private sealed class FaultyStream(FaultyFileSystem owner, Stream inner) : Stream
    {
        private long _unpaid;
        public Stream Inner => inner;
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            for (_unpaid += count; _unpaid >= 1000; _unpaid -= 1000) owner.Spend();
            inner.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
