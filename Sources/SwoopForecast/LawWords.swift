// Growth laws as people write them: what `swoop models` says that a function's time grows with.

internal import RealModule
internal import SwoopModel

/// What the runs of a function say of its growth.
package struct LawWords: Equatable, Sendable {
    /// The law that they speak for most: `rows·cols`, `n²`, `n·log n`, or that there is none.
    package var law: String
    /// How probable it is among the laws that were weighed; the others are much like it where the
    /// sizes seen hardly differ.
    package var share: Double
    /// The share that does not grow, of what a run of the largest size takes.
    package var fixedShare: Double
}

extension FunctionModel {
    /// The law of one metric in words.
    ///
    /// - Parameters:
    ///   - metric: what is to be told of.
    ///   - sizes: what the features are called, in their order; where a name is missing, `x1` and
    ///     so on.
    package func words(of metric: Metric, sizes: [String]) -> LawWords {
        model(of: metric).words(sizes)
    }
}

extension MetricModel {
    fileprivate struct Shape: Hashable {
        var predictor: Predictor?
        var shape: GrowthShape

        init(_ law: GrowthLaw) {
            predictor = law.predictor
            shape = law.predictor == nil ? .linear : law.shape
        }
    }

    func words(_ sizes: [String]) -> LawWords {
        var shares: [Shape: Double] = [:]
        for law in laws { shares[Shape(law.law), default: 0] += law.weight }
        // Laws come by falling weight: of equal shares the first one's.
        var best = Shape(laws[0].law)
        for law in laws where (shares[Shape(law.law)] ?? 0) > (shares[best] ?? 0) {
            best = Shape(law.law)
        }
        let ofBest = laws.first { Shape($0.law) == best } ?? laws[0]
        let isConstant = best.predictor == nil
        return LawWords(
            law: best.predictor.map { best.shape.words(of: $0.words(sizes)) } ?? "the same",
            share: min(1, shares[best] ?? 0), fixedShare: isConstant ? 1 : ofBest.law.fixedShare)
    }
}

extension Predictor {
    /// The size as it is written in a formula.
    fileprivate func words(_ sizes: [String]) -> String {
        func name(_ index: Int) -> String {
            index < sizes.count && !sizes[index].isEmpty ? sizes[index] : "x\(index + 1)"
        }
        return switch self {
        case .feature(let index): name(index)
        case .product(let first, let second): "(\(name(first))·\(name(second)))"
        case .triple(let first, let second, let third):
            "(\(name(first))·\(name(second))·\(name(third)))"
        case .sum(let first, let second): "(\(name(first)) + \(name(second)))"
        case .elements: "elements"
        }
    }
}

extension GrowthShape {
    /// The shape over a size that is called so.
    fileprivate func words(of size: String) -> String {
        let bare =
            size.hasPrefix("(") && !size.contains(" ")
            ? String(size.dropFirst().dropLast()) : size
        if rate > 0 { return "\(Self.number(.exp(rate)))^\(size)" }
        if factorial > 0 {
            return factorial == 1 ? "\(size)!" : "\(size)!^\(Self.number(factorial))"
        }
        var text: String
        switch exponent {
        case 0.5: text = "√\(size)"
        case 1: text = isLogarithmic || bend > 0 ? size : bare
        case 2: text = "\(size)²"
        case 3: text = "\(size)³"
        default: text = "\(size)^\(Self.number(exponent))"
        }
        if isLogarithmic { text += "·log \(size)" }
        return bend > 0 ? "between \(text) and \(size)²" : text
    }

    /// Two digits after the point at most, and no more than there are.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)" }
        if rest % 10 == 0 { return "\(whole).\(rest / 10)" }
        return "\(whole)." + (rest < 10 ? "0" : "") + "\(rest)"
    }
}
