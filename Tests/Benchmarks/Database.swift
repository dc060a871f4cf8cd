// W13: the ten groupings of the public db-benchmark over rows in the nodes' memory, answers kept
// there, as the scripts for other systems have them (its joins: DatabaseJoins.swift). Every answer
// is looked at beside what loops over plain arrays give (DatabaseByHand.swift).

import Glibc
import Swoop

/// A row of the grouping table.
@Record struct DatabaseRow {
    var id1: String
    var id2: String
    var id3: String
    var id4: Int
    var id5: Int
    var id6: Int
    var v1: Int
    var v2: Int
    var v3: Double
}

typealias DatabaseView = RowView<DatabaseRow>

@Remote func id1(_ row: DatabaseView) -> TextSlice { row.id1 }
@Remote func id2(_ row: DatabaseView) -> TextSlice { row.id2 }
@Remote func id3(_ row: DatabaseView) -> TextSlice { row.id3 }
@Remote func id4(_ row: DatabaseView) -> Int { row.id4 }
@Remote func id5(_ row: DatabaseView) -> Int { row.id5 }
@Remote func id6(_ row: DatabaseView) -> Int { row.id6 }
@Remote func v1(_ row: DatabaseView) -> Int { row.v1 }
@Remote func v2(_ row: DatabaseView) -> Int { row.v2 }
@Remote func v3(_ row: DatabaseView) -> Double { row.v3 }

@Remote func difference(_ group: Pair<String, Pair<Int?, Int?>>) -> Pair<String, Int> {
    Pair(group.first, (group.second.first ?? 0) - (group.second.second ?? 0))
}
@Remote func eachOfLargest(_ group: Pair<Int, [Double]>) -> [Pair<Int, Double>] {
    group.second.map { Pair(group.first, $0) }
}

struct Database {
    static let rows = Int(variable("PEERS_DB_N").flatMap { Double($0) } ?? 1e7)

    static func run() async throws {
        let path = try DatabaseFile.path(rows: rows)
        try await withCluster(.local) { cluster in
            var table: ProxyArray<DatabaseRow>?
            let load = try await timed {
                let made = try await cluster.remotely {
                    $0.csv(path, as: DatabaseRow.self).stored()
                }
                try await made.wait()
                table = made
            }
            guard let table else { throw WrongAnswer() }
            emit("W13", "swoop:load", n: rows, seconds: [load])
            let isChecked = variable("SWOOP_BENCH_CHECK") != "no"
            let database = Database(
                cluster: cluster, table: table,
                hand: isChecked ? try DatabaseByHand(path, rows: rows) : nil)
            try await database.sums()
            try await database.measures()
            try await database.all()
        }
        try await DatabaseJoins.run(rows: rows, path)
    }

    let cluster: Cluster
    let table: ProxyArray<DatabaseRow>
    let hand: DatabaseByHand?

    private func sums() async throws {
        let table = table
        try await ask("q1", { table.rows.grouped(by: id1, computing: .summing(of: v1)) }) {
            Answer([number($0.first)], [Double($0.second)])
        }
        try await ask("q2", { table.rows.grouped(by: id1, id2, computing: .summing(of: v1)) }) {
            Answer([number($0.first.first), number($0.first.second)], [Double($0.second)])
        }
        try await ask(
            "q3",
            { table.rows.grouped(by: id3, computing: .all(.summing(of: v1), .mean(of: v3))) }
        ) { Answer([number($0.first)], [Double($0.second.first), $0.second.second]) }
        try await ask(
            "q4",
            {
                table.rows.grouped(
                    by: id4, computing: .all(.mean(of: v1), .mean(of: v2), .mean(of: v3)))
            }
        ) { Answer([$0.first], [$0.second.first.first, $0.second.first.second, $0.second.second]) }
        try await ask(
            "q5",
            {
                table.rows.grouped(
                    by: id6, computing: .all(.summing(of: v1), .summing(of: v2), .summing(of: v3)))
            }
        ) {
            let whole = $0.second.first
            return Answer(
                [$0.first], [Double(whole.first), Double(whole.second), $0.second.second])
        }
    }

    private func measures() async throws {
        let table = table
        try await ask(
            "q6",
            {
                table.rows.grouped(
                    by: id4, id5, computing: .all(.median(of: v3), .standardDeviation(of: v3)))
            }
        ) { Answer([$0.first.first, $0.first.second], [$0.second.first, $0.second.second]) }
        try await ask(
            "q7",
            {
                table.rows.grouped(by: id3, computing: .all(.max(of: v1), .min(of: v2))).chain
                    .map(difference).stored()
            }
        ) { Answer([number($0.first)], [Double($0.second)]) }
        try await ask(
            "q8",
            {
                table.rows.grouped(by: id6, computing: .largest(2, of: v3)).chain
                    .flatMap(eachOfLargest).stored()
            }
        ) { Answer([$0.first], [$0.second]) }
        try await ask(
            "q9",
            { table.rows.grouped(by: id2, id4, computing: .determination(of: v1, v2)) }
        ) { Answer([number($0.first.first), $0.first.second], [$0.second]) }
    }

    private func all() async throws {
        let table = table
        try await ask(
            "q10",
            {
                table.rows.grouped(
                    by: id1, id2, id3, id4, id5, id6,
                    computing: .all(.summing(of: v3), .counting()))
            }
        ) { row in
            let (five, id6) = (row.first.first, row.first.second)
            let (four, id5) = (five.first, five.second)
            let (three, id4) = (four.first, four.second)
            let ids = [
                number(three.first.first), number(three.first.second), number(three.second), id4,
                id5, id6,
            ]
            return Answer(ids, [row.second.first, Double(row.second.second)])
        }
    }

    /// A row of an answer: the numbers of its keys, and its values.
    typealias Answer = DatabaseByHand.Answer

    private func number(_ id: String) -> Int { Int(id.dropFirst(2)) ?? -1 }

    /// Measures a question some times over, and looks at its last answer.
    private func ask<Row>(
        _ question: String, _ plan: @Sendable () -> ProxyArray<Row>,
        _ answer: (Row) -> Answer
    ) async throws {
        let questions = DatabaseQuestions(cluster: cluster, rows: Self.rows)
        guard let last = try await questions.ask(question, plan) else { return }
        guard let hand else { return }
        guard hand.isRight(question, try await last.collect(cap: 4 << 30).map(answer)) else {
            say("\(question) is wrong")
            throw WrongAnswer()
        }
    }
}
