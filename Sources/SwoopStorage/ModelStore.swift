// What is learned of functions, kept in one SQLite file from program to program. Tables:
// ModelSchema; which runs stay: RecordWindow (SwoopModel). Who learns from them: SwoopForecast.

import CSwoopSQLite
package import SwoopModel

/// The file of learned runs.
///
/// Several coordinators may have the same file open.
///
/// It never refuses to work: a file that cannot be read is moved aside, and where nothing can be
/// written the models live in memory until the program ends; either is told by a remark for people.
///
/// Belongs to one thread. A call waits up to `busyMilliseconds` for another coordinator's write.
package final class ModelStore {
    /// Histories kept: of more, those that were written longest ago go.
    package static let historyLimit = Agreed.functionsKept
    /// How long a call waits for another coordinator.
    package static let busyMilliseconds = 1_000

    /// Where the file is; empty: models live in memory only.
    package private(set) var path: String
    private var database: SQLiteDatabase?
    private let historyLimit: Int
    /// SQLite's count of what others have written.
    private var versionSeen: Int64?
    /// A remark that nobody has had yet: `load` found damage.
    private var pendingRemark: String?

    private let objection: (String) -> String?

    private init(path: String, historyLimit: Int, objection: @escaping (String) -> String?) {
        self.path = path
        self.historyLimit = historyLimit
        self.objection = objection
    }

    /// Opens the file at `path`, and makes it (only its owner may read it) and its folders where
    /// absent.
    ///
    /// - Parameter objection: what lets others change a file of that path, as a clause; nil:
    ///   nothing does. It is asked when the folders are there.
    /// - Returns: the store, and a remark for people when something was wrong with the file.
    package static func open(
        path: String, historyLimit: Int = ModelStore.historyLimit,
        objection: @escaping (String) -> String? = { _ in nil }
    ) -> (store: ModelStore, remark: String?) {
        let store = ModelStore(
            path: path, historyLimit: max(1, historyLimit), objection: objection)
        return (store, store.reopen())
    }

    /// Adds runs, in one transaction, and forgets what is beyond the bounds.
    ///
    /// What it costs is a transaction: call it with what a second has brought, and at the end.
    ///
    /// - Returns: a remark for people when the file was found damaged, by this call or by `load`
    ///   before it, and another one was begun.
    /// - Throws: `StorageError.database`: nothing was written; the runs may be given again.
    @discardableResult
    package func append(_ histories: [FunctionHistory]) throws(StorageError) -> String? {
        guard !histories.isEmpty else { return nil }
        try repairing { database throws(StorageError) in
            try database.write { () throws(StorageError) in
                let use = try Self.nextUse(database)
                for history in histories where !history.records.isEmpty {
                    try Self.write(history, use: use, to: database)
                }
                try Self.forgetOldest(beyond: self.historyLimit, in: database)
            }
        }
        defer { pendingRemark = nil }
        return pendingRemark
    }

    /// All that is known, ordered by use: what was written last comes last.
    ///
    /// - Throws: `StorageError.database`: it could not be read now.
    package func load() throws(StorageError) -> [FunctionHistory] {
        try noteVersion()
        return try repairing { database throws(StorageError) in
            try database.read { () throws(StorageError) in try Self.readAll(database) }
        } ?? []
    }

    /// All that is known, where another program has written since this or `load` last looked; else
    /// nothing.
    ///
    /// - Throws: `StorageError.database`: it could not be read now.
    package func loadIfOthersWrote() throws(StorageError) -> [FunctionHistory] {
        let before = versionSeen
        try noteVersion()
        return versionSeen == before ? [] : try load()
    }

    private func noteVersion() throws(StorageError) {
        versionSeen =
            try repairing { database throws(StorageError) in
                try database.number("PRAGMA data_version")
            } ?? nil
    }

    /// Forgets all runs of a function, on whatever node and of whatever version.
    ///
    /// A program that runs goes on with what it has read, and adds to it.
    ///
    /// - Throws: `StorageError.database`: nothing was forgotten.
    package func forget(identity: String) throws(StorageError) {
        try repairing { database throws(StorageError) in
            try database.write { () throws(StorageError) in
                try database.statement("DELETE FROM history WHERE identity = ?")
                    .run([.text(identity)])
            }
        }
    }

    /// Writes what is pending in the write-ahead log and closes the file.
    ///
    /// The store is of no use after.
    package func close() {
        database = nil
    }

    // MARK: - Opening and damage

    /// Opens or opens again; moves a damaged file aside.
    private func reopen() -> String? {
        guard !path.isEmpty else { return useMemory(because: "it has no place") }
        do throws(StorageError) {
            try PrivateFile.prepare(path, objection: objection)
        } catch {
            return useMemory(because: error.description)
        }
        do throws(StorageError) {
            database = try Self.connect(path)
            return nil
        } catch {
            guard error.isDamage else { return useMemory(because: error.description) }
            return replaceDamaged(because: error.description)
        }
    }

    private func replaceDamaged(because reason: String) -> String? {
        let aside = path + ".damaged"
        do throws(StorageError) {
            try PrivateFile.moveAside(path, to: aside)
            try PrivateFile.prepare(path, objection: objection)
            database = try Self.connect(path)
            return "The file of learned runtimes was damaged (\(reason)); it is now \(aside), and "
                + "learning begins anew."
        } catch {
            return useMemory(because: error.description)
        }
    }

    private func useMemory(because reason: String) -> String {
        let place = path
        path = ""
        database = try? SQLiteDatabase(path: nil, busyMilliseconds: 0)
        if let database { try? ModelSchema.migrate(database) }
        return
            "Learned runtimes cannot be kept in \(place) (\(reason)); they last until the program "
            + "ends."
    }

    /// Does `body`; a file found damaged is replaced and `body` done once more.
    @discardableResult
    private func repairing<Value>(
        _ body: (SQLiteDatabase) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        guard let database else { return nil }
        do throws(StorageError) {
            return try body(database)
        } catch {
            guard error.isDamage, !path.isEmpty else { throw error }
        }
        self.database = nil
        // Another coordinator may have replaced the file already: then it opens, and there is no
        // remark.
        pendingRemark = reopen()
        guard let database = self.database else { return nil }
        return try body(database)
    }

    private static func connect(_ path: String) throws(StorageError) -> SQLiteDatabase {
        let database = try SQLiteDatabase(
            path: path, busyMilliseconds: Int32(busyMilliseconds))
        let verdict = try database.text("PRAGMA quick_check(1)")
        guard verdict == "ok" else {
            throw .database(code: SQLITE_CORRUPT, message: verdict ?? "it does not answer")
        }
        try ModelSchema.migrate(database)
        return database
    }
}

extension StorageError {
    /// Whether the file's content is beyond use.
    ///
    /// 1: tables are not as they should be; 11: malformed; 26: no database.
    fileprivate var isDamage: Bool {
        guard case .database(let code, _) = self else { return false }
        return [1, 11, 26].contains(code & 0xff)
    }
}
