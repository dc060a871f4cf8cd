// Which bytes of an executable or library travel: what the loader maps. Symbol tables and debug
// information lie behind that, and addresses are turned into places where the program was built.

/// The part of a file that travels.
enum ELFExtent {
    /// Bytes of the header that must be at hand.
    static let headerBytes = 64

    /// Where the program headers lie; nil for a file that is not 64-bit little-endian ELF, which
    /// travels whole and as it is.
    static func programHeaders(
        in header: [UInt8]
    ) -> (offset: Int64, count: Int)? {
        guard isPatched(header), header.count >= headerBytes,
            let offset = Int64(exactly: number(header, 0x20, 8)), offset > 0,
            number(header, 0x36, 2) == UInt64(entryBytes)
        else { return nil }
        let count = Int(number(header, 0x38, 2))
        guard (1..<0xffff).contains(count), offset < Int64.max - Int64(count * entryBytes) else {
            return nil
        }
        return (offset, count)
    }

    /// The end of the last segment and of the headers themselves; the whole file where one of them
    /// says what cannot be.
    static func byteCount(
        programHeaders table: [UInt8], at offset: Int64, fileBytes: Int64
    ) -> Int64 {
        var end = max(Int64(headerBytes), offset + Int64(table.count))
        for entry in stride(from: 0, to: table.count - entryBytes + 1, by: entryBytes) {
            guard number(table, entry, 4) != 0 else { continue }
            let sum = number(table, entry + 0x08, 8).addingReportingOverflow(
                number(table, entry + 0x20, 8))
            guard !sum.overflow, let segmentEnd = Int64(exactly: sum.partialValue),
                segmentEnd <= fileBytes
            else { return fileBytes }
            end = max(end, segmentEnd)
        }
        return min(end, fileBytes)
    }

    /// Whether the header says where sections are: those bytes travel as zeros.
    static func isPatched(_ header: [UInt8]) -> Bool {
        header.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), 2, 1])
    }

    /// Puts zeros where a 64-bit header names the section table, in bytes read from `offset` on.
    static func patch(_ bytes: inout [UInt8], from offset: Int64) {
        for field in [0x28..<0x30, 0x3c..<0x40] {
            for place in field where Int64(place) >= offset {
                let index = Int(Int64(place) - offset)
                if index < bytes.count { bytes[index] = 0 }
            }
        }
    }

    static let entryBytes = 56

    /// A number of so many bytes, the lowest first.
    static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
}
