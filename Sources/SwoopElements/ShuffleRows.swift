// The rows of a part that are put into another order: collected as they come, looked at by number,
// and written in the wanted order as the pages of one output, a page for each partition.

/// Rows that a run collects.
public protocol _ShuffleRows {
    /// What a row is; borrowed from the rows where it is text.
    associatedtype Element
    /// The element as pages hold it.
    associatedtype _Stored: PageElement

    /// No rows; memory comes from the host.
    init(host: any _CallHost)

    /// The number of rows.
    var count: Int { get }

    /// Adds a row.
    mutating func append(_ element: Element) throws

    /// A row, valid until the next one is added.
    func element(_ row: Int) -> Element

    /// Writes rows as the run's output: a page for each range of `entries`, none where it is empty.
    func write(_ entries: [_SortEntry], _ ranges: [Range<Int>], to host: any _CallHost) throws

    /// An element of an opened page, borrowed from it.
    static func element(_ columns: _Stored._Columns, _ index: Int) -> Element
}

/// Rows of any type that pages hold.
public struct _ElementRows<Element: PageElement>: _ShuffleRows {
    /// The element itself.
    public typealias _Stored = Element

    @usableFromInline var elements: [Element] = []

    /// No rows.
    @inlinable public init(host: any _CallHost) {}
    /// The number of rows.
    @inlinable public var count: Int { elements.count }
    /// Adds a row.
    @inlinable public mutating func append(_ element: Element) { elements.append(element) }
    /// A row.
    @inlinable @inline(__always) public func element(_ row: Int) -> Element { elements[row] }
    /// An element of an opened page.
    @inlinable @inline(__always) public static func element(
        _ columns: Element._Columns, _ index: Int
    ) -> Element { columns[index] }

    /// Writes the rows.
    @inlinable public func write(
        _ entries: [_SortEntry], _ ranges: [Range<Int>], to host: any _CallHost
    ) throws {
        let builders = ranges.map { range in
            var builder = Element._Builder()
            for index in range { builder.append(elements[entries[index].row]) }
            return builder
        }
        try _write(builders, to: host)
    }
}

/// Writes pages as the output of a run, one after the other; those without rows take no bytes.
public func _write<_Builder: _PageBuilder>(
    _ builders: [_Builder], to host: any _CallHost
) throws where _Builder.Element: PageElement, _Builder.Element._Builder == _Builder {
    let sizes = builders.map { builder in
        _PageSize(byteCount: builder.count > 0 ? builder.pageByteCount : 0, count: builder.count)
    }
    let region = try unsafe host.pageRegion(parts: sizes)
    var offset = 0
    for (builder, size) in zip(builders, sizes) where size.byteCount > 0 {
        let end = offset + size.byteCount
        unsafe builder.writePage(
            into: UnsafeMutableRawBufferPointer(rebasing: region[offset..<end]))
        offset = end
    }
}

/// Rows of text: their bytes are copied once when they come, and once into the output.
@safe public struct _TextRows: _ShuffleRows {
    /// A row's bytes.
    public typealias Element = TextSlice
    /// Pages hold text as that of a String.
    public typealias _Stored = String

    @usableFromInline let host: any _CallHost
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    /// Where each row ends in the bytes.
    @usableFromInline var ends: [Int] = []

    /// No rows.
    public init(host: any _CallHost) {
        self.host = host
        unsafe base = UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
        capacity = 0
    }

    /// The number of rows.
    @inlinable public var count: Int { ends.count }

    /// Copies a row's bytes.
    @inlinable @inline(__always) public mutating func append(_ element: TextSlice) throws {
        let start = ends.last ?? 0
        let end = start + element.byteCount
        if end > capacity { try grow(to: end) }
        unsafe (base + start).copyMemory(from: element.base, byteCount: element.byteCount)
        ends.append(end)
    }

    @usableFromInline mutating func grow(to byteCount: Int) throws {
        let region = try unsafe host.scratch(byteCount: max(1 << 16, byteCount + byteCount / 2))
        guard let start = region.baseAddress else { return }
        unsafe base = start
        capacity = region.count
    }

    /// A row, valid until the next one is added.
    @inlinable @inline(__always) public func element(_ row: Int) -> TextSlice {
        let start = row == 0 ? 0 : ends[row - 1]
        return unsafe TextSlice(_base: UnsafeRawPointer(base + start), byteCount: ends[row] - start)
    }

    /// A text of an opened page.
    @inlinable @inline(__always) public static func element(
        _ columns: String._Columns, _ index: Int
    ) -> TextSlice {
        let bytes = unsafe columns._bytes(index)
        return unsafe TextSlice(
            _base: UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped), byteCount: bytes.count)
    }

    /// Writes the rows.
    public func write(
        _ entries: [_SortEntry], _ ranges: [Range<Int>], to host: any _CallHost
    ) throws {
        let sizes = ranges.map { range in
            let bytes = entries[range].reduce(0) { $0 + element($1.row).byteCount }
            return _PageSize(
                byteCount: range.isEmpty ? 0 : _TextPage.byteCount(rows: range.count, bytes: bytes),
                count: range.count)
        }
        let region = try unsafe host.pageRegion(parts: sizes)
        var offset = 0
        for (range, size) in zip(ranges, sizes) where size.byteCount > 0 {
            let end = offset + size.byteCount
            unsafe _TextPage.write(
                entries[range].lazy.map { element($0.row) }, count: range.count,
                into: UnsafeMutableRawBufferPointer(rebasing: region[offset..<end]))
            offset = end
        }
    }
}

/// A page of text, written straight from slices.
public enum _TextPage {
    /// The size of a page of so many rows that have so many bytes in all.
    public static func byteCount(rows: Int, bytes: Int) -> Int {
        _PageHeader.aligned(bytesOffset(rows: rows) + bytes)
    }

    private static func bytesOffset(rows: Int) -> Int {
        _PageHeader.aligned(_PageHeader.byteCount + (rows + 1) * 8)
    }

    /// Writes the page into a region of exactly the right size.
    public static func write(
        _ rows: some Sequence<TextSlice>, count: Int, into region: UnsafeMutableRawBufferPointer
    ) {
        guard let base = region.baseAddress else { return }
        let header = _PageHeader(
            layoutHash: String._layout.hash, count: count, byteCount: region.count)
        unsafe header.write(into: region)
        let offsets = unsafe (base + _PageHeader.byteCount).assumingMemoryBound(to: UInt64.self)
        let bytesOffset = bytesOffset(rows: count)
        unsafe offsets[0] = 0
        var row = 0
        var end = 0
        for slice in rows {
            precondition(
                row < count && bytesOffset + end + slice.byteCount <= region.count,
                "A page of text has the rows that it was made for.")
            unsafe (base + bytesOffset + end).copyMemory(
                from: slice.base, byteCount: slice.byteCount)
            end += slice.byteCount
            row += 1
            unsafe offsets[row] = UInt64(end)
        }
        precondition(row == count, "A page of text has the rows that it was made for.")
        let offsetsEnd = _PageHeader.byteCount + (count + 1) * 8
        unsafe (base + offsetsEnd).initializeMemory(
            as: UInt8.self, repeating: 0, count: bytesOffset - offsetsEnd)
        unsafe (base + bytesOffset + end).initializeMemory(
            as: UInt8.self, repeating: 0, count: region.count - bytesOffset - end)
    }
}

/// Opens the pages of a partition; those without rows are left out, the others keep their order.
@inlinable public func _openRuns<Rows: _ShuffleRows>(
    of type: Rows.Type, _ inputs: some Sequence<_InputPage>
) throws -> (pages: [Rows._Stored._Columns], counts: [Int]) {
    var pages: [Rows._Stored._Columns] = []
    var counts: [Int] = []
    for input in inputs {
        guard unsafe input.bytes.count > 0 else { continue }
        let (columns, count) = unsafe try _openPage(of: Rows._Stored.self, input.bytes)
        guard count <= Int(UInt32.max) else { throw _PageError.malformed("rows") }
        pages.append(columns)
        counts.append(count)
    }
    return (pages, counts)
}
