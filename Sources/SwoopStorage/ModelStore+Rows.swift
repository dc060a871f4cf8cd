// Histories as rows, and the bounds on them. Opening, damage and transactions: ModelStore.

internal import GRDB
internal import SwoopModel

extension ModelStore {
    /// A number above all that were used: what is written now is the newest.
    static func nextUse(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT ifnull(max(lastUse), 0) + 1 FROM history") ?? 1
    }

    /// Adds the runs to what is there of the same function, node and version.
    static func write(_ history: FunctionHistory, use: Int64, to database: Database) throws {
        // What the window would drop anyway need not be joined to the rest.
        var records = RecordWindow.indicesToKeep(of: history.records).map { history.records[$0] }
        let fingerprint = Int64(bitPattern: history.fingerprint)
        let selection = try database.cachedStatement(
            sql: """
                SELECT runs FROM history
                WHERE identity = ? AND isOptimised = ? AND node = ? AND fingerprint = ?
                """)
        let known = try Row.fetchOne(
            selection,
            arguments: [history.identity, history.isOptimised, history.node, fingerprint])
        if let known {
            let all = ModelRunText.records(of: try value("runs", of: known)) + records
            records = RecordWindow.indicesToKeep(of: all).map { all[$0] }
        }
        let upsert = try database.cachedStatement(
            sql: """
                INSERT INTO history (identity, node, isOptimised, fingerprint, lastUse, runs)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (identity, isOptimised, node, fingerprint)
                DO UPDATE SET lastUse = excluded.lastUse, runs = excluded.runs
                """)
        try upsert.execute(arguments: [
            history.identity, history.node, history.isOptimised, fingerprint, use,
            ModelRunText.text(of: records),
        ])
        if known == nil { try forgetOldVersions(of: history, in: database) }
    }

    private static func forgetOldVersions(
        of history: FunctionHistory, in database: Database
    ) throws {
        let deletion = try database.cachedStatement(
            sql: """
                DELETE FROM history WHERE id IN (
                    SELECT id FROM history WHERE identity = ? AND isOptimised = ? AND node = ?
                    ORDER BY lastUse DESC, id DESC LIMIT -1 OFFSET ?)
                """)
        try deletion.execute(arguments: [
            history.identity, history.isOptimised, history.node, versionLimit,
        ])
    }

    /// Drops the histories that were written longest ago until the bound on them holds.
    static func forgetOldest(beyond limit: Int, in database: Database) throws {
        let deletion = try database.cachedStatement(
            sql: """
                DELETE FROM history WHERE id IN (
                    SELECT id FROM history ORDER BY lastUse DESC, id DESC LIMIT -1 OFFSET ?)
                """)
        try deletion.execute(arguments: [limit])
    }

    static func readAll(_ database: Database) throws -> [FunctionHistory] {
        var histories: [FunctionHistory] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM history ORDER BY lastUse, id")
        while let row = try rows.next() {
            histories.append(
                FunctionHistory(
                    identity: try value("identity", of: row), node: try value("node", of: row),
                    isOptimised: try value("isOptimised", of: row),
                    fingerprint: UInt64(bitPattern: try value("fingerprint", of: row) as Int64),
                    records: ModelRunText.records(of: try value("runs", of: row))))
        }
        return histories
    }

    /// A column's value.
    ///
    /// GRDB's own subscript would stop the program where the type is not as expected.
    private static func value<Value: DatabaseValueConvertible>(
        _ column: String, of row: Row
    ) throws -> Value {
        let stored: DatabaseValue = row[column]
        guard let value = Value.fromDatabaseValue(stored) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "no sense in \(column)")
        }
        return value
    }
}
