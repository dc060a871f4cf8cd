// The columns of types made of other page elements: optionals (a byte and the value's columns),
// arrays (offsets and the elements' columns) and Pair, the two-field record that stands for keyed
// data, since tuples conform to nothing.

/// Two values side by side: a key and its value, an index and its element.
public struct Pair<First, Second> {
    /// The first value; of keyed data, the key.
    public var first: First
    /// The second value.
    public var second: Second

    /// Joins two values.
    @inlinable public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }
}

extension Pair: CustomDebugStringConvertible {
    /// Both values in parentheses, as they are written in code: what `print` writes too.
    public var debugDescription: String {
        "(\(String(reflecting: first)), \(String(reflecting: second)))"
    }
}

extension Pair: Sendable where First: Sendable, Second: Sendable {}
extension Pair: Equatable where First: Equatable, Second: Equatable {}
extension Pair: Hashable where First: Hashable, Second: Hashable {}

extension Pair: Comparable where First: Comparable, Second: Comparable {
    /// Orders by the first value, then by the second; texts by their bytes, as sorts have them.
    @inlinable public static func < (left: Pair, right: Pair) -> Bool {
        if _comesBefore(left.first, right.first) { return true }
        if _comesBefore(right.first, left.first) { return false }
        return _comesBefore(left.second, right.second)
    }
}

extension Pair: RemoteValue where First: RemoteValue, Second: RemoteValue {
    /// Both.
    public static var _byteCountMin: Int { First._byteCountMin + Second._byteCountMin }

    /// Both, if both are fixed.
    public static var _fixedByteCount: Int? {
        SwoopElements._fixedByteCount([First._fixedByteCount, Second._fixedByteCount])
    }

    /// Appends both values.
    @inlinable public func encode(into writer: inout ValueWriter) {
        first.encode(into: &writer)
        second.encode(into: &writer)
    }

    /// Reads both values.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        first = try First(decoding: &reader)
        second = try Second(decoding: &reader)
    }
}

/// The columns of the first, then those of the second.
public struct _PairColumns<First: PageElement, Second: PageElement>: _PageColumns {
    /// What a row is.
    public typealias Element = Pair<First, Second>

    @usableFromInline let first: First._Columns
    @usableFromInline let second: Second._Columns

    /// Takes the sections of both.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        first = try First._Columns(opening: &page, count: count)
        second = try Second._Columns(opening: &page, count: count)
    }

    /// The pair at `index`.
    @inlinable @inline(__always) public subscript(_ index: Int) -> Element {
        Pair(first[index], second[index])
    }
}

/// Collects both.
public struct _PairBuilder<First: PageElement, Second: PageElement>: _PageBuilder {
    /// What a row is.
    public typealias Element = Pair<First, Second>

    @usableFromInline var first = First._Builder()
    @usableFromInline var second = Second._Builder()

    /// Makes an empty builder.
    @inlinable public init() {}
    /// The number of elements collected.
    @inlinable public var count: Int { first.count }

    /// Adds a pair.
    @inlinable public mutating func append(_ element: Element) {
        first.append(element.first)
        second.append(element.second)
    }

    /// Adds two absent values.
    @inlinable public mutating func appendAbsent() {
        first.appendAbsent()
        second.appendAbsent()
    }

    /// The sections of both.
    public func end(from start: Int) -> Int { second.end(from: first.end(from: start)) }

    /// Writes the sections of both.
    public func write(into page: inout _PageWriting) {
        first.write(into: &page)
        second.write(into: &page)
    }

    /// Forgets the pairs.
    public mutating func removeAll() {
        first.removeAll()
        second.removeAll()
    }

    /// Makes room in both.
    public mutating func _reserve(_ count: Int) {
        first._reserve(count)
        second._reserve(count)
    }
}

extension Pair: PageElement where First: PageElement, Second: PageElement {
    /// Reads them from a page.
    public typealias _Columns = _PairColumns<First, Second>
    /// Writes them into a page.
    public typealias _Builder = _PairBuilder<First, Second>

    /// The layout of a pair.
    public static var _layout: _PageLayout {
        _PageLayout(
            "pair(\(First._layout.text), \(Second._layout.text))",
            width: _PageLayout.sum([First._layout.width, Second._layout.width]))
    }
}

/// A byte that says whether there is a value, and the values' columns.
public struct _OptionalColumns<Wrapped: PageElement>: _PageColumns {
    /// What a row is.
    public typealias Element = Wrapped?

    @usableFromInline let present: Bool._Columns
    @usableFromInline let values: Wrapped._Columns

    /// Takes the sections of both.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        present = try Bool._Columns(opening: &page, count: count)
        let outer = page.presence
        page.presence = present
        values = try Wrapped._Columns(opening: &page, count: count)
        page.presence = outer
    }

    /// The value at `index`, if there is one.
    @inlinable @inline(__always) public subscript(_ index: Int) -> Wrapped? {
        present[index] ? values[index] : nil
    }
}

/// Collects both.
public struct _OptionalBuilder<Wrapped: PageElement>: _PageBuilder {
    /// What a row is.
    public typealias Element = Wrapped?

    @usableFromInline var present = Bool._Builder()
    @usableFromInline var values = Wrapped._Builder()

    /// Makes an empty builder.
    @inlinable public init() {}
    /// The number of elements collected.
    @inlinable public var count: Int { present.count }

    /// Adds a value or its absence.
    @inlinable public mutating func append(_ element: Wrapped?) {
        guard let value = element else { return appendAbsent() }
        present.append(true)
        values.append(value)
    }

    /// Adds nil.
    @inlinable public mutating func appendAbsent() {
        present.append(false)
        values.appendAbsent()
    }

    /// The sections of both.
    public func end(from start: Int) -> Int { values.end(from: present.end(from: start)) }

    /// Writes the sections of both.
    public func write(into page: inout _PageWriting) {
        present.write(into: &page)
        values.write(into: &page)
    }

    /// Forgets the values.
    public mutating func removeAll() {
        present.removeAll()
        values.removeAll()
    }
}

extension Optional: PageElement where Wrapped: PageElement {
    /// Reads them from a page.
    public typealias _Columns = _OptionalColumns<Wrapped>
    /// Writes them into a page.
    public typealias _Builder = _OptionalBuilder<Wrapped>

    /// The layout of an optional.
    public static var _layout: _PageLayout { _PageLayout("optional(\(Wrapped._layout.text))") }
}

/// Offsets, and the columns of all elements end to end.
@safe public struct _ArrayColumns<Value: PageElement>: _PageColumns {
    /// What a row is.
    public typealias Element = [Value]

    @usableFromInline let offsets: UnsafePointer<UInt64>
    @usableFromInline let values: Value._Columns

    /// Takes the offsets and the elements' sections.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        let (pointer, total) = try unsafe page.offsets(count: count)
        unsafe offsets = pointer
        let outer = page.presence
        page.presence = nil
        values = try Value._Columns(opening: &page, count: total)
        page.presence = outer
    }

    /// The array at `index`.
    @inlinable @inline(__always) public subscript(_ index: Int) -> [Value] { _elements(index) }

    /// Makes an array. It has no effect but its result, as the attribute says, so that a loop which
    /// does not use the column makes none.
    @_effects(readonly) @inlinable @inline(never) public func _elements(_ index: Int) -> [Value] {
        let start = unsafe Int(truncatingIfNeeded: offsets[index])
        let end = unsafe Int(truncatingIfNeeded: offsets[index + 1])
        return values._array(start..<end)
    }
}

/// Collects elements end to end.
public struct _ArrayBuilder<Value: PageElement>: _PageBuilder {
    /// What a row is.
    public typealias Element = [Value]

    @usableFromInline var offsets: [UInt64] = [0]
    @usableFromInline var values = Value._Builder()

    /// Makes an empty builder.
    @inlinable public init() {}
    /// The number of arrays collected.
    @inlinable public var count: Int { offsets.count - 1 }

    /// Where such rows are in opened pages.
    public typealias Columns = _ArrayColumns<Value>

    /// Adds an array.
    @inlinable public mutating func append(_ element: [Value]) {
        for value in element { values.append(value) }
        appendAbsent()
    }

    /// Ends an array.
    @inlinable public mutating func appendAbsent() {
        offsets.append(UInt64(truncatingIfNeeded: values.count))
    }

    /// The offsets and the elements' sections.
    public func end(from start: Int) -> Int {
        values.end(from: _PageHeader.aligned(start) + offsets.count * 8)
    }

    /// Writes the offsets and the elements.
    public func write(into page: inout _PageWriting) {
        page.section(offsets)
        values.write(into: &page)
    }

    /// Forgets the arrays.
    public mutating func removeAll() {
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        values.removeAll()
    }
}

extension Array: PageElement where Element: PageElement {
    /// Reads them from a page.
    public typealias _Columns = _ArrayColumns<Element>
    /// Writes them into a page.
    public typealias _Builder = _ArrayBuilder<Element>

    /// The layout of an array.
    public static var _layout: _PageLayout { _PageLayout("array(\(Element._layout.text))") }
}
