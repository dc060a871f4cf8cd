// More of what `grouped` takes: measures of spread and relation, quantiles, some values of a group,
// conditions, and any number of reductions in one pass.

public import SwoopElements

extension Reduction {
    /// The variance of numbers of a group, as a sample of others; NaN of fewer than two.
    @inlinable @_disfavoredOverload public static func variance<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _SpreadReduction<N>> {
        .init(function, .init(.variance, ofSample: true))
    }

    /// The variance of the numbers of a group, as all that there are.
    @inlinable @_disfavoredOverload public static func populationVariance<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _SpreadReduction<N>> {
        .init(function, .init(.variance, ofSample: false))
    }

    /// The standard deviation of numbers of a group, as a sample of others; NaN of fewer than two.
    @inlinable @_disfavoredOverload public static func standardDeviation<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _SpreadReduction<N>> {
        .init(function, .init(.deviation, ofSample: true))
    }

    /// The standard deviation of the numbers of a group, as all that there are.
    @inlinable @_disfavoredOverload
    public static func populationStandardDeviation<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _SpreadReduction<N>> {
        .init(function, .init(.deviation, ofSample: false))
    }

    /// The median of the numbers of a group; between two numbers in their middle; NaN is left out.
    @inlinable @_disfavoredOverload public static func median<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _QuantileReduction<N>> {
        .init(function, .init(0.5))
    }

    /// The number below which a share of a group's numbers lie, 0 to 1; between two numbers in
    /// proportion; NaN is left out.
    @inlinable @_disfavoredOverload public static func quantile<F: ElementFunction, N>(
        _ share: Double, of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _QuantileReduction<N>> {
        .init(function, .init(share))
    }

    /// Pearson's correlation of two numbers of each element.
    @inlinable @_disfavoredOverload
    public static func correlation<F: ElementFunction, G: ElementFunction>(
        of first: F, _ second: G
    ) -> Self where Self == _RelationReduction<F, G> { .init(.correlation, first, second) }

    /// The square of the correlation of two numbers of each element.
    @inlinable @_disfavoredOverload
    public static func determination<F: ElementFunction, G: ElementFunction>(
        of first: F, _ second: G
    ) -> Self where Self == _RelationReduction<F, G> { .init(.determination, first, second) }

    /// The covariance of two numbers of each element, as a sample of others.
    @inlinable @_disfavoredOverload
    public static func covariance<F: ElementFunction, G: ElementFunction>(
        of first: F, _ second: G
    ) -> Self where Self == _RelationReduction<F, G> { .init(.covariance, first, second) }

    /// How much the second number rises with the first, by the line with the least squares.
    @inlinable @_disfavoredOverload
    public static func slope<F: ElementFunction, G: ElementFunction>(
        of first: F, _ second: G
    ) -> Self where Self == _RelationReduction<F, G> { .init(.slope, first, second) }

    /// The value of a group's first element in the order of the source.
    @inlinable @_disfavoredOverload public static func first<F: ElementFunction, V>(
        of function: F
    ) -> Self where F.Output == V, Self == _OfFunction<F, _FirstReduction<V>> {
        .init(function, .init())
    }

    /// The value of a group's last element in the order of the source.
    @inlinable @_disfavoredOverload public static func last<F: ElementFunction, V>(
        of function: F
    ) -> Self where F.Output == V, Self == _OfFunction<F, _LastReduction<V>> {
        .init(function, .init())
    }

    /// So many of the largest values of a group, largest first; NaN is left out.
    @inlinable @_disfavoredOverload public static func largest<F: ElementFunction, V>(
        _ count: Int, of function: F
    ) -> Self where F.Output == V, Self == _OfFunction<F, _ExtremesReduction<V>> {
        .init(function, .init(count, largestFirst: true))
    }

    /// So many of the smallest values of a group, smallest first; NaN is left out.
    @inlinable @_disfavoredOverload public static func smallest<F: ElementFunction, V>(
        _ count: Int, of function: F
    ) -> Self where F.Output == V, Self == _OfFunction<F, _ExtremesReduction<V>> {
        .init(function, .init(count, largestFirst: false))
    }

    /// A reduction of those elements of a group of which a function says yes.
    @inlinable @_disfavoredOverload public static func only<F: ElementFunction, Inner: Reduction>(
        where condition: F, _ inner: Inner
    ) -> Self where Self == _FilteredReduction<F, Inner> { .init(condition, inner) }

    /// Two reductions in one pass.
    @inlinable public static func all<A: Reduction, B: Reduction>(
        _ first: A, _ second: B
    ) -> Self where Self == _BothReductions<A, B> { .init(first, second) }

    /// Three reductions in one pass; answers are nested from the left.
    @inlinable public static func all<A: Reduction, B: Reduction, C: Reduction>(
        _ first: A, _ second: B, _ third: C
    ) -> Self where Self == _BothReductions<_BothReductions<A, B>, C> {
        .init(.init(first, second), third)
    }

    /// Four reductions in one pass; answers are nested from the left.
    @inlinable
    public static func all<A: Reduction, B: Reduction, C: Reduction, D: Reduction>(
        _ first: A, _ second: B, _ third: C, _ fourth: D
    ) -> Self where Self == _BothReductions<_BothReductions<_BothReductions<A, B>, C>, D> {
        .init(.init(.init(first, second), third), fourth)
    }
}
