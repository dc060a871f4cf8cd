// The 64 bytes in front of every page, and the two cursors that walk a page's sections. A section
// begins at a multiple of 64 bytes; where it begins follows from the sections before it, so that no
// table of offsets needs checking. This file is where page pointers are formed.

/// The first 64 bytes of a page: magic number, version, layout hash, count, size; the rest is zero.
public struct _PageHeader: Hashable, Sendable {
    /// The size of a header, and the alignment of pages and sections.
    public static let byteCount = 64
    /// The first eight bytes: "SWOOPPG" and the version 1.
    public static let magic: UInt64 = 0x0147_5050_4f4f_5753

    /// The hash of the element's layout.
    public var layoutHash: UInt64
    /// The number of elements.
    public var count: Int
    /// The size of the whole page, header included.
    public var byteCount: Int

    /// Describes a page.
    public init(layoutHash: UInt64, count: Int, byteCount: Int) {
        self.layoutHash = layoutHash
        self.count = count
        self.byteCount = byteCount
    }

    /// Reads the header of a page of any layout.
    public init(reading bytes: UnsafeRawBufferPointer) throws(_PageError) {
        guard bytes.count >= Self.byteCount, let base = bytes.baseAddress else { throw .tooShort }
        func word(_ index: Int) -> UInt64 {
            unsafe UInt64(
                littleEndian: base.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        guard word(0) == Self.magic else { throw .notAPage }
        guard let count = Int(exactly: word(2)), let size = Int(exactly: word(3)) else {
            throw .malformed("header")
        }
        guard size >= Self.byteCount, size <= bytes.count else { throw .tooShort }
        // Every element takes a byte at least: nobody loops over a count that nothing stands
        // behind.
        guard count <= size else { throw .malformed("count") }
        self.init(layoutHash: word(1), count: count, byteCount: size)
    }

    /// Writes the header into the first 64 bytes.
    func write(into bytes: UnsafeMutableRawBufferPointer) {
        unsafe withBytes { unsafe bytes.copyMemory(from: $0) }
    }

    /// Lends the first 64 bytes of the page.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        let words = [Self.magic, layoutHash, UInt64(count), UInt64(byteCount), 0, 0, 0, 0]
        unsafe words.map(\.littleEndian).withUnsafeBytes { unsafe body($0) }
    }

    /// The next multiple of 64.
    @inlinable public static func aligned(_ offset: Int) -> Int { (offset + 63) & ~63 }
}

/// Walks the sections of a page that is being opened.
@safe public struct _PageOpening {
    private let base: UnsafeRawPointer
    private let end: Int
    private var offset = _PageHeader.byteCount
    /// Which rows will be read, inside the columns of an optional; nil: all.
    var presence: Bool._Columns?

    init(base: UnsafeRawPointer, end: Int) {
        unsafe self.base = base
        self.end = end
    }

    /// Takes the next section: `count` items of `width` bytes each, checked against the page's end.
    public mutating func section(count: Int, width: Int) throws(_PageError) -> UnsafeRawPointer {
        let start = _PageHeader.aligned(offset)
        let (size, overflow) = count.multipliedReportingOverflow(by: width)
        guard count >= 0, !overflow, start <= end, size <= end - start else { throw .tooShort }
        offset = start + size
        return unsafe base + start
    }

    /// Takes a section of `count` + 1 offsets that begin with 0 and never fall.
    ///
    /// - Returns: the offsets and the last one: the number of items that they divide.
    public mutating func offsets(
        count: Int
    ) throws(_PageError) -> (pointer: UnsafePointer<UInt64>, total: Int) {
        let (pointer, _) = try unsafe uncheckedOffsets(count: count)
        var last: UInt64 = 0
        var falls = false
        for index in 0...count {
            let offset = unsafe pointer[index]
            falls = falls || offset < last
            last = offset
        }
        guard !falls, unsafe pointer[0] == 0, let total = Int(exactly: last) else {
            throw .malformed("offsets")
        }
        return unsafe (pointer, total)
    }

    /// Takes a section of `count` + 1 offsets without looking at them, but for the last: whoever
    /// uses two of them compares them with one another and with the total.
    mutating func uncheckedOffsets(
        count: Int
    ) throws(_PageError) -> (pointer: UnsafePointer<UInt64>, total: Int) {
        guard count < Int.max else { throw .tooShort }
        let section = try unsafe section(count: count + 1, width: 8)
        let pointer = unsafe section.assumingMemoryBound(to: UInt64.self)
        guard let total = unsafe Int(exactly: pointer[count]) else { throw .malformed("offsets") }
        return unsafe (pointer, total)
    }
}

/// Walks the sections of a page that is being written; the gaps between sections become zero.
@safe public struct _PageWriting {
    private let end: Int
    private var offset = _PageHeader.byteCount
    /// Takes the bytes behind the header, in order.
    private let take: (UnsafeRawBufferPointer) -> Void

    init(end: Int, take: @escaping (UnsafeRawBufferPointer) -> Void) {
        self.end = end
        unsafe self.take = take
    }

    /// Copies the items as the next section.
    public mutating func section<Item: BitwiseCopyable>(_ items: [Item]) {
        unsafe items.withUnsafeBytes { bytes in
            let start = _PageHeader.aligned(offset)
            precondition(
                start + bytes.count <= end, "A page's builder wrote more than it announced.")
            fill(to: start)
            if bytes.count > 0 { unsafe take(bytes) }
            offset = start + bytes.count
        }
    }

    /// Fills what is left of the page with zero.
    mutating func finish() { fill(to: end) }

    /// Less than the alignment of sections.
    private mutating func fill(to place: Int) {
        guard place > offset else { return }
        let zeros = [UInt8](repeating: 0, count: place - offset)
        unsafe zeros.withUnsafeBytes { unsafe take($0) }
        offset = place
    }
}

/// Checks a page and opens its columns; loads from them afterwards are unchecked.
///
/// Borrows the bytes: the columns must not be used after the page is given back.
public func _openPage<Element: PageElement>(
    of type: Element.Type = Element.self, _ bytes: UnsafeRawBufferPointer
) throws(_PageError) -> (columns: Element._Columns, count: Int) {
    let header = try unsafe _PageHeader(reading: bytes)
    let expected = Element._layout.hash
    guard header.layoutHash == expected else {
        throw .otherLayout(expected: expected, found: header.layoutHash)
    }
    guard let base = bytes.baseAddress else { throw .tooShort }
    guard UInt(bitPattern: base) % 64 == 0 else { throw .misaligned }
    var opening = unsafe _PageOpening(base: base, end: header.byteCount)
    return (try Element._Columns(opening: &opening, count: header.count), header.count)
}

extension _PageBuilder where Element: PageElement, Element._Builder == Self {
    /// The exact size of the page that `writePage(into:)` writes, a multiple of 64.
    public var pageByteCount: Int { _PageHeader.aligned(end(from: _PageHeader.byteCount)) }

    /// Writes the page into a region of exactly `pageByteCount` bytes.
    public func writePage(into region: UnsafeMutableRawBufferPointer) {
        let size = pageByteCount
        precondition(region.count == size, "A page's region must have the builder's exact size.")
        guard let base = region.baseAddress else { return }
        var offset = 0
        unsafe withoutActuallyEscaping(
            { (bytes: UnsafeRawBufferPointer) in
                guard let source = bytes.baseAddress else { return }
                unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
                offset += bytes.count
            },
            do: { unsafe writePage(to: $0) })
    }

    /// Hands the page's `pageByteCount` bytes to `take`, piece by piece and in order; each is valid
    /// during the call only.
    package func writePage(to take: @escaping (UnsafeRawBufferPointer) -> Void) {
        let size = pageByteCount
        unsafe _PageHeader(layoutHash: Element._layout.hash, count: count, byteCount: size)
            .withBytes { bytes in unsafe take(bytes) }
        var writing = unsafe _PageWriting(end: size, take: take)
        write(into: &writing)
        writing.finish()
    }
}
