// W13: the five joins of the public db-benchmark over tables in the nodes' memory, answers kept
// there. The tables lie beside the grouping table, where the script that made that has put them.

import Glibc
import Swoop

/// A row of the table that is joined.
@Record struct JoinedRow {
    var id1: Int
    var id2: Int
    var id3: Int
    var id4: String
    var id5: String
    var id6: String
    var v1: Double
}

/// What a question needs of a table of ten rows.
@Record struct SmallRow {
    var id1: Int
    var v2: Double
}

/// What a question needs of a table of 10,000 rows.
@Record struct MediumRow {
    var id2: Int
    var v2: Double
}

/// What a question by text needs of that table.
@Record struct MediumText {
    var id5: String
    var v2: Double
}

/// What a question needs of a table that is as large as the other one.
@Record struct BigRow {
    var id3: Int
    var v2: Double
}

struct DatabaseJoins {
    static func run(rows: Int, _ path: String) async throws {
        try await DatabaseQuestions.askNeighbours(rows: rows)
        let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        guard unsafe access("\(folder)/db_x.csv", R_OK) == 0 else {
            return say("no tables to join in \(folder)")
        }
        try await withCluster(.local) { cluster in
            let (x, small, medium, texts, big) = try await cluster.remotely {
                (
                    $0.csv("\(folder)/db_x.csv", as: JoinedRow.self).stored(),
                    $0.csv("\(folder)/db_small.csv", as: SmallRow.self).stored(),
                    $0.csv("\(folder)/db_medium.csv", as: MediumRow.self).stored(),
                    $0.csv("\(folder)/db_medium.csv", as: MediumText.self).stored(),
                    $0.csv("\(folder)/db_big.csv", as: BigRow.self).stored()
                )
            }
            try await x.wait()
            try await big.wait()
            let joins = DatabaseQuestions(cluster: cluster, rows: rows)
            try await joins.ask("j1") {
                x.joined(with: small, on: \.id1, equals: \.id1).stored()
            }
            try await joins.ask("j2") {
                x.joined(with: medium, on: \.id2, equals: \.id2).stored()
            }
            try await joins.ask("j3") {
                x.leftJoined(with: medium, on: \.id2, equals: \.id2).stored()
            }
            try await joins.ask("j4") {
                x.joined(with: texts, on: \.id5, equals: \.id5).stored()
            }
            try await joins.ask("j5") { x.joined(with: big, on: \.id3, equals: \.id3).stored() }
        }
    }
}
