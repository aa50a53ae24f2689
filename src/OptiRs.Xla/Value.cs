using System.Runtime.CompilerServices;

namespace OptiRs.Xla;

/// <summary>
/// A symbolic tensor inside a function that is being traced: an element type, a shape, and the operation that computes it.
/// Operators broadcast as NumPy does and never convert element types. Any thread, one at a time.
/// </summary>
public sealed partial class Value
{
    private const string NoEquality =
        "Elements are compared by Op.Equal and Op.NotEqual; whether two variables hold the same Value, by ReferenceEquals or 'is null'.";

    internal Value(Node node, int index, TensorType type)
    {
        Node = node;
        Index = index;
        Type = type;
    }

    /// <summary>The element type.</summary>
    public DType DType => Type.DType;

    /// <summary>The dimensions, all static.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The number of dimensions.</summary>
    public int Rank => Type.Shape.Rank;

    internal Node Node { get; }

    internal int Index { get; }

    internal TensorType Type { get; }

    internal Region Owner => Node.Owner;

    /// <summary>Whether this is the same value, not an equal one; for that see <see cref="Op.Equal(Value, Value, string, int)"/>.</summary>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    /// <summary>The operation and the type, for the debugger: <c>Add f32[8,128]</c>.</summary>
    public override string ToString() => $"{Node.Kind} {Type}";

    /// <summary>The sum, elementwise.</summary>
    public static Value operator +(Value left, Value right) => Op.Binary(OpKind.Add, left, right, SourceLocation.OfOperator());

    /// <summary>The difference, elementwise.</summary>
    public static Value operator -(Value left, Value right) => Op.Binary(OpKind.Subtract, left, right, SourceLocation.OfOperator());

    /// <summary>The product, elementwise.</summary>
    public static Value operator *(Value left, Value right) => Op.Binary(OpKind.Multiply, left, right, SourceLocation.OfOperator());

    /// <summary>The quotient, elementwise; integers round towards zero.</summary>
    public static Value operator /(Value left, Value right) => Op.Binary(OpKind.Divide, left, right, SourceLocation.OfOperator());

    /// <summary>The remainder with the sign of the dividend, elementwise.</summary>
    public static Value operator %(Value left, Value right) => Op.Binary(OpKind.Remainder, left, right, SourceLocation.OfOperator());

    /// <summary>Bitwise or logical and.</summary>
    public static Value operator &(Value left, Value right) => Op.Binary(OpKind.And, left, right, SourceLocation.OfOperator());

    /// <summary>Bitwise or logical or.</summary>
    public static Value operator |(Value left, Value right) => Op.Binary(OpKind.Or, left, right, SourceLocation.OfOperator());

    /// <summary>Bitwise or logical exclusive or.</summary>
    public static Value operator ^(Value left, Value right) => Op.Binary(OpKind.Xor, left, right, SourceLocation.OfOperator());

    /// <summary>The negative.</summary>
    public static Value operator -(Value operand) => Op.Unary(OpKind.Negate, operand, SourceLocation.OfOperator());

    /// <summary>Bitwise or logical not.</summary>
    public static Value operator ~(Value operand) => Op.Unary(OpKind.Not, operand, SourceLocation.OfOperator());

    /// <summary>The bits moved left by <paramref name="count"/>.</summary>
    public static Value operator <<(Value operand, int count) =>
        Op.WithConstant(OpKind.ShiftLeft, operand, (long)count, SourceLocation.OfOperator());

    /// <summary>The bits moved right by <paramref name="count"/>: keeping the sign of signed types.</summary>
    public static Value operator >>(Value operand, int count)
    {
        ArgumentNullException.ThrowIfNull(operand);
        OpKind kind = operand.DType.IsSignedInteger ? OpKind.ShiftRightArithmetic : OpKind.ShiftRightLogical;
        return Op.WithConstant(kind, operand, (long)count, SourceLocation.OfOperator());
    }

    /// <summary>Refused by the compiler: readers could not tell whether elements or identities are compared.</summary>
    [Obsolete(NoEquality, error: true)]
    public static bool operator ==(Value? left, Value? right) => ReferenceEquals(left, right);

    /// <inheritdoc cref="operator ==(Value?, Value?)"/>
    [Obsolete(NoEquality, error: true)]
    public static bool operator !=(Value? left, Value? right) => !ReferenceEquals(left, right);

    /// <summary>True where left is less.</summary>
    public static Value operator <(Value left, Value right) => Op.CompareAt(left, right, ComparisonDirection.Lt, SourceLocation.OfOperator());

    /// <summary>True where left is greater.</summary>
    public static Value operator >(Value left, Value right) => Op.CompareAt(left, right, ComparisonDirection.Gt, SourceLocation.OfOperator());

    /// <summary>True where left is less or equal.</summary>
    public static Value operator <=(Value left, Value right) => Op.CompareAt(left, right, ComparisonDirection.Le, SourceLocation.OfOperator());

    /// <summary>True where left is greater or equal.</summary>
    public static Value operator >=(Value left, Value right) => Op.CompareAt(left, right, ComparisonDirection.Ge, SourceLocation.OfOperator());
}
