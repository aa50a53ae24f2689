using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

/// <summary>
/// Reverse-mode differentiation: gradients are built as ordinary operations of the same graph, a constant number for each
/// operation of the forward pass, and can be differentiated again.
/// </summary>
/// <remarks>
/// Where a function has a corner, the conventions are the field's: equal arguments of max and min share the gradient, equal
/// greatest elements share it, relu has 0 at 0, rounding and integer operations have none. Gradients of a real loss with respect
/// to complex values follow JAX: dL/dRe - i dL/dIm.
/// </remarks>
public static class Gradient
{
    /// <summary>The gradients of a floating scalar with respect to values of the same graph, in their shapes; zeros where it does not depend on them.</summary>
    /// <exception cref="GraphException">The loss is no floating scalar, or depends on a value through an operation without a gradient.</exception>
    public static Value[] Of(Value loss, params ReadOnlySpan<Value> withRespectTo)
    {
        ArgumentNullException.ThrowIfNull(loss);
        SourceLocation location = SourceLocation.OfOperator();
        if (loss.Rank != 0 || !loss.DType.IsFloatingPoint)
            throw GraphException.Invalid("Gradient.Of", [loss], "the loss must be a scalar of a floating type; reduce it with Op.Sum or Op.Mean, or use Gradient.Vjp", location);
        return Vjp([loss], [Op.ConstantLike(loss, 1L, location)], withRespectTo, location.File ?? "", location.Line);
    }

    /// <summary>
    /// The vector-Jacobian product: the gradients of sum(outputs * cotangents) with the cotangents held constant. Each
    /// cotangent has the type of its output.
    /// </summary>
    public static Value[] Vjp(ReadOnlySpan<Value> outputs, ReadOnlySpan<Value> cotangents, ReadOnlySpan<Value> withRespectTo,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        SourceLocation location = SourceLocation.Here(file, line);
        if (outputs.Length != cotangents.Length)
            throw GraphException.Invalid("Gradient.Vjp", outputs, $"{outputs.Length} outputs need as many cotangents, not {cotangents.Length}", location);
        for (int i = 0; i < outputs.Length; i++)
        {
            if (outputs[i].Type != cotangents[i].Type)
                throw GraphException.Invalid("Gradient.Vjp", outputs, $"the cotangent {cotangents[i].Type} is not of the type of output {i}", location);
        }
        foreach (Value target in withRespectTo)
        {
            if (!target.DType.IsDifferentiable)
                throw GraphException.Invalid("Gradient.Vjp", [target], "only floating and complex values have gradients; leave this one out", location);
        }
        Value?[] gradients = Backpropagation.Run(outputs, cotangents, withRespectTo, stopAtTargets: false);
        var results = new Value[gradients.Length];
        for (int i = 0; i < results.Length; i++)
            results[i] = gradients[i] ?? Op.ConstantLike(withRespectTo[i], 0L, location);
        return results;
    }

    /// <summary>A function's value and its gradients with respect to all its arguments.</summary>
    public static (Value Loss, Value[] Gradients) ValueAndGradients(Func<Value[], Value> function, params ReadOnlySpan<Value> arguments)
    {
        ArgumentNullException.ThrowIfNull(function);
        Value loss = function(arguments.ToArray());
        return (loss, Of(loss, arguments));
    }
}
