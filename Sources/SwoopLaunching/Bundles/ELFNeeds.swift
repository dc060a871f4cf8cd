// Which libraries an executable or library needs, and where in its file that stands: what a bundle
// leaves out, the loader must not look for. Pure.

/// The part of a file that names the libraries it needs.
struct ELFNeeds {
    /// A library and where the entry that names it lies in the file.
    struct Need: Hashable {
        var name: String
        var place: Int64
    }

    /// The tag of an entry that the loader passes over (DT_LOOS), in place of DT_NEEDED.
    static let passedOver: [UInt8] = [0x0d, 0, 0, 0x60, 0, 0, 0, 0]

    private struct Segment {
        var kind: UInt64
        var offset: Int64
        var address: UInt64
        var byteCount: Int64
    }

    private static let loaded: UInt64 = 1
    private static let dynamic: UInt64 = 2
    /// More of either is no library of anybody's.
    private static let entriesMax: Int64 = 1 << 16
    private static let namesMax: Int64 = 64 << 20
    private static let nameMax = 4_096

    /// What a file needs; none for a file that is no 64-bit little-endian ELF, or whose table makes
    /// no sense.
    ///
    /// - Parameter read: bytes of the file from an offset; fewer at its end.
    static func needs<E: Error>(
        _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> [Need] {
        let header = try read(0, ELFExtent.headerBytes)
        guard let table = ELFExtent.programHeaders(in: header) else { return [] }
        let segments = segments(in: try read(table.offset, table.count * ELFExtent.entryBytes))
        guard let place = segments.first(where: { $0.kind == dynamic }),
            (0...(entriesMax * 16)).contains(place.byteCount)
        else { return [] }
        let bytes = try read(place.offset, Int(place.byteCount))
        let starts = stride(from: 0, to: bytes.count - 15, by: 16).prefix {
            ELFExtent.number(bytes, $0, 8) != 0
        }
        func value(ofTag tag: UInt64) -> UInt64? {
            starts.first { ELFExtent.number(bytes, $0, 8) == tag }
                .map { ELFExtent.number(bytes, $0 + 8, 8) }
        }
        guard let address = value(ofTag: 5),
            let names = segments.first(where: {
                $0.kind == loaded && address >= $0.address
                    && address - $0.address < UInt64($0.byteCount)
            })
        else { return [] }
        let base = names.offset + Int64(address - names.address)
        var found: [Need] = []
        for start in starts where ELFExtent.number(bytes, start, 8) == 1 {
            let offset = ELFExtent.number(bytes, start + 8, 8)
            guard offset < UInt64(namesMax) else { return [] }
            let text = try read(base + Int64(offset), nameMax).prefix { $0 != 0 }
            found.append(
                Need(
                    name: String(decoding: text, as: UTF8.self), place: place.offset + Int64(start))
            )
        }
        return found
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
