// Functions whose cost grows in ways that are known, for measuring how well costs are forecast:
// small ones are run, larger ones are predicted, then run as well.

/// One function over sizes.
public struct Family: Sendable {
    /// A call of the function, its input made: what it returns keeps the work from being left out.
    public typealias Call = () -> UInt64

    /// How far a run is from what was learned.
    public enum Distance: Int, CaseIterable, Sendable {
        case four = 4
        case sixteen = 16
        case sixtyFour = 64
    }

    public let name: String
    /// Of the fourteen that were described beforehand (1–14), or one of six of our own (15–20).
    public let number: Int
    /// The features of runs that are learned from.
    public let pilots: [[Double]]
    /// The features of runs that are predicted.
    public let heldOut: [(distance: Distance, features: [Double])]
    /// Whether something hidden decides over the cost: only ranges can be right.
    public let isHidden: Bool
    private let make: @Sendable ([Int], inout Dice) -> Call

    init(
        _ number: Int, _ name: String, pilots: [[Double]],
        heldOut: [(distance: Distance, features: [Double])], isHidden: Bool = false,
        make: @escaping @Sendable ([Int], inout Dice) -> Call
    ) {
        self.number = number
        self.name = name
        self.pilots = pilots
        self.heldOut = heldOut
        self.isHidden = isHidden
        self.make = make
    }

    /// One size, doubled: five to learn from, three to predict.
    init(
        _ number: Int, _ name: String, from least: Int, isHidden: Bool = false,
        make: @escaping @Sendable (Int, inout Dice) -> Call
    ) {
        let sizes = (0..<5).map { Double(least << $0) }
        self.init(
            number, name, pilots: sizes.map { [$0] },
            heldOut: Distance.allCases.map { ($0, [sizes[4] * Double($0.rawValue)]) },
            isHidden: isHidden
        ) { make($0[0], &$1) }
    }

    /// Makes the input for these features; the seed decides what is in it.
    public func call(_ features: [Double], seed: UInt64) -> Call {
        var dice = Dice(seed: seed)
        return make(features.map { Int($0) }, &dice)
    }

    /// All, in the order of their numbers.
    public static var all: [Family] {
        [
            sorting, matrices, fourier, parsing, matching, sampling, compressing, sieving,
            grouping, ranking, blurring, queens, neighbours, branching,
            editing, merging, searching, recursion, elimination, fractal,
        ]
    }
}

/// Random numbers by a seed (SplitMix64).
public struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func doubles(_ count: Int) -> [Double] { (0..<count).map { _ in uniform() } }
}
