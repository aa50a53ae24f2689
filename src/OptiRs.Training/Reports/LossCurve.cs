using System.Globalization;
using System.Text;

namespace OptiRs.Training;

/// <summary>One measured point of a loss curve: the 1-based step and its loss in nats per token.</summary>
public readonly record struct LossPoint(long Step, double Loss);

/// <summary>Draws training and validation loss over the steps as a self-contained SVG.</summary>
public static class LossCurve
{
    private const int Width = 800, Height = 480, Left = 64, Right = 20, Top = 40, Bottom = 48;
    // More points than pixels only make the file large.
    private const int MaximumPoints = 1000;

    /// <summary>The SVG document.</summary>
    /// <param name="title">The text above the curve.</param>
    /// <param name="train">The training loss of each step.</param>
    /// <param name="validation">The validation loss, where it was measured.</param>
    public static string Draw(string title, IReadOnlyList<LossPoint> train, IReadOnlyList<LossPoint> validation)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        LossPoint[] all = [.. train.Concat(validation).Where(p => double.IsFinite(p.Loss))];
        long lastStep = Math.Max(1, all.Length == 0 ? 1 : all.Max(p => p.Step));
        double top = all.Length == 0 ? 1 : all.Max(p => p.Loss), tick = TickSize(top);
        top = Math.Max(tick, Math.Ceiling(top / tick) * tick);
        double X(double step) => Left + step / lastStep * (Width - Left - Right);
        double Y(double loss) => Height - Bottom - loss / top * (Height - Top - Bottom);

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"24\" font-size=\"15\">{Escape(title)}</text>\n");
        for (double loss = 0; loss <= top * 1.0001; loss += tick)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{Y(loss):f1}\" x2=\"{Width - Right}\" y2=\"{Y(loss):f1}\" stroke=\"#ddd\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{Y(loss) + 4:f1}\" text-anchor=\"end\">{loss:0.##}</text>\n");
        }
        double stepTick = Math.Max(1, TickSize(lastStep));
        for (double step = 0; step <= lastStep; step += stepTick)
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(step):f1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{step:0}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 10}\" text-anchor=\"middle\">step</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"16\" y=\"{Height / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {Height / 2})\">loss (nats per character)</text>\n");
        AppendLine(svg, Thin(train), X, Y, "#1f77b4", 1);
        AppendLine(svg, Thin(validation), X, Y, "#d62728", 2);
        AppendLegend(svg, 0, "#1f77b4", "training");
        AppendLegend(svg, 1, "#d62728", "validation");
        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendLine(StringBuilder svg, LossPoint[] points, Func<double, double> x, Func<double, double> y, string color, int width)
    {
        if (points.Length == 0) return;
        string path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{x(p.Step):f1},{y(p.Loss):f1}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" points=\"{path}\"/>\n");
    }

    private static void AppendLegend(StringBuilder svg, int row, string color, string text)
    {
        int x = Width - Right - 120, y = Top + 16 + 20 * row;
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x}\" y1=\"{y}\" x2=\"{x + 24}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"2\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 32}\" y=\"{y + 4}\">{text}</text>\n");
    }

    // Averages runs of neighbouring points, so that the curve stays the mean of what was measured.
    private static LossPoint[] Thin(IReadOnlyList<LossPoint> points)
    {
        LossPoint[] finite = [.. points.Where(p => double.IsFinite(p.Loss))];
        int run = (finite.Length + MaximumPoints - 1) / MaximumPoints;
        return run <= 1 ? finite : [.. finite.Chunk(run).Select(c => new LossPoint(c[^1].Step, c.Average(p => p.Loss)))];
    }

    // 1, 2 or 5 times a power of ten, giving four to ten ticks.
    private static double TickSize(double range)
    {
        if (!(range > 0)) return 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(range)));
        return (range / power) switch { >= 5 => power, >= 2 => power / 2, _ => power / 5 };
    }

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
