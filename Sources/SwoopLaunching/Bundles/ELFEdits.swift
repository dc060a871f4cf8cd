// How a file is changed as it travels, so that the loader does without libraries that stay behind.
// Pure.

/// Bytes that travel in place of a file's own.
struct ELFEdit: Equatable {
    var place: Int64
    var bytes: [UInt8]
}

/// The changes of one file.
struct ELFEdits {
    private(set) var edits: [ELFEdit] = []
    private let dynamic: ELFDynamic

    private static let needed: UInt64 = 1
    private static let symbols: UInt64 = 6
    private static let hashes: UInt64 = 0x6fff_fef5
    private static let versions: UInt64 = 0x6fff_fffe
    /// A tag that the loader passes over (DT_LOOS), in place of the one that names a library.
    private static let passedOver: [UInt8] = [0x0d, 0, 0, 0x60, 0, 0, 0, 0]
    private static let symbolBytes = 24
    private static let versionBytes = 16
    /// More of either is no library of anybody's.
    private static let symbolsMax: UInt64 = 1 << 20
    private static let versionsMax = 1 << 12

    /// The changes by which a file goes without some of the libraries it needs; none if it needs
    /// none of them. Nil where its tables are not of the usual form: then those libraries have to
    /// come along.
    ///
    /// The entry that names a library becomes one that the loader passes over, and the versions
    /// that are wanted of it leave their list. Where the file has symbols of the library, which
    /// nobody calls or the program has itself, all that it wants of others become weak: what is
    /// there is found as before, and what is not there is no error.
    ///
    /// - Parameter read: bytes of the file from an offset; fewer at its end.
    static func leavingOut<E: Error>(
        _ isLeftOut: (String) -> Bool, hasSymbols: (String) -> Bool,
        _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> [ELFEdit]? {
        guard let dynamic = try ELFDynamic(read) else { return [] }
        var file = ELFEdits(dynamic: dynamic)
        var left: Set<String> = []
        for entry in dynamic.entries where entry.tag == needed {
            guard let name = try dynamic.text(at: entry.value, read) else { return [] }
            guard isLeftOut(name) else { continue }
            left.insert(name)
            file.edits.append(ELFEdit(place: entry.place, bytes: passedOver))
        }
        guard left.contains(where: hasSymbols) else { return file.edits }
        guard try file.forgetVersions(of: left, read), try file.weaken(read) else { return nil }
        return file.edits
    }

    private init(dynamic: ELFDynamic) { self.dynamic = dynamic }

    /// Takes libraries out of the list of versions that are wanted: each record says how far away
    /// the next one is.
    private mutating func forgetVersions<E: Error>(
        of libraries: Set<String>, _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> Bool {
        guard let list = dynamic.entry(Self.versions) else { return true }
        guard let start = dynamic.place(of: list.value) else { return false }
        var kept: [Int64] = []
        var place = start
        var count = 0
        while true {
            let record = try read(place, Self.versionBytes)
            count += 1
            guard record.count == Self.versionBytes, count <= Self.versionsMax,
                let name = try dynamic.text(at: ELFExtent.number(record, 4, 4), read)
            else { return false }
            if !libraries.contains(name) { kept.append(place) }
            let distance = ELFExtent.number(record, 12, 4)
            if distance == 0 { break }
            place += Int64(distance)
        }
        // A list without records is none: the loader would read the first all the same.
        guard let first = kept.first else { return false }
        guard kept.count < count else { return true }
        edits.append(
            ELFEdit(place: list.place + 8, bytes: number(list.value + UInt64(first - start), 8)))
        for (record, next) in zip(kept, kept.dropFirst() + [kept[kept.count - 1]]) {
            edits.append(ELFEdit(place: record + 12, bytes: number(UInt64(next - record), 4)))
        }
        return true
    }

    /// Makes every symbol weak that the file does not define itself: those stand before what can be
    /// looked up in it.
    private mutating func weaken<E: Error>(
        _ read: (_ offset: Int64, _ count: Int) throws(E) -> [UInt8]
    ) throws(E) -> Bool {
        guard let start = dynamic.entry(Self.symbols).flatMap({ dynamic.place(of: $0.value) }),
            let hashes = dynamic.entry(Self.hashes).flatMap({ dynamic.place(of: $0.value) })
        else { return false }
        let header = try read(hashes, 8)
        guard header.count == 8 else { return false }
        let count = ELFExtent.number(header, 4, 4)
        guard count <= Self.symbolsMax else { return false }
        let bytes = try read(start, Int(count) * Self.symbolBytes)
        guard bytes.count == Int(count) * Self.symbolBytes else { return false }
        for symbol in stride(from: 0, to: bytes.count, by: Self.symbolBytes) {
            let kind = bytes[symbol + 4]
            guard ELFExtent.number(bytes, symbol + 6, 2) == 0, kind >> 4 == 1 else { continue }
            edits.append(ELFEdit(place: start + Int64(symbol) + 4, bytes: [2 << 4 | kind & 15]))
        }
        return true
    }

    private func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}
