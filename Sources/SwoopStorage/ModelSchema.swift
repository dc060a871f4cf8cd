// The tables of the model database and how older files become newer ones. ModelStore reads and
// writes them.

import CSwoopSQLite

/// The schema of the model database, by its versions.
///
/// `history`: one row per function, optimisation level, node and fingerprint. `lastUse` is a
/// counter that only grows (no clock): the highest was written last. `runs` is text, in the form of
/// ModelRunText: one row for all runs, since they are read and written together (a row per run cost
/// ten times as much).
///
/// The version stands in the file's header (`user_version`).
enum ModelSchema {
    /// What makes each version of the one before. A version that was released is never changed.
    private static let steps = [
        // Files of before versions were numbered have this table already.
        """
        CREATE TABLE IF NOT EXISTS history (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL,
            node TEXT NOT NULL,
            isOptimised INTEGER NOT NULL,
            fingerprint INTEGER NOT NULL,
            lastUse INTEGER NOT NULL,
            runs TEXT NOT NULL,
            UNIQUE (identity, isOptimised, node, fingerprint)
        ) STRICT;
        CREATE INDEX IF NOT EXISTS historyByUse ON history (lastUse);
        """
    ]

    /// Brings a file up to the newest version.
    ///
    /// - Throws: `StorageError.database`: a newer Swoop has written the file; it stays as it is.
    static func migrate(_ database: SQLiteDatabase) throws(StorageError) {
        guard try version(of: database) != steps.count else { return }
        // Another coordinator may be doing the same: whoever has the lock looks again.
        try database.write { () throws(StorageError) in
            let version = try version(of: database)
            guard version <= steps.count else {
                throw StorageError.database(
                    code: SQLITE_READONLY, message: "a newer Swoop has written it")
            }
            for step in steps[max(0, version)...] { try database.execute(step) }
            try database.execute("PRAGMA user_version = \(steps.count)")
        }
    }

    private static func version(of database: SQLiteDatabase) throws(StorageError) -> Int {
        Int(try database.number("PRAGMA user_version") ?? 0)
    }
}
