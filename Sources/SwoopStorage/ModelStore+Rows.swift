// Histories as rows, and the bounds on them. Opening, damage and transactions: ModelStore.

import SwoopModel

extension ModelStore {
    /// A number above all that were used: what is written now is the newest.
    static func nextUse(_ database: SQLiteDatabase) throws(StorageError) -> Int64 {
        try database.number("SELECT ifnull(max(lastUse), 0) + 1 FROM history") ?? 1
    }

    /// Adds the runs to what is there of the same function, node and version.
    static func write(
        _ history: FunctionHistory, use: Int64, to database: SQLiteDatabase
    ) throws(StorageError) {
        // What the window would drop anyway need not be joined to the rest.
        var records = RecordWindow.indicesToKeep(of: history.records).map { history.records[$0] }
        let fingerprint = SQLiteValue.integer(Int64(bitPattern: history.fingerprint))
        var known: String?
        try database.statement(
            """
            SELECT runs FROM history
            WHERE identity = ? AND isOptimised = ? AND node = ? AND fingerprint = ?
            """
        ).run(key(of: history) + [fingerprint]) { row throws(StorageError) in
            known = try row.text(0)
        }
        if let known {
            let all = ModelRunText.records(of: known) + records
            records = RecordWindow.indicesToKeep(of: all).map { all[$0] }
        }
        try database.statement(
            """
            INSERT INTO history (identity, isOptimised, node, fingerprint, lastUse, runs)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (identity, isOptimised, node, fingerprint)
            DO UPDATE SET lastUse = excluded.lastUse, runs = excluded.runs
            """
        ).run(
            key(of: history) + [
                fingerprint, .integer(use), .text(ModelRunText.text(of: records)),
            ])
        if known == nil { try forgetOldVersions(of: history, in: database) }
    }

    /// What all versions of a function on a node share: identity, isOptimised, node.
    private static func key(of history: FunctionHistory) -> [SQLiteValue] {
        [
            .text(history.identity), .integer(history.isOptimised ? 1 : 0), .text(history.node),
        ]
    }

    private static func forgetOldVersions(
        of history: FunctionHistory, in database: SQLiteDatabase
    ) throws(StorageError) {
        try database.statement(
            """
            DELETE FROM history WHERE id IN (
                SELECT id FROM history WHERE identity = ? AND isOptimised = ? AND node = ?
                ORDER BY lastUse DESC, id DESC LIMIT -1 OFFSET ?)
            """
        ).run(key(of: history) + [.integer(Int64(Agreed.versionsKept(of: history.identity)))])
    }

    /// Drops the histories that were written longest ago until the bound on them holds.
    static func forgetOldest(
        beyond limit: Int, in database: SQLiteDatabase
    ) throws(StorageError) {
        try database.statement(
            """
            DELETE FROM history WHERE id IN (
                SELECT id FROM history ORDER BY lastUse DESC, id DESC LIMIT -1 OFFSET ?)
            """
        ).run([.integer(Int64(limit))])
    }

    static func readAll(_ database: SQLiteDatabase) throws(StorageError) -> [FunctionHistory] {
        var histories: [FunctionHistory] = []
        try database.statement(
            """
            SELECT identity, node, isOptimised, fingerprint, runs FROM history
            ORDER BY lastUse, id
            """
        ).run { row throws(StorageError) in
            histories.append(
                FunctionHistory(
                    identity: try row.text(0), node: try row.text(1),
                    isOptimised: try row.integer(2) != 0,
                    fingerprint: UInt64(bitPattern: try row.integer(3)),
                    records: ModelRunText.records(of: try row.text(4))))
        }
        return histories
    }
}
