// How long the next stride may be: from the time that the last ones took. The clock is the
// caller's.

/// Adapts the length of strides so that one takes about half a millisecond.
package struct StridePacer: Sendable {
    /// What a stride should take, in nanoseconds: half of the millisecond that it may take at most.
    public static let target = 500_000
    /// The steepest growth from one stride to the next: costs differ along a source.
    public static let growthMax = 8
    /// The longest stride, in elements.
    public static let lengthMax = 1 << 40

    /// The length of the next stride, in elements; the first is 1, since nothing is known yet.
    public private(set) var length = 1

    /// Begins with a stride of one element.
    public init() {}

    /// Takes note of what a stride took and answers with the next one's length.
    public mutating func next(elements: Int, nanoseconds: Int) -> Int {
        let done = max(1, elements)
        let spent = max(1, nanoseconds)
        let fitting = Double(done) * Double(Self.target) / Double(spent)
        let limit = Double(min(done, Self.lengthMax) * Self.growthMax)
        length = max(1, Int(min(fitting, limit, Double(Self.lengthMax))))
        return length
    }
}
