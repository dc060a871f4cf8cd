// The tables of the model database and how older files become newer ones. ModelStore reads and
// writes them.

import GRDB

/// The schema of the model database, by its versions.
///
/// `history`: one row per function, optimisation level, node and fingerprint. `lastUse` is a
/// counter that only grows (no clock): the highest was written last. `runs` is text, in the form of
/// ModelRunText: one row for all runs, since they are read and written together (a row per run cost
/// ten times as much).
enum ModelSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE history (
                        id INTEGER PRIMARY KEY,
                        identity TEXT NOT NULL,
                        node TEXT NOT NULL,
                        isOptimised INTEGER NOT NULL,
                        fingerprint INTEGER NOT NULL,
                        lastUse INTEGER NOT NULL,
                        runs TEXT NOT NULL,
                        UNIQUE (identity, isOptimised, node, fingerprint)
                    ) STRICT;
                    CREATE INDEX historyByUse ON history (lastUse);
                    """)
        }
        return migrator
    }
}
