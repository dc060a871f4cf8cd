// Parts of a stored collection by the elements' places in it: slices, and samples that are the same
// in every run.

public import SwoopElements

/// Chooses elements by their index in the whole collection.
public protocol _IndexChoice: RemoteValue {
    /// Whether the element at an index is chosen.
    func includes(_ index: Int) -> Bool
    /// How the choice is spelled in the name of a loop.
    static var _name: String { get }
}

/// The elements of a collection that are chosen by index; positions are indices in the whole.
@frozen public struct _ChosenPages<Element: PageElement, Choice: _IndexChoice>: _ChainSource {
    /// An element.
    public typealias Output = Element
    /// Itself.
    public typealias Source = _ChosenPages<Element, Choice>

    /// Rows of one opened page, and where they end in the whole.
    @frozen public struct Block {
        @usableFromInline let rows: _PagesSource<Element>.Block
        @usableFromInline let end: Int

        @inlinable init(_ rows: _PagesSource<Element>.Block, end: Int) {
            self.rows = rows
            self.end = end
        }
    }

    @usableFromInline let choice: Choice

    /// Chooses elements.
    @inlinable public init(_ choice: Choice) { self.choice = choice }

    /// Reads the choice.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        choice = try Choice(decoding: &reader)
    }

    /// Appends the choice.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        choice.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "array.\(Choice._name)" }
    /// Leaves of 65,536 elements of the whole.
    @inlinable public static var _leafWidth: Int { _PagesSource<Element>._leafWidth }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        try _PagesSource<Element>()._walk(&context) { rows, end in
            try body(Block(rows, end: end), end)
        }
    }

    /// Calls `body` with each element that is chosen.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Element) throws -> Void) throws {
        let columns = block.rows.columns
        let before = block.end &- block.rows.rows.upperBound
        for row in block.rows.rows where choice.includes(before &+ row) {
            try body(columns[row])
        }
    }
}

/// The elements of a range of indices.
@frozen public struct _IndexRange: _IndexChoice {
    @usableFromInline let lower: Int
    @usableFromInline let upper: Int

    /// Chooses a range.
    @inlinable public init(_ range: Range<Int>) {
        (lower, upper) = (range.lowerBound, range.upperBound)
    }

    /// Reads the range.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        lower = try Int(decoding: &reader)
        upper = try Int(decoding: &reader)
    }

    /// Appends the range.
    public func encode(into writer: inout ValueWriter) {
        lower.encode(into: &writer)
        upper.encode(into: &writer)
    }

    /// Whether the range holds the index.
    @inlinable @inline(__always) public func includes(_ index: Int) -> Bool {
        lower <= index && index < upper
    }

    /// The choice's name.
    public static var _name: String { "slice" }
}

/// Each element with the same chance, drawn from its index and a seed.
@frozen public struct _IndexDraw: _IndexChoice {
    @usableFromInline let seed: UInt64
    /// Indices whose number is below are chosen.
    @usableFromInline let limit: UInt64

    /// Chooses a fraction, from 0 to 1, of the indices.
    public init(fraction: Double, seed: UInt64) {
        self.seed = seed
        let scaled = fraction.isNaN ? 0 : Swift.max(0, Swift.min(fraction, 1)) * 0x1p64
        limit = scaled >= 0x1p64 ? .max : UInt64(scaled)
    }

    /// Reads the draw.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        seed = try UInt64(decoding: &reader)
        limit = try UInt64(decoding: &reader)
    }

    /// Appends the draw.
    public func encode(into writer: inout ValueWriter) {
        seed.encode(into: &writer)
        limit.encode(into: &writer)
    }

    /// Whether the index is drawn.
    @inlinable @inline(__always) public func includes(_ index: Int) -> Bool {
        limit == .max || Self.number(index, seed) < limit
    }

    /// A number for an index that looks like chance: SplitMix64.
    @inlinable public static func number(_ index: Int, _ seed: UInt64) -> UInt64 {
        let place = UInt64(truncatingIfNeeded: index) &+ 1
        var mixed = seed &+ place &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// The choice's name.
    public static var _name: String { "sample" }
}

/// Elements with numbers drawn from their indices.
@frozen @usableFromInline package struct DrawnPages<Element: PageElement>: _ChainSource {
    /// The number, and the element with its index.
    public typealias Output = Pair<UInt64, Pair<Int, Element>>
    /// Itself.
    public typealias Source = DrawnPages<Element>
    /// Rows of one opened page, and where they end in the whole.
    public typealias Block = _ChosenPages<Element, _IndexDraw>.Block

    @usableFromInline let seed: UInt64

    /// Draws by a seed.
    @inlinable public init(seed: UInt64) { self.seed = seed }

    /// Reads the seed.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        seed = try UInt64(decoding: &reader)
    }

    /// Appends the seed.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        seed.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "array.drawn" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { _PagesSource<Element>._leafWidth }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        try _PagesSource<Element>()._walk(&context) { rows, end in
            try body(Block(rows, end: end), end)
        }
    }

    /// Calls `body` with each element.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        let columns = block.rows.columns
        let before = block.end &- block.rows.rows.upperBound
        for row in block.rows.rows {
            let index = before &+ row
            try body(Pair(_IndexDraw.number(index, seed), Pair(index, columns[row])))
        }
    }
}

/// So many elements with the smallest drawn numbers, in the order of the collection.
@frozen @usableFromInline package struct SampleReduction<Element: RemoteValue>: ExactReduction {
    /// What is drawn.
    public typealias Drawn = Pair<UInt64, Pair<Int, Element>>
    /// The smallest numbers so far.
    public typealias Partial = BestElements<UInt64, Pair<Int, Element>>

    @usableFromInline let limit: Int

    /// Keeps so many.
    @inlinable public init(_ limit: Int) { self.limit = Swift.max(0, limit) }
    /// None.
    @inlinable public var identity: Partial { Partial() }
    /// The element with its number.
    @inlinable public func lift(_ element: Drawn) -> Drawn { element }
    /// Takes an element in.
    @inlinable public func fold(_ raw: Drawn, into partial: inout Partial) {
        partial.add(raw.first, raw.second, limit: limit, largestFirst: false)
    }
    /// The smallest of both.
    @inlinable public func combine(_ right: Partial, into left: inout Partial) {
        for (number, element) in zip(right.keys, right.elements) {
            left.add(number, element, limit: limit, largestFirst: false)
        }
    }
    /// The elements.
    @inlinable public func answer(_ partial: Partial) -> [Element] {
        partial.best(limit, largestFirst: false).map { partial.elements[$0] }
            .sorted { $0.first < $1.first }.map(\.second)
    }
    /// Appends the number.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        limit.encode(into: &writer)
    }
    /// Reads the number.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        limit = try Int(decoding: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "sample" }
}

extension ProxyArray {
    /// The elements of a range of indices.
    ///
    /// Nothing traps where it goes beyond the end, since the length is not known while the plan is
    /// recorded: `array[3..<9]` of five elements has two. One that begins below 0 is an error.
    @inlinable @inline(__always)
    public subscript(_ range: Range<Int>) -> Chain<_ChosenPages<Element, _IndexRange>> {
        let recorder = _currentRecorder()
        recorder._check(range.lowerBound, "a slice that begins at index %")
        return Chain<_ChosenPages<Element, _IndexRange>>(
            _ChosenPages(_IndexRange(range)), .pages(_handle), recorder)
    }

    /// The elements of a range of indices with its last one.
    @inlinable @inline(__always)
    public subscript(_ range: ClosedRange<Int>) -> Chain<_ChosenPages<Element, _IndexRange>> {
        let (end, isBeyond) = range.upperBound.addingReportingOverflow(1)
        return self[range.lowerBound..<(isBeyond ? Int.max : end)]
    }

    /// The elements of a range of indices with one end: `array[..<4]`, `array[2...]`.
    @inlinable @inline(__always) @_disfavoredOverload
    public subscript(
        _ range: some RangeExpression<Int>
    ) -> Chain<_ChosenPages<Element, _IndexRange>> { self[range.relative(to: 0..<Int.max)] }

    /// About a fraction of the elements, drawn from their indices: the same ones for the same seed,
    /// on any number of nodes.
    ///
    /// - Parameter fraction: from 0 to 1; anything else is an error.
    @inlinable @inline(__always)
    public func sample(
        fraction: Double, seed: UInt64
    ) -> Chain<_ChosenPages<Element, _IndexDraw>> {
        let recorder = _currentRecorder()
        recorder._check(fraction: fraction)
        return Chain<_ChosenPages<Element, _IndexDraw>>(
            _ChosenPages(_IndexDraw(fraction: fraction, seed: seed)), .pages(_handle), recorder)
    }

    /// So many elements, or all if there are fewer, each with the same chance, in their order: the
    /// same ones for the same seed, on any number of nodes; a count below 0 is an error.
    @inlinable @inline(__always)
    public func sample(count: Int, seed: UInt64) -> Proxy<[Element]> {
        let recorder = _currentRecorder()
        recorder._check(count, "a sample of % elements")
        return Chain<DrawnPages<Element>>(
            DrawnPages(seed: seed), .pages(_handle), recorder
        ).reduce(SampleReduction<Element>(count))
    }

    /// The elements of both, the left ones first; nothing is copied.
    public static func + (left: ProxyArray, right: ProxyArray) -> ProxyArray {
        ProxyArray(_handle: left._handle.joined(with: right._handle))
    }
}

extension _ProxyHandle {
    /// A handle of both's pages.
    func joined(with other: _ProxyHandle) -> _ProxyHandle {
        if other.recording.session !== recording.session {
            let plan = currentRecording()
            plan.fail(SwoopError(.invalidPlan, "arrays of two clusters cannot be one"))
            return _ProxyHandle(PlanRecording(session: .nowhere), pages: [])
        }
        return _ProxyHandle(recording, pages: [self, other])
    }
}
