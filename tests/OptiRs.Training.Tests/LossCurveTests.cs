using System.Xml.Linq;

namespace OptiRs.Training.Tests;

public sealed class LossCurveTests
{
    private static XElement Draw(string title, LossPoint[] train, LossPoint[] validation) =>
        XDocument.Parse(LossCurve.Draw(title, train, validation)).Root!;

    private static IEnumerable<XElement> Lines(XElement svg) => svg.Elements().Where(e => e.Name.LocalName == "polyline");

    [Test]
    public void Both_curves_are_in_the_picture_and_fall_when_the_loss_does()
    {
        LossPoint[] train = [.. Enumerable.Range(1, 50).Select(i => new LossPoint(i, 4.0 / i))];
        XElement svg = Draw("a < b & c", train, [new(25, 3), new(50, 1)]);
        Assert.That(svg.Elements().First(e => e.Name.LocalName == "text").Value, Is.EqualTo("a < b & c"));
        double[][] ys = [.. Lines(svg).Select(l => l.Attribute("points")!.Value.Split(' ').Select(p => double.Parse(p.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        Assert.That(ys.Select(y => y.Length), Is.EqualTo(new[] { 50, 2 }));
        Assert.That(ys[0], Is.Ordered.Ascending, "SVG counts downwards");
        Assert.That(ys.SelectMany(y => y), Has.All.InRange(0, 480));
    }

    [Test]
    public void Long_runs_are_thinned_and_what_is_not_finite_is_left_out()
    {
        LossPoint[] train = [.. Enumerable.Range(1, 5000).Select(i => new LossPoint(i, i % 100 == 0 ? double.NaN : 1))];
        XElement line = Lines(Draw("", train, [])).Single();
        Assert.That(line.Attribute("points")!.Value.Split(' ').Length, Is.LessThanOrEqualTo(1000));
        Assert.That(line.ToString(), Does.Not.Contain("NaN"));
    }

    [Test]
    public void No_points_at_all_still_make_a_picture() => Assert.That(Lines(Draw("nothing", [], [])), Is.Empty);
}
