using OptiRs.Native;
using OptiRs.Xla;

using var session = Session.Open(); // the best device found
Console.WriteLine($"fitting y = 3x + 2 on {session.Device.Kind}");
using var x = session.Put<float>([-2, -1, 0, 1, 2], new Shape(5, 1));
using var y = session.Put<float>([-4, -1, 2, 5, 8], new Shape(5, 1));
using var w = session.Put<float>([0, 0], new Shape(2, 1));

// An ordinary function over symbolic values becomes one compiled program that updates w in place.
var step = session.Jit((Value[] a) =>
{
    var (w, x, y) = (a[0], a[1], a[2]);
    var error = x * Op.Slice(w, [0, 0], [1, 1]) + Op.Slice(w, [1, 0], [2, 1]) - y;
    var loss = Op.Mean(error * error);
    return [w - 0.1 * Gradient.Of(loss, w)[0], loss];
}, new JitOptions { DonatedArguments = [0] });

using var call = step.Bind([w, x, y], [w, null]);
for (int i = 0; i < 100; i++) call.Run();
Console.WriteLine($"slope {w.ToArray<float>()[0]:F3}, intercept {w.ToArray<float>()[1]:F3}");
