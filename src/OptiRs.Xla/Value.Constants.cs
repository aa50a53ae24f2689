namespace OptiRs.Xla;

// Arithmetic with constants: the constant takes the element type of the value beside it.
public sealed partial class Value
{
    /// <summary>The sum with a constant of the same element type.</summary>
    public static Value operator +(Value left, double right) => Op.WithConstant(OpKind.Add, left, right, SourceLocation.OfOperator());

    /// <summary>The sum with a constant of the same element type.</summary>
    public static Value operator +(double left, Value right) => Op.WithConstant(OpKind.Add, left, right, SourceLocation.OfOperator());

    /// <summary>The sum with a constant of the same element type.</summary>
    public static Value operator +(Value left, long right) => Op.WithConstant(OpKind.Add, left, right, SourceLocation.OfOperator());

    /// <summary>The sum with a constant of the same element type.</summary>
    public static Value operator +(long left, Value right) => Op.WithConstant(OpKind.Add, left, right, SourceLocation.OfOperator());

    /// <summary>The difference with a constant.</summary>
    public static Value operator -(Value left, double right) => Op.WithConstant(OpKind.Subtract, left, right, SourceLocation.OfOperator());

    /// <summary>The difference with a constant.</summary>
    public static Value operator -(double left, Value right) => Op.WithConstant(OpKind.Subtract, left, right, SourceLocation.OfOperator());

    /// <summary>The difference with a constant.</summary>
    public static Value operator -(Value left, long right) => Op.WithConstant(OpKind.Subtract, left, right, SourceLocation.OfOperator());

    /// <summary>The difference with a constant.</summary>
    public static Value operator -(long left, Value right) => Op.WithConstant(OpKind.Subtract, left, right, SourceLocation.OfOperator());

    /// <summary>The product with a constant.</summary>
    public static Value operator *(Value left, double right) => Op.WithConstant(OpKind.Multiply, left, right, SourceLocation.OfOperator());

    /// <summary>The product with a constant.</summary>
    public static Value operator *(double left, Value right) => Op.WithConstant(OpKind.Multiply, left, right, SourceLocation.OfOperator());

    /// <summary>The product with a constant.</summary>
    public static Value operator *(Value left, long right) => Op.WithConstant(OpKind.Multiply, left, right, SourceLocation.OfOperator());

    /// <summary>The product with a constant.</summary>
    public static Value operator *(long left, Value right) => Op.WithConstant(OpKind.Multiply, left, right, SourceLocation.OfOperator());

    /// <summary>The quotient with a constant.</summary>
    public static Value operator /(Value left, double right) => Op.WithConstant(OpKind.Divide, left, right, SourceLocation.OfOperator());

    /// <summary>The quotient with a constant.</summary>
    public static Value operator /(double left, Value right) => Op.WithConstant(OpKind.Divide, left, right, SourceLocation.OfOperator());

    /// <summary>The quotient with a constant.</summary>
    public static Value operator /(Value left, long right) => Op.WithConstant(OpKind.Divide, left, right, SourceLocation.OfOperator());

    /// <summary>The quotient with a constant.</summary>
    public static Value operator /(long left, Value right) => Op.WithConstant(OpKind.Divide, left, right, SourceLocation.OfOperator());

    /// <summary>True where the left side is less.</summary>
    public static Value operator <(Value left, double right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Lt, SourceLocation.OfOperator());

    /// <summary>True where the left side is less.</summary>
    public static Value operator <(Value left, long right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Lt, SourceLocation.OfOperator());

    /// <summary>True where the left side is greater.</summary>
    public static Value operator >(Value left, double right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Gt, SourceLocation.OfOperator());

    /// <summary>True where the left side is greater.</summary>
    public static Value operator >(Value left, long right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Gt, SourceLocation.OfOperator());

    /// <summary>True where the left side is less or equal.</summary>
    public static Value operator <=(Value left, double right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Le, SourceLocation.OfOperator());

    /// <summary>True where the left side is less or equal.</summary>
    public static Value operator <=(Value left, long right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Le, SourceLocation.OfOperator());

    /// <summary>True where the left side is greater or equal.</summary>
    public static Value operator >=(Value left, double right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Ge, SourceLocation.OfOperator());

    /// <summary>True where the left side is greater or equal.</summary>
    public static Value operator >=(Value left, long right) =>
        Op.CompareAt(left, Op.ConstantLike(left, right, SourceLocation.OfOperator()), ComparisonDirection.Ge, SourceLocation.OfOperator());
}
