// Joins of every kind by keys of every kind, of tables drawn from a seed, on as many agents as told
// and with as many bytes of pages: each held against a serial computation over arrays.

import Swoop

@Record struct JoinRow {
    var id: Int
    var number: Int?
    var weight: Double
    var name: String
    var note: String?
}

@Remote func joinRow(_ i: Int) -> JoinRow {
    var mixed = UInt64(i) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed ^= mixed >> 27
    let count = [1, 7, 500, 20_000, 1_000_000][i / 1_000_000 % 5]
    // Every other row of some tables has the same key.
    let isSkewed = i / 5_000_000 % 2 == 1 && mixed & (1 << 40) == 0
    let key = isSkewed ? 3 : Int(mixed % UInt64(count))
    let weights = [Double.nan, -Double.nan, 0, -0.0, .infinity]
    return JoinRow(
        id: i, number: key % 11 == 5 ? nil : key,
        weight: key < 5 ? weights[(i &+ key) % 5] : Double(key) / 3,
        name: key % 3 == 0 ? "key \(key)" : "a long name that lies in no word \(key)",
        note: i % 4 == 0 ? nil : "note \(i)")
}
@Remote func rowNumber(_ row: JoinRow) -> Int? { row.number }
@Remote func rowWeight(_ row: JoinRow) -> Double { row.weight }
@Remote func rowName(_ row: JoinRow) -> String { row.name }
@Remote func rowNameAndNumber(_ row: JoinRow) -> Pair<String, Int?> { Pair(row.name, row.number) }
@Remote func idsOfPair(_ pair: Pair<JoinRow, JoinRow>) -> Int {
    pair.first.id &* 31 &+ pair.second.id
}

/// The form in which keys are one.
private func plain(_ weight: Double) -> UInt64 { weight.isNaN ? 1 : (weight + 0).bitPattern }

/// Compares joins of random tables with serial ones, and prints the counts:
/// `random-joins SEED AGENTS BUDGET`.
func tellRandomJoins(_ arguments: [String]) async throws {
    guard arguments.count == 3, let seed = Int(arguments[0]), let agents = Int(arguments[1]),
        let budget = Int(arguments[2])
    else { return tell("usage", "random-joins SEED AGENTS BUDGET") }
    var tally = JoinTally()
    try await withAgents(agents, pageBudget: budget) { cluster, _ in
        for (place, (left, right)) in [(100, 120), (600, 20), (20, 700), (0, 40), (50, 0)]
            .enumerated()
        {
            let start = seed &* 10_000_000
            let million = (seed &* 3 &+ place &* 2) % 10 &* 1_000_000
            let tables = JoinTables(
                cluster: cluster, left: start + million..<start + million + left,
                right: start + million + 100_000..<start + million + 100_000 + right)
            try await tables.check("numbers", rowNumber, { $0.number }, &tally)
            try await tables.check("weights", rowWeight, { plain($0.weight) }, &tally)
            try await tables.check("names", rowName, { Array($0.name.utf8) }, &tally)
            try await tables.check(
                "two keys", rowNameAndNumber, { [$0.name, "\($0.number ?? -1)"] }, &tally)
            try await tables.checkProperties(&tally)
        }
        // A right side that is gone through instead of being indexed.
        let start = seed &* 10_000_000 &+ 3_000_000
        let large = JoinTables(
            cluster: cluster, left: start..<start + 3, right: start + 3..<start + 140_003)
        try await large.check("numbers, large", rowNumber, { $0.number }, &tally)
    }
    tell("joins", tally.count)
    tell("pairs", tally.pairs)
    tell("wrong", tally.wrong)
}

private struct JoinTally {
    var count = 0
    var pairs = 0
    var wrong: [String] = []

    mutating func check<Value: RemoteValue>(_ name: String, _ found: [Value], _ right: [Value]) {
        count += 1
        pairs += right.count
        if found.encodedBytes != right.encodedBytes {
            wrong.append("\(name): \(found.count) of \(right.count)")
        }
    }
}

private struct JoinTables {
    let cluster: Cluster
    let left: Range<Int>
    let right: Range<Int>

    /// Texts and optionals that are read where they lie.
    func checkProperties(_ tally: inout JoinTally) async throws {
        let (leftRows, rightRows) = (left.map { joinRow($0) }, right.map { joinRow($0) })
        let (left, right) = (left, right)
        let (first, second) = try await cluster.remotely { remote in
            (remote.range(left).map(joinRow).stored(), remote.range(right).map(joinRow).stored())
        }
        let named = try await cluster.remotely { _ in
            first.joined(with: second, on: \.name, equals: \.name).stored()
        }
        let names = Dictionary(grouping: rightRows, by: { Array($0.name.utf8) })
        tally.check(
            "names of \(left), \(right)", try await named.collect(),
            leftRows.flatMap { row in
                (names[Array(row.name.utf8)] ?? []).map { Pair(row, $0) }
            })
        let noted = try await cluster.remotely { _ in
            first.antiJoined(with: second, on: \.note, equals: \.note).stored()
        }
        let notes = Set(rightRows.map(\.note))
        tally.check(
            "notes of \(left), \(right)", try await noted.collect(),
            leftRows.filter { !notes.contains($0.note) })
    }

    func check<F: ElementFunction, Form: Hashable>(
        _ name: String, _ key: F, _ form: (JoinRow) -> Form, _ tally: inout JoinTally
    ) async throws where F.Input == JoinRow, F.Output: PackedKey {
        let (leftRows, rightRows) = (left.map { joinRow($0) }, right.map { joinRow($0) })
        let byKey = Dictionary(grouping: rightRows, by: form)
        let (left, right) = (left, right)
        let name = "\(name) of \(left), \(right)"
        // Sizes that are known before, in several pages.
        let (stored, others) = try await cluster.remotely { remote in
            (
                remote.range(left).map(joinRow).stored(),
                remote.array(Array(rightRows.prefix(rightRows.count / 2)))
                    + remote.array(Array(rightRows.dropFirst(rightRows.count / 2)))
            )
        }
        let pairs = leftRows.flatMap { row in (byKey[form(row)] ?? []).map { Pair(row, $0) } }
        let inner = try await cluster.remotely { remote in
            remote.range(left).map(joinRow)
                .joined(with: remote.range(right).map(joinRow), on: key, key).stored()
        }
        tally.check("joined, \(name)", try await inner.collect(), pairs)
        let known = try await cluster.remotely { _ in
            stored.joined(with: others, on: key, key).stored()
        }
        tally.check("joined, stored, \(name)", try await known.collect(), pairs)
        let ids = try await cluster.remotely { _ in
            stored.joined(with: others, on: key, key).map(idsOfPair).collected()
        }
        tally.check("ids, \(name)", try await ids.value, pairs.map { idsOfPair($0) })
        let outer = try await cluster.remotely { remote in
            stored.chain.leftJoined(with: remote.range(right).map(joinRow), on: key, key).stored()
        }
        let beside = leftRows.flatMap { row in
            byKey[form(row)].map { $0.map { Pair(row, Optional($0)) } } ?? [Pair(row, nil)]
        }
        tally.check("left joined, \(name)", try await outer.collect(), beside)
        let semi = try await cluster.remotely { _ in
            stored.semiJoined(with: others, on: key, key).stored()
        }
        tally.check(
            "semi joined, \(name)", try await semi.collect(),
            leftRows.filter { byKey[form($0)] != nil })
        let anti = try await cluster.remotely { _ in
            stored.antiJoined(with: others, on: key, key).stored()
        }
        tally.check(
            "anti joined, \(name)", try await anti.collect(),
            leftRows.filter { byKey[form($0)] == nil })
    }
}
