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
    /// The elements that a loop went over.
    case elements

    /// The size, never negative; nil where it is not known.
    func value(features: [Double], elements: Double) -> Double? {
        switch self {
        case .feature(let index): Self.magnitude(features, index)
        case .product(let first, let second):
            if let left = Self.magnitude(features, first),
                let right = Self.magnitude(features, second)
            {
                left * right
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

    var isFeature: Bool {
        if case .feature = self { true } else { false }
    }

    /// Simpler ones first: a product must be deserved.
    var priorWeight: Double {
        if case .product = self { 0.35 } else { 1 }
    }

    /// Features that take part in products: of `n` there are n (n - 1) / 2.
    private static let productFeatureLimit = 4
    /// Features looked at.
    private static let featureLimit = 8

    /// What runs with these sizes could depend on.
    static func candidates(for records: [RunRecord]) -> [Predictor] {
        let count = min(featureLimit, records.map(\.features.count).max() ?? 0)
        var candidates: [Predictor] = (0..<count).map { .feature($0) }
        for first in 0..<min(count, productFeatureLimit) {
            for second in (first + 1)..<max(first + 1, min(count, productFeatureLimit)) {
                candidates.append(.product(first, second))
            }
        }
        if records.contains(where: { $0.elements != 1 }) { candidates.append(.elements) }
        return candidates
    }
}

/// A shape of growth with a size z: z^exponent, times log z where `isLogarithmic`, times 1 + z /
/// bend where there is a bend.
struct GrowthShape: Hashable, Sendable {
    var exponent: Double
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
        for bend in [0.125, 0.5, 2, 8] {
            shapes.append(
                GrowthShape(exponent: 1, bend: bend, priorWeight: 0.5, takesFixedPart: false))
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
