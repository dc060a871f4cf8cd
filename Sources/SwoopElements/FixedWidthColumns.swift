// The columns of numbers, Bool and String: a section of raw values; a byte each; offsets and UTF-8.
// Loads are inlined into the user's loops and unchecked: opening the page has checked the bounds.

/// A section of numbers of fixed width.
@safe @frozen
public struct _FixedWidthColumns<Element: _FixedWidthValue>: _PageColumns, BitwiseCopyable {
    @usableFromInline let base: UnsafePointer<Element>

    /// Takes one section.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        let width = MemoryLayout<Element>.stride
        unsafe base = try page.section(count: count, width: width)
            .assumingMemoryBound(to: Element.self)
    }

    /// The number at `index`.
    @inlinable @inline(__always) public subscript(_ index: Int) -> Element { unsafe base[index] }

    /// The numbers in `range`, copied at once.
    @inlinable public func _array(_ range: Range<Int>) -> [Element] {
        unsafe Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }
}

/// Collects numbers of fixed width.
public struct _FixedWidthBuilder<Element: _FixedWidthValue>: _PageBuilder {
    @usableFromInline var elements: [Element] = []

    /// Makes an empty builder.
    @inlinable public init() {}

    /// The number of elements collected.
    @inlinable public var count: Int { elements.count }

    /// Adds a number.
    @inlinable public mutating func append(_ element: Element) { elements.append(element) }

    /// Adds a zero.
    @inlinable public mutating func appendAbsent() { elements.append(Element()) }

    /// One section.
    public func end(from start: Int) -> Int {
        _PageHeader.aligned(start) + elements.count * MemoryLayout<Element>.stride
    }

    /// Writes one section.
    public func write(into page: inout _PageWriting) { page.section(elements) }

    /// Forgets the numbers.
    public mutating func removeAll() { elements.removeAll(keepingCapacity: true) }

    /// Makes room.
    public mutating func _reserve(_ count: Int) { elements.reserveCapacity(count) }
}

/// A number that pages hold as it lies in memory.
public protocol FixedWidthElement: _FixedWidthValue, PageElement
where _Columns == _FixedWidthColumns<Self>, _Builder == _FixedWidthBuilder<Self> {}

extension FixedWidthElement {
    /// The size of a page of so many numbers.
    package static func pageByteCount(of count: Int) -> Int {
        _PageHeader.aligned(_PageHeader.byteCount + count * MemoryLayout<Self>.stride)
    }

    /// Hands the bytes of a page of these numbers to `take`, in order: the numbers as they lie in
    /// memory.
    package static func writePage(
        of numbers: ArraySlice<Self>, to take: (UnsafeRawBufferPointer) -> Void
    ) {
        let size = pageByteCount(of: numbers.count)
        unsafe _PageHeader(layoutHash: _layout.hash, count: numbers.count, byteCount: size)
            .withBytes(take)
        unsafe numbers.withUnsafeBytes { bytes in
            if bytes.count > 0 { unsafe take(bytes) }
            let gap = [UInt8](repeating: 0, count: size - _PageHeader.byteCount - bytes.count)
            unsafe gap.withUnsafeBytes { if $0.count > 0 { unsafe take($0) } }
        }
    }
}

extension Int: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i64", width: 8) }
}

extension Int8: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i8", width: 1) }
}

extension Int16: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i16", width: 2) }
}

extension Int32: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i32", width: 4) }
}

extension Int64: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i64", width: 8) }
}

extension UInt: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u64", width: 8) }
}

extension UInt8: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u8", width: 1) }
}

extension UInt16: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u16", width: 2) }
}

extension UInt32: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u32", width: 4) }
}

extension UInt64: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u64", width: 8) }
}

extension Int128: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("i128", width: 16) }
}

extension UInt128: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("u128", width: 16) }
}

extension Float: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("f32", width: 4) }
}

extension Double: FixedWidthElement {
    /// Numbers of fixed width.
    public static var _layout: _PageLayout { _PageLayout("f64", width: 8) }
}

extension Bool: PageElement {
    /// The layout of a Bool: a byte, false if it is zero.
    public static var _layout: _PageLayout { _PageLayout("bool", width: 1) }

    /// A byte for each.
    @frozen public struct _Columns: _PageColumns, BitwiseCopyable {
        @usableFromInline let bytes: _FixedWidthColumns<UInt8>

        /// Takes one section.
        public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
            bytes = try _FixedWidthColumns(opening: &page, count: count)
        }

        /// The value at `index`; any byte but zero is true.
        @inlinable @inline(__always) public subscript(_ index: Int) -> Bool { bytes[index] != 0 }
    }

    /// Collects a byte for each.
    public struct _Builder: _PageBuilder {
        @usableFromInline var bytes = _FixedWidthBuilder<UInt8>()

        /// Makes an empty builder.
        @inlinable public init() {}
        /// The number of elements collected.
        @inlinable public var count: Int { bytes.count }
        /// Adds a value.
        @inlinable public mutating func append(_ element: Bool) { bytes.append(element ? 1 : 0) }
        /// Adds false.
        @inlinable public mutating func appendAbsent() { bytes.append(0) }
        /// One section.
        public func end(from start: Int) -> Int { bytes.end(from: start) }
        /// Writes one section.
        public func write(into page: inout _PageWriting) { bytes.write(into: &page) }
        /// Forgets the values.
        public mutating func removeAll() { bytes.removeAll() }
    }
}

extension String: PageElement {
    /// The layout of text: offsets and UTF-8.
    public static var _layout: _PageLayout { _PageLayout("utf8") }

    /// Offsets and bytes.
    @safe @frozen public struct _Columns: _PageColumns, BitwiseCopyable {
        @usableFromInline let offsets: UnsafePointer<UInt64>
        @usableFromInline let bytes: UnsafePointer<UInt8>
        @usableFromInline let total: Int

        /// Takes two sections, and looks at neither: a chain that does not use the column reads
        /// nothing of it. Offsets are checked, and UTF-8 is, where a String is made.
        public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
            let (pointer, total) = try unsafe page.uncheckedOffsets(count: count)
            unsafe offsets = pointer
            self.total = total
            unsafe bytes = try page.section(count: total, width: 1)
                .assumingMemoryBound(to: UInt8.self)
        }

        /// The text at `index`; bytes that are no UTF-8 become U+FFFD.
        @inlinable @inline(__always) public subscript(_ index: Int) -> String { _text(index) }

        /// Makes a String. It has no effect but its result, as the attribute says, so that a loop
        /// which does not use the column makes none.
        @_effects(readonly) @inline(never) public func _text(_ index: Int) -> String {
            unsafe String(decoding: _bytes(index), as: UTF8.self)
        }

        /// The text at `index`, lent in place.
        @inlinable @inline(__always) public func _slice(_ index: Int) -> TextSlice {
            let start = unsafe Int(truncatingIfNeeded: offsets[index])
            let end = unsafe Int(truncatingIfNeeded: offsets[index + 1])
            return unsafe TextSlice(
                _base: UnsafeRawPointer(bytes) + start, byteCount: end &- start)
        }

        /// The bytes of the text at `index`, without making a String.
        @inlinable @inline(__always) public func _bytes(_ index: Int) -> UnsafeBufferPointer<UInt8>
        {
            let start = unsafe Int(truncatingIfNeeded: offsets[index])
            let end = unsafe Int(truncatingIfNeeded: offsets[index + 1])
            // Damaged offsets give an empty text, never bytes from elsewhere.
            guard start >= 0, start <= end, end <= total else {
                return unsafe UnsafeBufferPointer(start: bytes, count: 0)
            }
            return unsafe UnsafeBufferPointer(start: bytes + start, count: end &- start)
        }
    }

    /// Collects texts end to end.
    public struct _Builder: _PageBuilder {
        @usableFromInline var offsets: [UInt64] = [0]
        @usableFromInline var bytes: [UInt8] = []

        /// Makes an empty builder.
        @inlinable public init() {}
        /// The number of elements collected.
        @inlinable public var count: Int { offsets.count - 1 }

        /// Adds a text.
        @inlinable public mutating func append(_ element: String) {
            bytes.append(contentsOf: element.utf8)
            offsets.append(UInt64(truncatingIfNeeded: bytes.count))
        }

        /// Adds an empty text.
        @inlinable public mutating func appendAbsent() {
            offsets.append(UInt64(truncatingIfNeeded: bytes.count))
        }

        /// Two sections.
        public func end(from start: Int) -> Int {
            _PageHeader.aligned(_PageHeader.aligned(start) + offsets.count * 8) + bytes.count
        }

        /// Writes the offsets and the bytes.
        public func write(into page: inout _PageWriting) {
            page.section(offsets)
            page.section(bytes)
        }

        /// Forgets the texts.
        public mutating func removeAll() {
            offsets.removeAll(keepingCapacity: true)
            offsets.append(0)
            bytes.removeAll(keepingCapacity: true)
        }

        /// Makes room for texts of a few letters.
        public mutating func _reserve(_ count: Int) {
            offsets.reserveCapacity(count + 1)
            bytes.reserveCapacity(count * 8)
        }
    }
}
