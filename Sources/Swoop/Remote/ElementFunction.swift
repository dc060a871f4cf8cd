// What the stages of a chain call for every element: a function as a value of a type of its own.
// The types are made by @Remote (no fields) and #remote (captured values as fields).

public import SwoopElements

/// A pure function of one argument, known by its type so that loops over pages can inline it.
public protocol ElementFunction: Sendable {
    /// What the function takes.
    associatedtype Input
    /// What it gives.
    associatedtype Output

    /// Appends the captured values; proxies by `ValueWriter._capture`.
    func _encodeFields(into writer: inout ValueWriter)

    /// Reads the captured values on the worker.
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError)

    /// Calls the function; `@inlinable` or in the user's module, so that loops inline it.
    func _apply(_ input: Input) throws -> Output

    /// Calls the function for a row of an opened page; a property reads its own column alone.
    func _read<Columns: _PageColumns>(_ columns: Columns, _ row: Int) throws -> Output
    where Columns.Element == Input

    /// The function's name as the user wrote it, for the names of loops.
    static var _name: String { get }
}

extension ElementFunction {
    /// Calls the function for the element.
    @inlinable @inline(__always)
    public func _read<Columns: _PageColumns>(_ columns: Columns, _ row: Int) throws -> Output
    where Columns.Element == Input { try _apply(columns[row]) }
}
