using OptiRs.Native.Interop;

namespace Bindings.Tests;

/// <summary>Places for what native code calls back.</summary>
public sealed class RootTableTests
{
    [Test]
    public void PlacesAreOnesOwnAndComeBack()
    {
        var table = new RootTable<object>();
        int[] places = [.. Enumerable.Range(0, 1000).Select(_ => table.Reserve())];
        Assert.That(places.Distinct().Count(), Is.EqualTo(1000));
        foreach (int place in places) table[place] = place;
        foreach (int place in places) Assert.That(table[place], Is.EqualTo(place));
        table[places[7]] = null;
        table.Free(places[7]);
        Assert.That(table.Reserve(), Is.EqualTo(places[7]));
        Assert.That(table[places[7]], Is.Null);
    }

    [Test]
    public void GrowsUnderThoseWhoUseIt()
    {
        var table = new RootTable<object>();
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 500; i++)
            {
                int place = table.Reserve();
                object mine = new();
                table[place] = mine;
                if (!ReferenceEquals(table[place], mine)) throw new InvalidOperationException($"place {place} was shared");
                if (i % 3 != 0) continue;
                table[place] = null;
                table.Free(place);
            }
        });
    }
}
