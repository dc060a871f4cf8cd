// What can be folded over a source in parts: a monoid with its way in (an element becomes a value
// that can travel) and its way out (the partial result becomes the answer). The tree that fixes the
// order of the steps is in TreePartial.swift; the reductions that users name are the surface's.

/// A fold whose parts can be done anywhere and combined.
///
/// `combine` must be associative and `identity` neutral, up to rounding; the order of all steps is
/// fixed by the source, so that rounding is the same on any number of nodes. So is whether a step
/// throws: a reduction that is not an `ExactReduction` meets the same partial results everywhere.
public protocol Reduction: Sendable {
    /// What the chain yields.
    associatedtype Element
    /// What is left of an element after the functions of the reduction, such as its key and number.
    associatedtype Raw: RemoteValue
    /// The result of a part.
    associatedtype Partial: RemoteValue
    /// The answer.
    associatedtype Answer: Sendable

    /// The result of no elements.
    var identity: Partial { get }
    /// Turns an element into what is folded.
    func lift(_ element: Element) throws -> Raw
    /// Adds one raw value on the right.
    func fold(_ raw: Raw, into partial: inout Partial) throws
    /// Reads what the next fold will need that a partial result only refers to, so that this is in
    /// the cache; the answer is of no meaning.
    func _fetch(_ partial: borrowing Partial) -> UInt8
    /// Adds the part that follows on the right.
    func combine(_ right: Partial, into left: inout Partial) throws
    /// Makes the answer of the result of everything.
    func answer(_ partial: Partial) throws -> Answer
    /// Whether no further element on the right can change the result: none is computed then.
    func isComplete(_ partial: Partial) -> Bool
    /// Keeps what was thrown by the element behind those of a partial result, which may not be
    /// needed: `answer` throws it if it is. False: the run fails with it.
    func _keep(_ failure: @autoclosure () -> _KeptFailure, in partial: inout Partial) -> Bool

    /// Appends captured values.
    func _encodeFields(into writer: inout ValueWriter)
    /// Reads captured values.
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError)
    /// How the reduction is spelled in the name of a loop.
    static var _name: String { get }
    /// Whether the same result comes out however the parts are cut: no tree is needed.
    static var _isExact: Bool { get }
}

extension Reduction {
    /// No: as `ExactReduction` says of itself.
    @inlinable public static var _isExact: Bool { false }
    /// Nothing.
    @inlinable @inline(__always) public func _fetch(_ partial: borrowing Partial) -> UInt8 { 0 }
    /// Never.
    @inlinable public func isComplete(_ partial: Partial) -> Bool { false }
    /// Not kept.
    @inlinable public func _keep(
        _ failure: @autoclosure () -> _KeptFailure, in partial: inout Partial
    ) -> Bool { false }
}

/// An error of a function in a chain that matters only if its element is needed.
public struct _KeptFailure: Error, RemoteValue, Hashable, CustomStringConvertible {
    /// What the error says of itself, or its beginning.
    public let description: String
    /// The error's type.
    public let type: String
    /// Whether it is about a row or record of a file.
    public let isOfSource: Bool
    /// Where it was thrown, as offsets in the program.
    public let frames: [UInt64]

    private static let textMax = 4_096

    /// Keeps an error that was thrown just now.
    public init(_ error: any Error, frames: [UInt64] = []) {
        self.frames = frames
        let text = "\(error)"
        description =
            text.utf8.count <= Self.textMax
            ? text : String(decoding: text.utf8.prefix(Self.textMax), as: UTF8.self) + "…"
        type = String(reflecting: Swift.type(of: error))
        isOfSource = error is CSVError || error is RecordError
    }

    /// Reads everything.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        description = try String(decoding: &reader)
        type = try String(decoding: &reader)
        isOfSource = try Bool(decoding: &reader)
        frames = try [UInt64](decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        description.encode(into: &writer)
        type.encode(into: &writer)
        isOfSource.encode(into: &writer)
        frames.encode(into: &writer)
    }
}

/// A reduction that gives the same result however its parts are cut, so long as they are combined
/// from left to right: it needs no tree.
///
/// It fails if and only if its total does. Which partial results `fold` and `combine` meet depends
/// on the number of cores, so that they must accept all of them: keep what can overflow in a wider
/// type (`IntegerTotal` for sums of integers), and let `answer` throw where the total does not fit.
/// A step may throw only what nothing that follows can mend, such as a collection that is too large
/// already; a step that traps ends its process on one number of cores and not on another.
public protocol ExactReduction: Reduction {}

extension ExactReduction {
    /// Yes.
    @inlinable public static var _isExact: Bool { true }
}

/// Why partial results do not fit together: a bug of whoever split the work.
@usableFromInline package enum ReductionError: Error, Hashable, Sendable {
    /// Two parts cover the same positions.
    case overlap
    /// Positions are missing between or before the parts.
    case gap
    /// The parts are of trees with leaves of different width.
    case otherLeafWidth
}
