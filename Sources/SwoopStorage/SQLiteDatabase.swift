// An open SQLite file: statements, transactions, its errors as ours. What stands in the files is
// the business of those who open them (ModelStore).

import CSwoopSQLite
import CSwoopSystem
import Glibc

/// A connection to one SQLite file, or to a database in memory.
///
/// Journalled ahead of its file (WAL), so that readers and one writer do not wait for each other,
/// and whatever was committed survives the death of this process.
///
/// Belongs to one thread. Closed with its last reference, its statements' included.
@safe
final class SQLiteDatabase {
    private let handle: OpaquePointer
    /// Statements that were prepared, by their text: each is compiled once.
    private var prepared: [String: SQLiteStatement] = [:]

    /// Opens a file, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - path: where it is; nil: in memory.
    ///   - busyMilliseconds: how long a call waits for another connection's write.
    init(path: String?, busyMilliseconds: Int32) throws(StorageError) {
        guard swoop_load_later(Int32(SWOOP_LATER_SQLITE)) != 0 else {
            throw .system(call: "dlopen", subject: "libsqlite3.so.0", errno: ENOENT)
        }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = unsafe sqlite3_open_v2(path ?? ":memory:", &opened, flags, nil)
        guard let opened = unsafe opened else {
            throw .database(code: code, message: "there is no memory for a connection")
        }
        unsafe handle = opened
        // From here on a throw closes it, since self is whole.
        guard code == SQLITE_OK else { throw error(code) }
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_busy_timeout(handle, busyMilliseconds)
        guard path != nil else { return }
        try beginJournal(within: busyMilliseconds)
        try execute("PRAGMA synchronous = NORMAL")
    }

    deinit {
        prepared = [:]
        unsafe sqlite3_close_v2(handle)
    }

    /// Two connections that begin the journal at one moment: SQLite refuses the second without
    /// asking how long it would wait.
    private func beginJournal(within milliseconds: Int32) throws(StorageError) {
        var waited: Int32 = 0
        while true {
            do throws(StorageError) {
                return try execute("PRAGMA journal_mode = WAL")
            } catch {
                guard case .database(let code, _) = error, code & 0xff == SQLITE_BUSY,
                    waited < milliseconds
                else { throw error }
                waited += max(1, sqlite3_sleep(5))
            }
        }
    }

    /// Carries out statements without parameters; rows that come are not looked at.
    func execute(_ text: String) throws(StorageError) {
        let code = unsafe sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// A statement, compiled when its text is met for the first time.
    func statement(_ text: String) throws(StorageError) -> SQLiteStatement {
        if let known = prepared[text] { return known }
        var compiled: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled = unsafe compiled else { throw error(code) }
        let statement = unsafe SQLiteStatement(compiled, of: handle)
        prepared[text] = statement
        return statement
    }

    /// The one number that a statement without parameters answers with; nil: no row.
    func number(_ text: String) throws(StorageError) -> Int64? {
        var number: Int64?
        try statement(text).run { row throws(StorageError) in number = try row.integer(0) }
        return number
    }

    /// The one text that a statement without parameters answers with; nil: no row.
    func text(_ text: String) throws(StorageError) -> String? {
        var answer: String?
        try statement(text).run { row throws(StorageError) in answer = try row.text(0) }
        return answer
    }

    /// Does `body` as one transaction: all of it is written, or, if it throws, nothing.
    func write<Value>(
        _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        // The lock is taken at once: taken in the middle it might be refused without a wait.
        try transaction("BEGIN IMMEDIATE", body)
    }

    /// Does `body` on the file as it is at one moment.
    func read<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        try transaction("BEGIN DEFERRED", body)
    }

    private func transaction<Value>(
        _ beginning: String, _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        try execute(beginning)
        do throws(StorageError) {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            // A failure may have ended the transaction itself: then there is none to roll back.
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func error(_ code: Int32) -> StorageError {
        unsafe .ofSQLite(code, handle)
    }
}

extension StorageError {
    /// What a connection says of its last failure.
    @safe
    fileprivate static func ofSQLite(_ code: Int32, _ handle: OpaquePointer) -> StorageError {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        return .database(code: code, message: message)
    }
}

/// A compiled statement: belongs to its database and to one thread.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    /// The connection's; alive as long as this statement, since SQLite closes it behind the last
    /// one.
    private let database: OpaquePointer

    /// Takes over what was compiled.
    fileprivate init(_ handle: OpaquePointer, of database: OpaquePointer) {
        unsafe self.handle = handle
        unsafe self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Runs it to its end with parameters in order; each row that comes is lent to `body`.
    func run(
        _ parameters: [SQLiteValue] = [],
        _ body: (borrowing SQLiteRow) throws(StorageError) -> Void = { _ in }
    ) throws(StorageError) {
        defer {
            unsafe sqlite3_reset(handle)
            unsafe sqlite3_clear_bindings(handle)
        }
        for (place, parameter) in parameters.enumerated() {
            let code = bind(parameter, at: Int32(place + 1))
            guard code == SQLITE_OK else { throw unsafe .ofSQLite(code, database) }
        }
        while true {
            let code = unsafe sqlite3_step(handle)
            guard code != SQLITE_DONE else { return }
            guard code == SQLITE_ROW else { throw unsafe .ofSQLite(code, database) }
            try unsafe body(SQLiteRow(handle))
        }
    }

    private func bind(_ value: SQLiteValue, at place: Int32) -> Int32 {
        switch value {
        case .integer(let number): return unsafe sqlite3_bind_int64(handle, place, number)
        case .text(let text):
            // SQLite copies the bytes (SQLITE_TRANSIENT) before the call is over. What ends in a
            // zero has an address even when it is empty: none means NULL.
            let copies = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            let bytes = text.utf8CString
            return unsafe bytes.withUnsafeBufferPointer {
                unsafe sqlite3_bind_text64(
                    handle, place, $0.baseAddress, UInt64(bytes.count - 1), copies,
                    UInt8(SQLITE_UTF8))
            }
        }
    }
}

/// A parameter of a statement.
enum SQLiteValue {
    case integer(Int64)
    case text(String)
}

/// The row that a statement stands on: lent for one call.
@safe
struct SQLiteRow: ~Copyable {
    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    /// A column that must be a number.
    ///
    /// - Throws: `StorageError.database` with SQLITE_CORRUPT where it is another thing.
    func integer(_ column: Int32) throws(StorageError) -> Int64 {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER else {
            throw Self.nonsense(in: column)
        }
        return unsafe sqlite3_column_int64(handle, column)
    }

    /// A column that must be a text; bytes that are no UTF-8 are replaced.
    ///
    /// - Throws: `StorageError.database` with SQLITE_CORRUPT where it is another thing.
    func text(_ column: Int32) throws(StorageError) -> String {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_TEXT,
            let bytes = unsafe sqlite3_column_text(handle, column)
        else { throw Self.nonsense(in: column) }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    private static func nonsense(in column: Int32) -> StorageError {
        .database(code: SQLITE_CORRUPT, message: "no sense in column \(column)")
    }
}
