// Pages made of rows of other pages, as joins make them: each column adds its sections, whose sizes
// are known before anything is written, and writes them where they will lie. So every byte is
// copied once, from page to page. What has no columns goes through a builder. PageElement.swift has
// the builders of elements that come one by one.

/// Places of rows in some opened pages, as numbers of 64 bits (page, row). The memory is valid
/// during the call that got it.
@safe @frozen public struct _RowPlaces {
    @usableFromInline let base: UnsafePointer<UInt64>
    /// The number of rows.
    public let count: Int

    /// Places that lie at an address.
    @inlinable public init(_ base: UnsafePointer<UInt64>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    /// No row.
    @inlinable public static var none: UInt64 { .max }
    /// A row of a page.
    @inlinable @inline(__always) public static func place(page: Int, row: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: page) &<< 32 | UInt64(truncatingIfNeeded: row)
    }
    /// The number of the page of a place.
    @inlinable @inline(__always) public static func page(_ place: UInt64) -> Int {
        Int(truncatingIfNeeded: place &>> 32)
    }
    /// The row of a place.
    @inlinable @inline(__always) public static func row(_ place: UInt64) -> Int {
        Int(truncatingIfNeeded: place & 0xffff_ffff)
    }

    /// The place of a row: `none`, or that of a row which is there.
    @inlinable @inline(__always) public subscript(_ index: Int) -> UInt64 { unsafe base[index] }

    /// Whether all rows are there and lie side by side.
    @inlinable var isRun: Bool {
        guard count > 0, self[0] != Self.none else { return false }
        for index in 1..<count where self[index] != self[index &- 1] &+ 1 { return false }
        return true
    }

    /// Calls `body` with the first place and the number of rows that lie side by side; no row is a
    /// run of its own.
    @inlinable @inline(__always)
    func forEachRun(_ body: (_ place: UInt64, _ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < count {
            let place = self[first]
            var end = first &+ 1
            // Behind `none` comes place 0, which is none of its neighbours.
            while end < count, self[end] == self[end &- 1] &+ 1, place != Self.none { end &+= 1 }
            body(place, first, end &- first)
            first = end
        }
    }
}

/// Rows of some opened pages, in the order in which another page is to have them.
@frozen public struct _GatheredRows<Columns> {
    /// Where they lie.
    public let places: _RowPlaces
    /// The pages.
    public let pages: [Columns]
    /// Whether some places are no row.
    public let hasNone: Bool
    /// Whether all rows lie side by side.
    public let isRun: Bool

    /// Joins the three.
    @inlinable public init(_ places: _RowPlaces, of pages: [Columns], hasNone: Bool) {
        self.init(places, of: pages, hasNone: hasNone, isRun: !hasNone && places.isRun)
    }

    @inlinable init(_ places: _RowPlaces, of pages: [Columns], hasNone: Bool, isRun: Bool) {
        self.places = places
        self.pages = pages
        self.hasNone = hasNone
        self.isRun = isRun
    }

    /// The number of rows.
    @inlinable public var count: Int { places.count }

    /// The same rows of a column.
    @inlinable public func map<Column>(_ column: (Columns) -> Column) -> _GatheredRows<Column> {
        _GatheredRows<Column>(places, of: pages.map(column), hasNone: hasNone, isRun: isRun)
    }

    /// Whether each row is there.
    @inlinable func addPresence(to sections: inout _PageSections) {
        let places = places
        unsafe sections.add(byteCount: count) { target in
            for index in 0..<places.count {
                unsafe target.storeBytes(
                    of: places[index] == _RowPlaces.none ? 0 : 1, toByteOffset: index,
                    as: UInt8.self)
            }
        }
    }
}

/// The sections of a page that is to be written, in order.
@safe public struct _PageSections {
    /// Writes a section, all of it.
    public typealias Writer = (UnsafeMutableRawPointer) -> Void

    @safe private struct Section {
        let start: Int
        let end: Int
        let write: Writer
    }

    private var sections: [Section] = []
    private var end = _PageHeader.byteCount

    /// No sections.
    public init() {}

    /// Adds a section.
    public mutating func add(byteCount: Int, _ write: @escaping Writer) {
        let start = _PageHeader.aligned(end)
        end = start + byteCount
        unsafe sections.append(Section(start: start, end: end, write: write))
    }

    /// Adds the sections of a builder.
    public mutating func add<Builder: _PageBuilder>(_ builder: Builder) {
        let head = _PageHeader.byteCount
        let byteCount = builder.end(from: head) - head
        unsafe add(byteCount: byteCount) { target in
            var offset = 0
            unsafe withoutActuallyEscaping(
                { (bytes: UnsafeRawBufferPointer) in
                    guard let source = bytes.baseAddress else { return }
                    unsafe (target + offset).copyMemory(from: source, byteCount: bytes.count)
                    offset += bytes.count
                },
                do: { take in
                    var writing = unsafe _PageWriting(end: head + byteCount, take: take)
                    builder.write(into: &writing)
                    writing.finish()
                })
        }
    }

    /// The size of the page, a multiple of 64.
    @usableFromInline package var pageByteCount: Int { _PageHeader.aligned(end) }

    /// Writes the page into a region of exactly `pageByteCount` bytes; `goesOn` may end it before
    /// each section.
    @usableFromInline package func writePage(
        _ layout: _PageLayout, count: Int, into region: UnsafeMutableRawBufferPointer,
        goesOn: () throws -> Void = {}
    ) rethrows {
        precondition(region.count == pageByteCount, "A page's region must have its exact size.")
        guard let base = region.baseAddress else { return }
        unsafe _PageHeader(layoutHash: layout.hash, count: count, byteCount: region.count)
            .write(into: region)
        var written = _PageHeader.byteCount
        func fill(to end: Int) {
            unsafe (base + written).initializeMemory(
                as: UInt8.self, repeating: 0, count: end - written)
        }
        for section in sections {
            try goesOn()
            fill(to: section.start)
            if section.end > section.start { unsafe section.write(base + section.start) }
            written = section.end
        }
        fill(to: region.count)
    }
}

extension _PageBuilder {
    /// Adds rows by a builder, one by one: for elements that have no columns of their own.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<Columns>, into sections: inout _PageSections
    ) {
        var builder = Self()
        for index in 0..<rows.count {
            let place = rows.places[index]
            if place == _RowPlaces.none {
                builder.appendAbsent()
            } else {
                builder.append(rows.pages[_RowPlaces.page(place)][_RowPlaces.row(place)])
            }
        }
        sections.add(builder)
    }
}

extension _FixedWidthBuilder {
    /// Loads the numbers one after the other.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<_FixedWidthColumns<Element>>, into sections: inout _PageSections
    ) {
        unsafe sections.add(byteCount: rows.count * MemoryLayout<Element>.stride) { target in
            let target = unsafe target.bindMemory(to: Element.self, capacity: rows.count)
            let places = rows.places
            if rows.isRun {
                let page = rows.pages[_RowPlaces.page(places[0])]
                unsafe target.update(from: page.base + _RowPlaces.row(places[0]), count: rows.count)
                return
            }
            if !rows.hasNone, rows.pages.count == 1, let page = rows.pages.first {
                for index in 0..<places.count {
                    unsafe target[index] = page[_RowPlaces.row(places[index])]
                }
                return
            }
            unsafe rows.pages.withUnsafeBufferPointer { pages in
                for index in 0..<places.count {
                    let place = places[index]
                    guard place != _RowPlaces.none else {
                        unsafe target[index] = Element()
                        continue
                    }
                    unsafe target[index] = pages[_RowPlaces.page(place)][_RowPlaces.row(place)]
                }
            }
        }
    }
}

extension Bool._Builder {
    /// Loads the bytes one after the other.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<Bool._Columns>, into sections: inout _PageSections
    ) { _FixedWidthBuilder<UInt8>._gather(rows.map { $0.bytes }, into: &sections) }
}

extension String._Columns {
    /// Where the bytes of texts that lie side by side are; nil where offsets are damaged.
    @inlinable @inline(__always)
    func bytes(ofRun first: Int, _ count: Int) -> UnsafeRawBufferPointer? {
        let start = unsafe Int(truncatingIfNeeded: offsets[first])
        let end = unsafe Int(truncatingIfNeeded: offsets[first &+ count])
        guard start >= 0, start <= end, end <= total else { return nil }
        return unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bytes) + start, count: end &- start)
    }
}

extension String._Builder {
    /// Copies the bytes of the texts from page to page, those of neighbours at once.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<String._Columns>, into sections: inout _PageSections
    ) {
        var total = 0
        unsafe forEachPiece(of: rows) { _, _, _, bytes, _ in total &+= bytes.count }
        unsafe sections.add(byteCount: (rows.count + 1) * 8) { target in
            let target = unsafe target.bindMemory(to: UInt64.self, capacity: rows.count + 1)
            unsafe target[0] = 0
            var end: UInt64 = 0
            unsafe forEachPiece(of: rows) { offsets, index, count, bytes, _ in
                guard let offsets = unsafe offsets else {
                    end &+= UInt64(truncatingIfNeeded: bytes.count)
                    unsafe target[index &+ 1] = end
                    return
                }
                let moved = unsafe end &- offsets[0]
                for row in 1...count { unsafe target[index &+ row] = offsets[row] &+ moved }
                end &+= UInt64(truncatingIfNeeded: bytes.count)
            }
        }
        unsafe sections.add(byteCount: total) { target in
            let end = unsafe target + total
            var target = unsafe target
            unsafe forEachPiece(of: rows) { _, _, _, bytes, rest in
                guard let source = bytes.baseAddress, bytes.count > 0 else { return }
                // Whatever is copied behind a short text lies where the next one comes to lie.
                if bytes.count <= 16, rest >= 16, unsafe end - target >= 16 {
                    unsafe target.storeBytes(
                        of: source.loadUnaligned(as: SIMD2<UInt64>.self), as: SIMD2<UInt64>.self)
                } else {
                    unsafe target.copyMemory(from: source, byteCount: bytes.count)
                }
                unsafe target += bytes.count
            }
        }
    }

    /// Calls `body` with neighbours: their offsets, if these are in order; the number of the first,
    /// how many they are, their bytes, and how many bytes may be read from there.
    @inlinable @inline(__always)
    static func forEachPiece(
        of rows: _GatheredRows<String._Columns>,
        _ body: (
            UnsafePointer<UInt64>?, _ index: Int, _ count: Int, UnsafeRawBufferPointer,
            _ rest: Int
        ) -> Void
    ) {
        func piece(_ place: UInt64, _ index: Int, _ count: Int, _ page: String._Columns) {
            let row = _RowPlaces.row(place)
            if let bytes = unsafe page.bytes(ofRun: row, count) {
                let rest = unsafe page.total &- Int(truncatingIfNeeded: page.offsets[row])
                return unsafe body(page.offsets + row, index, count, bytes, rest)
            }
            // A text of damaged offsets becomes an empty one.
            for number in 0..<count {
                let bytes = unsafe UnsafeRawBufferPointer(page._bytes(row &+ number))
                unsafe body(nil, index &+ number, 1, bytes, 0)
            }
        }
        unsafe rows.pages.withUnsafeBufferPointer { pages in
            if rows.isRun {
                let place = rows.places[0]
                return unsafe piece(place, 0, rows.count, pages[_RowPlaces.page(place)])
            }
            rows.places.forEachRun { place, index, count in
                guard place != _RowPlaces.none else {
                    return unsafe body(
                        nil, index, 1, UnsafeRawBufferPointer(start: nil, count: 0), 0)
                }
                unsafe piece(place, index, count, pages[_RowPlaces.page(place)])
            }
        }
    }
}

extension _PairBuilder {
    /// The sections of both.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<_PairColumns<First, Second>>, into sections: inout _PageSections
    ) {
        First._Builder._gather(rows.map { $0.first }, into: &sections)
        Second._Builder._gather(rows.map { $0.second }, into: &sections)
    }
}

extension _OptionalBuilder {
    /// The sections of both.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<_OptionalColumns<Wrapped>>, into sections: inout _PageSections
    ) {
        Bool._Builder._gather(rows.map { $0.present }, into: &sections)
        Wrapped._Builder._gather(rows.map { $0.values }, into: &sections)
    }

    /// Rows of pages that have no absent values; nil for no row.
    @inlinable
    static func gather(
        values rows: _GatheredRows<Wrapped._Columns>, into sections: inout _PageSections
    ) {
        rows.addPresence(to: &sections)
        Wrapped._Builder._gather(rows, into: &sections)
    }
}

extension _ConvertedBuilder {
    /// The other type's.
    @inlinable
    public static func _gather(
        _ rows: _GatheredRows<_ConvertedColumns<Element>>, into sections: inout _PageSections
    ) { Element.StoredForm._Builder._gather(rows.map { $0.stored }, into: &sections) }
}
