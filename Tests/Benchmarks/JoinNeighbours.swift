// W13: joins beside those of the public suite, for what its tables lack: keys that repeat on
// both sides or are all equal, long texts, optionals, two columns, empty sides, one row. Only
// those that SWOOP_BENCH_QUESTIONS names run. All columns follow from a row's number, so that a
// script for another system makes the same tables.

import Swoop

/// A row whose keys follow from its number.
@Record struct Neighbour {
    var id: Int
    /// 11,000 keys.
    var narrow: Int
    /// 100,000 keys.
    var few: Int
    /// Half of the rows have 3, the others one of 100,000 keys.
    var skewed: Int
    /// The same for all.
    var equal: Int
    /// A key of `narrow`; of one row in eleven, none.
    var missing: Int?
    /// The number; of row 3, none.
    var unique: Int?
}

/// A row with a key of some sixty letters.
@Record struct LongNeighbour {
    var name: String
    var value: Double
}

@Remote func neighbour(_ i: Int) -> Neighbour {
    let first = (UInt64(i) ^ (UInt64(i) &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    let mixed = Int((first ^ (first &>> 27)) &>> 20)
    return Neighbour(
        id: i, narrow: mixed % 11_000, few: mixed % 100_000,
        skewed: i % 2 == 0 ? 3 : mixed % 100_000, equal: 7,
        missing: i % 11 == 5 ? nil : mixed % 11_000, unique: i == 3 ? nil : i)
}
@Remote func longNeighbour(_ i: Int) -> LongNeighbour {
    LongNeighbour(
        name: "a key of some sixty letters that lies in no word, number \(i % 110_000)",
        value: Double(i))
}
@Remote func leftTwo(_ row: Neighbour) -> Pair<Int, Int> { Pair(row.narrow, row.id % 3) }
@Remote func rightTwo(_ row: Neighbour) -> Pair<Int, Int> { Pair(row.id, row.id % 3) }
@Remote func isEvenRow(_ row: Neighbour) -> Bool { row.id % 2 == 0 }

extension DatabaseQuestions {
    private static let neighbours = [
        "many", "none", "nothing", "equal", "two", "long", "optional", "filtered", "one", "single",
        "skewed", "semi", "anti",
    ]

    /// Asks those questions that are chosen.
    static func askNeighbours(rows: Int) async throws {
        let chosen = (variable("SWOOP_BENCH_QUESTIONS") ?? "").split(separator: " ")
        guard chosen.contains(where: { neighbours.contains(String($0)) }) else { return }
        try await withCluster(.local) { cluster in
            let joins = DatabaseQuestions(cluster: cluster, rows: rows)
            try await joins.askLarge()
            try await joins.askOthers()
        }
    }

    private func table(_ numbers: Range<Int>) async throws -> ProxyArray<Neighbour> {
        let table = try await cluster.remotely { $0.range(numbers).map(neighbour).stored() }
        try await table.wait()
        return table
    }

    private func askLarge() async throws {
        let left = try await table(0..<rows)
        let right = try await table(0..<10_000)
        let more = try await table(0..<100_000)
        let one = try await table(5..<6)
        let none = try await table(0..<0)
        try await ask("none") { left.joined(with: none, on: \.few, equals: \.id).stored() }
        try await ask("nothing") { none.joined(with: left, on: \.id, equals: \.id).stored() }
        try await ask("two") { left.joined(with: right, on: leftTwo, equals: rightTwo).stored() }
        try await ask("optional") {
            left.joined(with: right, on: \.missing, equals: \.unique).stored()
        }
        try await ask("filtered") {
            left.chain.filter(isEvenRow).joined(with: right, on: \.narrow, equals: \.id).stored()
        }
        try await ask("one") { one.joined(with: left, on: \.id, equals: \.id).stored() }
        try await ask("single") { left.joined(with: one, on: \.narrow, equals: \.id).stored() }
        try await ask("skewed") { left.joined(with: more, on: \.skewed, equals: \.id).stored() }
        try await ask("semi") { left.semiJoined(with: right, on: \.narrow, equals: \.id).stored() }
        try await ask("anti") { left.antiJoined(with: right, on: \.narrow, equals: \.id).stored() }
    }

    private func askOthers() async throws {
        let tenth = rows / 10
        let (left, right) = (try await table(0..<tenth), try await table(tenth..<2 * tenth))
        let (few, others) = (try await table(0..<3_000), try await table(3_000..<6_000))
        try await ask("many") { left.joined(with: right, on: \.few, equals: \.few).stored() }
        try await ask("equal") { few.joined(with: others, on: \.equal, equals: \.equal).stored() }
        let size = rows / 5
        let (texts, keys) = try await cluster.remotely { remote in
            (
                remote.range(0..<size).map(longNeighbour).stored(),
                remote.range(0..<100_000).map(longNeighbour).stored()
            )
        }
        try await keys.wait()
        try await ask("long") { texts.joined(with: keys, on: \.name, equals: \.name).stored() }
    }
}
