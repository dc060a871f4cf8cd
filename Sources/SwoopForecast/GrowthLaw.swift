// How a quantity may grow with a size: the family of laws that MetricModel weighs against one
// another.

internal import RealModule
internal import SwoopModel

/// What a law grows with.
enum Predictor: Hashable, Sendable {
    /// The magnitude of a feature.
    case feature(Int)
    /// The product of two features: `rows × columns`.
    case product(Int, Int)
    /// The product of three features: a matrix product's `rows × columns × inner`.
    case triple(Int, Int, Int)
    /// The sum of two features: a merge of both.
    case sum(Int, Int)
    /// The elements that a loop went over.
    case elements

    /// The size, never negative; nil where it is not known.
    func value(features: [Double], elements: Double) -> Double? {
        switch self {
        case .feature(let index): Self.magnitude(features, index)
        case .product(let first, let second): Self.product(features, [first, second])
        case .triple(let first, let second, let third):
            Self.product(features, [first, second, third])
        case .sum(let first, let second):
            if let left = Self.magnitude(features, first),
                let right = Self.magnitude(features, second)
            {
                left + right
            } else {
                nil
            }
        case .elements: elements.isFinite ? abs(elements) : nil
        }
    }

    private static func magnitude(_ features: [Double], _ index: Int) -> Double? {
        guard index < features.count, features[index].isFinite else { return nil }
        return abs(features[index])
    }

    private static func product(_ features: [Double], _ indices: [Int]) -> Double? {
        var product = 1.0
        for index in indices {
            guard let factor = magnitude(features, index) else { return nil }
            product *= factor
        }
        return product
    }

    /// The features that it is made of.
    var features: [Int] {
        switch self {
        case .feature(let index): [index]
        case .product(let first, let second), .sum(let first, let second): [first, second]
        case .triple(let first, let second, let third): [first, second, third]
        case .elements: []
        }
    }

    var isFeature: Bool {
        if case .feature = self { true } else { false }
    }

    /// Simpler ones first: a product must be deserved.
    var priorWeight: Double {
        switch self {
        case .feature, .elements: 1
        case .product: 0.35
        case .triple, .sum: 0.35 * 0.7
        }
    }

    /// Features that take part in products and sums: of `n` there are n (n - 1) / 2 pairs.
    private static let productFeatureLimit = 4
    /// Features looked at.
    private static let featureLimit = 8

    /// What runs with these sizes could depend on.
    static func candidates(for records: [RunRecord]) -> [Predictor] {
        let count = min(featureLimit, records.map(\.features.count).max() ?? 0)
        var candidates: [Predictor] = (0..<count).map { .feature($0) }
        let factors = min(count, productFeatureLimit)
        for first in 0..<factors {
            for second in (first + 1)..<max(first + 1, factors) {
                candidates.append(.product(first, second))
                candidates.append(.sum(first, second))
                for third in (second + 1)..<max(second + 1, factors) {
                    candidates.append(.triple(first, second, third))
                }
            }
        }
        if records.contains(where: { $0.elements != 1 }) { candidates.append(.elements) }
        return candidates
    }
}

/// A shape of growth with a size z: z^exponent, times log z where `isLogarithmic`, times 1 + z /
/// bend where there is a bend, times e^(rate × z) where there is a rate.
struct GrowthShape: Hashable, Sendable {
    var exponent: Double
    /// Growth by this much of ln with each step of a small whole number: recursion's depth.
    var rate = 0.0
    /// Growth like this power of the factorial of a small whole number: searches over orders.
    var factorial = 0.0
    var isLogarithmic = false
    /// Where growth becomes one power steeper, as a multiple of the reference size; 0: nowhere.
    var bend = 0.0
    /// How often such functions are met, before any evidence: guesses from the literature, not
    /// fitted.
    var priorWeight: Double
    /// Whether it is tried with a fixed part too.
    ///
    /// What is there to catch laws outside the family is not.
    var takesFixedPart = true

    static let linear = GrowthShape(exponent: 1, priorWeight: 20)

    static let all: [GrowthShape] = {
        var shapes: [GrowthShape] = [
            linear,
            GrowthShape(exponent: 1, isLogarithmic: true, priorWeight: 5),
            GrowthShape(exponent: 2, priorWeight: 5),
            GrowthShape(exponent: 3, priorWeight: 3),
            GrowthShape(exponent: 0.5, priorWeight: 1),
            GrowthShape(exponent: 1.5, priorWeight: 1),
            GrowthShape(exponent: 2, isLogarithmic: true, priorWeight: 0.7),
        ]
        for tenths in 1...30 where tenths % 5 != 0 || tenths == 25 {
            shapes.append(
                GrowthShape(
                    exponent: Double(tenths) / 10, priorWeight: 0.15, takesFixedPart: false))
        }
        for bend in [0.125, 0.25, 0.5, 1, 2, 4, 8, 16] {
            shapes.append(
                GrowthShape(exponent: 1, bend: bend, priorWeight: 0.4, takesFixedPart: false))
        }
        return shapes
    }()

    /// Shapes for small whole numbers: every step multiplies.
    static let exponentials: [GrowthShape] = {
        // Bases that algorithms have: the golden ratio's, and whole ones.
        var shapes = [1.618_033_988_749_895, 2, 3, 4].map {
            GrowthShape(exponent: 0, rate: .log($0), priorWeight: 0.5)
        }
        var rate = 0.05
        while rate <= 2.3 {
            shapes.append(
                GrowthShape(exponent: 0, rate: rate, priorWeight: 0.03, takesFixedPart: false))
            rate *= 1.04
        }
        for tenths in 4...10 {
            shapes.append(
                GrowthShape(
                    exponent: 0, factorial: Double(tenths) / 10,
                    priorWeight: tenths == 10 ? 0.2 : 0.08, takesFixedPart: false))
        }
        return shapes
    }()

    /// The weight of no growth at all, on the same scale.
    static let constantPriorWeight = 20.0

    /// ln of the shape's value at a size whose logarithm is `logSize`.
    ///
    /// The logarithm is that of 1 + z, so that sizes below one do no harm.
    func logValue(logSize: Double, logReference: Double) -> Double {
        var value = exponent * logSize
        if isLogarithmic { value += .log(logSize > 30 ? logSize : .log(onePlus: .exp(logSize))) }
        if rate > 0 { value += rate * .exp(min(20, logSize)) }
        if factorial > 0 { value += factorial * .logGamma(.exp(min(20, logSize)) + 1) }
        if bend > 0 { value += .log(onePlus: .exp(min(600, logSize - logReference)) / bend) }
        return value
    }

    /// The fixed shares that it is tried with and their weights, which sum to 1.
    var fixedShares: [(share: Double, prior: Double)] {
        takesFixedPart ? GrowthLaw.fixedShares : [(0, 1)]
    }
}

/// One law: a fixed share and a growing one, as `f + (1 - f) × shape(z) / shape(reference)`.
struct GrowthLaw: Hashable, Sendable {
    /// nil: constant.
    var predictor: Predictor?
    var shape: GrowthShape
    /// f: the share of the fixed part at the reference size.
    var fixedShare: Double
    /// ln of the reference size: the largest that was seen.
    let logReference: Double
    /// ln of the shape at the reference size.
    private let atReference: Double

    init(predictor: Predictor?, shape: GrowthShape, fixedShare: Double, logReference: Double) {
        self.predictor = predictor
        self.shape = shape
        self.fixedShare = fixedShare
        self.logReference = logReference
        atReference = shape.logValue(logSize: logReference, logReference: logReference)
    }

    static let constant = GrowthLaw(
        predictor: nil, shape: .linear, fixedShare: 1, logReference: 0)

    /// Shares that are tried, half a noise apart.
    ///
    /// Half the weight is on there being no fixed part, for few pilots can tell a small
    /// one from none.
    static let fixedShares: [(share: Double, prior: Double)] = {
        let shares = [
            0.001, 0.003, 0.01, 0.02, 0.04, 0.07, 0.1, 0.14, 0.19, 0.25, 0.32, 0.4, 0.5, 0.6, 0.7,
            0.8, 0.9, 0.95,
        ]
        return [(0, 0.5)] + shares.map { ($0, 0.5 / Double(shares.count)) }
    }()

    /// ln of the law at a size whose logarithm is `logSize`.
    func logValue(logSize: Double) -> Double {
        guard predictor != nil else { return 0 }
        let growth = shape.logValue(logSize: logSize, logReference: logReference) - atReference
        if fixedShare == 0 { return growth }
        return .log(fixedShare + (1 - fixedShare) * .exp(growth))
    }
}
