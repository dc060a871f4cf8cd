// What a chain of steps over elements is made of: generic types, one inside the other, as the
// standard library's lazy sequences are. A terminal operation compiles in the user's module into
// one loop over a block of the source, with every step inlined. Sources are in RangeSource.swift,
// PagesSource.swift and TextSource.swift; steps in ElementStages.swift; what runs the loop in
// LoopKernels.swift.

public import SwoopElements

/// A source with the steps after it, known by its type; an instance holds only captured values.
public protocol _ChainStage: Sendable {
    /// What comes out.
    associatedtype Output
    /// Where it comes from.
    associatedtype Source: _ChainSource

    /// The source at the chain's beginning.
    var _source: Source { get }

    /// Calls `body` with everything that comes out of one block of the source, in order.
    func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws

    /// Appends the captured values of all steps.
    func _encodeFields(into writer: inout ValueWriter)

    /// Reads the captured values of all steps.
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError)

    /// The chain as the user would write it, such as `range.filter(isInside)`.
    static var _name: String { get }
}

/// Where the elements of a chain come from.
public protocol _ChainSource: _ChainStage where Source == Self {
    /// The elements of one stride.
    associatedtype Block

    /// The number of positions of a leaf of the reduction tree.
    static var _leafWidth: Int { get }

    /// Goes through the context's range in strides, none of which crosses the end of a leaf.
    ///
    /// `body` gets the elements of a stride and the position at which it ends; it answers whether
    /// to go on. It ends early where the host makes the range shorter at the end of a stride, which
    /// none of ours does.
    func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws
}

extension _ChainSource {
    /// Itself.
    @inlinable public var _source: Self { self }
}

/// Why a loop could not run over what it was given: a bug of whoever split the work.
@usableFromInline package enum ChainError: Error, Equatable, Sendable {
    /// No page holds the element at this index.
    case missingPage(element: Int)
    /// No text was lent, or one that begins too late.
    case missingText(at: Int)
}
