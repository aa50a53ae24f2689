namespace OptiRs.Xla;

/// <summary>Differentiation of elementwise operations with more than a line of rule.</summary>
internal static class ElementwiseRules
{
    public static void Abs(VjpContext c) => c.Give(0, g =>
    {
        Value sign = Op.Sign(c[0]);
        // |z| grows along conj(sign z) in the convention of Gradient.
        return c[0].DType.IsComplex ? Op.Complex(g * Op.Real(sign), -(g * Op.Imag(sign))) : g * sign;
    });

    public static void Sign(VjpContext c) => c.Give(0, g =>
    {
        Value z = c[0];
        if (!z.DType.IsComplex) return Op.ZerosLike(g);
        // z / |z| changes across z only: what of g lies along z is taken out.
        Value sign = Op.Sign(z), magnitude = Op.Abs(z);
        Value along = Op.Real(g * sign);
        Value inverse = Op.Select(magnitude > 0L, 1.0 / magnitude, Op.ZerosLike(magnitude));
        return Op.Complex((Op.Real(g) - along * Op.Real(sign)) * inverse, (Op.Imag(g) + along * Op.Imag(sign)) * inverse);
    });

    public static void Complex(VjpContext c)
    {
        c.Give(0, Real);
        c.Give(1, g => -Op.Imag(g));

        static Value Real(Value g) => Op.Real(g);
    }

    public static void Add(VjpContext c)
    {
        c.Give(0, g => g);
        c.Give(1, g => g);
    }

    public static void Subtract(VjpContext c)
    {
        c.Give(0, g => g);
        c.Give(1, g => -g);
    }

    public static void Multiply(VjpContext c)
    {
        c.Give(0, g => g * c[1]);
        c.Give(1, g => g * c[0]);
    }

    public static void Divide(VjpContext c)
    {
        c.Give(0, g => g / c[1]);
        c.Give(1, g => -(g * (c.Result / c[1])));
    }

    public static void Atan2(VjpContext c)
    {
        c.Give(0, g => g * (c[1] / (c[0] * c[0] + c[1] * c[1])));
        c.Give(1, g => -(g * (c[0] / (c[0] * c[0] + c[1] * c[1]))));
    }

    /// <summary>Of max and min: the one that wins takes all, equal ones half each.</summary>
    public static void Extremum(VjpContext c, ComparisonDirection better)
    {
        c.Give(0, g => Share(g, c[0], c[1]));
        c.Give(1, g => Share(g, c[1], c[0]));

        Value Share(Value g, Value mine, Value other) =>
            Op.Select(Op.Compare(mine, other, better), g, Op.Select(Op.Equal(mine, other), g * 0.5, Op.ZerosLike(g)));
    }

    public static void Power(VjpContext c)
    {
        c.Give(0, g =>
        {
            // x^0 is constant, also at 0, where x^(-1) is not finite.
            Value exponent = Op.Select(Op.Equal(c[1], 0), Op.OnesLike(c[1]), c[1]);
            return g * c[1] * Op.Power(c[0], exponent - 1.0);
        });
        c.Give(1, g =>
        {
            Value safe = Op.Select(Op.Equal(c[0], 0), Op.OnesLike(c[0]), c[0]);
            return g * c.Result * Op.Log(safe);
        });
    }

    public static void Remainder(VjpContext c)
    {
        c.Give(0, g => g);
        c.Give(1, g =>
        {
            Value quotient = c[0] / c[1];
            return -(g * Op.Sign(quotient) * Op.Floor(Op.Abs(quotient)));
        });
    }

    public static void Clamp(VjpContext c)
    {
        Value low = c[0], operand = c[1], high = c[2];
        c.Give(0, g => Bound(low, g, operand < Full(low)));
        c.Give(1, g => Op.Select((operand >= Full(low)) & (operand <= Full(high)), g, Op.ZerosLike(g)));
        c.Give(2, g => Bound(high, g, operand > Full(high)));

        Value Full(Value bound) => Op.BroadcastTo(bound, operand.Shape);

        static Value Bound(Value bound, Value g, Value reached)
        {
            Value each = Op.Select(reached, g, Op.ZerosLike(g));
            return bound.Shape == g.Shape ? each : Op.Sum(each);
        }
    }

    public static void Select(VjpContext c)
    {
        c.Give(1, g => Op.Select(c[0], g, Op.ZerosLike(g)));
        c.Give(2, g => Op.Select(c[0], Op.ZerosLike(g), g));
    }

    public static void Convert(VjpContext c) => c.Give(0, g =>
    {
        DType dtype = c[0].DType;
        if (g.DType.IsComplex && !dtype.IsComplex)
            g = Op.Real(g);
        return Op.Convert(g, dtype);
    });

    public static void ReducePrecision(VjpContext c) => c.Give(0, g =>
    {
        var attributes = c.Node.As<ReducePrecisionAttributes>();
        return Op.ReducePrecision(g, attributes.ExponentBits, attributes.MantissaBits);
    });
}
