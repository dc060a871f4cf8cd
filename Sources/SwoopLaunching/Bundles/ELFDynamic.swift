// The table by which the loader finds what an executable or library needs, read from its file.
// Pure.

/// The dynamic section of a file, and where addresses lie in it.
struct ELFDynamic {
    /// A tag, its value, and where the entry lies in the file.
    struct Entry: Equatable {
        var tag: UInt64
        var value: UInt64
        var place: Int64
    }

    private struct Segment {
        var kind: UInt64
        var offset: Int64
        var address: UInt64
        var byteCount: Int64
    }

    /// In the file's order, without the one that ends them.
    let entries: [Entry]
    private let segments: [Segment]

    private static let loaded: UInt64 = 1
    private static let dynamic: UInt64 = 2
    /// More is no library of anybody's.
    private static let entriesMax: Int64 = 1 << 16
    private static let namesMax: UInt64 = 64 << 20
    private static let nameMax = 4_096

    /// Nil for a file that is no 64-bit little-endian ELF, or has no such table.
    ///
    /// - Parameter read: bytes of the file from an offset; fewer at its end.
    init?<E: Error>(
        _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) {
        let header = try read(0, ELFExtent.headerBytes)
        guard let table = ELFExtent.programHeaders(in: header) else { return nil }
        segments = Self.segments(in: try read(table.offset, table.count * ELFExtent.entryBytes))
        guard let place = segments.first(where: { $0.kind == Self.dynamic }),
            (0...(Self.entriesMax * 16)).contains(place.byteCount)
        else { return nil }
        let bytes = try read(place.offset, Int(place.byteCount))
        entries = stride(from: 0, to: bytes.count - 15, by: 16)
            .prefix { ELFExtent.number(bytes, $0, 8) != 0 }
            .map { start in
                Entry(
                    tag: ELFExtent.number(bytes, start, 8),
                    value: ELFExtent.number(bytes, start + 8, 8),
                    place: place.offset + Int64(start))
            }
    }

    /// The first entry of a tag.
    func entry(_ tag: UInt64) -> Entry? { entries.first { $0.tag == tag } }

    /// Where the bytes of an address lie in the file; nil where the file has none for it.
    func place(of address: UInt64) -> Int64? {
        segments.first {
            $0.kind == Self.loaded && address >= $0.address
                && address - $0.address < UInt64($0.byteCount)
        }.map { $0.offset + Int64(address - $0.address) }
    }

    /// A text of the loader's table of names; nil where there is none.
    func text<E: Error>(
        at offset: UInt64, _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> String? {
        guard offset < Self.namesMax, let names = entry(5).flatMap({ place(of: $0.value) }) else {
            return nil
        }
        let bytes = try read(names + Int64(offset), Self.nameMax)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func segments(in table: [UInt8]) -> [Segment] {
        stride(from: 0, to: table.count - ELFExtent.entryBytes + 1, by: ELFExtent.entryBytes)
            .compactMap { entry in
                guard let offset = Int64(exactly: ELFExtent.number(table, entry + 0x08, 8)),
                    let count = Int64(exactly: ELFExtent.number(table, entry + 0x20, 8)),
                    offset < 1 << 40, count < 1 << 40
                else { return nil }
                return Segment(
                    kind: ELFExtent.number(table, entry, 4), offset: offset,
                    address: ELFExtent.number(table, entry + 0x10, 8), byteCount: count)
            }
    }
}
