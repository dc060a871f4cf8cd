// What the source of every cell says beside what the person wrote: where it begins and ends, how
// far it is, and what its last expression is.

public import Swoop
@_exported public import SwoopDisplay
import SwoopKernel

/// Of the operator that shows a cell's value: lower than any that a person writes, and an
/// assignment to the compiler, so that `try` and `await` may stand on its right.
precedencegroup SwoopCellPrecedence {
    lowerThan: AssignmentPrecedence
    assignment: true
}

infix operator <~~ : SwoopCellPrecedence

/// A cell whose last expression has a value.
public struct _CellValue {
    private let cell: Int

    /// The cell of this number.
    public init(_ cell: Int) { self.cell = cell }

    /// Shows the value; nothing for one of `Void`.
    public static func <~~ <Value>(cell: _CellValue, value: Value) {
        if Value.self == Void.self { return }
        Evaluator.current?.tell(.result(cell: cell.cell, ShownValue.forms(of: value)))
    }

    /// Shows a stored collection: its first rows, which are all that is downloaded.
    @inlinable
    public static func <~~ <Element: PageElement>(cell: _CellValue, array: ProxyArray<Element>) {
        cell._show(array) { try await array._firstElements(_rowsShownMax) }
    }

    /// Shows a stored collection when its first rows are here.
    public func _show<Element: PageElement>(
        _ array: ProxyArray<Element>, _ rows: @escaping @Sendable () async throws -> [Element]
    ) {
        let cell = cell
        Evaluator.current?.showLater {
            .result(cell: cell, try await ShownValue.forms(of: array, rows: rows()))
        }
    }
}

/// Notes that a cell's task runs.
public func _cellBegin(_ cell: Int) { Evaluator.current?.begin(cell) }

/// Notes that a cell's statement of this number begins.
public func _cellStep(_ step: Int) { Evaluator.current?.step = step }

/// Takes what a `defer` of a cell's top level is to do.
@MainActor public func _cellAtEnd(_ body: @escaping @MainActor () -> Void) {
    Evaluator.current?.atEnd.append(body)
}

/// Stands behind a cell's `defer`, so that it is not the last statement of its scope.
public func _cellDeferred() {}

/// Notes that a cell has ended; its task waits for ever, since the runtime would end the process.
@MainActor public func _cellEnd(_ cell: Int) async {
    Evaluator.current?.runDeferred()
    do {
        try await Evaluator.current?.settle()
        Evaluator.current?.end(cell)
    } catch {
        Evaluator.current?.end(cell, by: error)
    }
    await unsafe withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}

/// Asks the person for a line, in a cell.
///
/// It goes before the function of the standard library: a kernel's standard input is empty. Nil
/// where nobody can be asked.
public func readLine(strippingNewline: Bool = true) -> String? {
    let answer = Evaluator.current?.ask(prompt: "", isSecret: false)
    return answer.map { strippingNewline ? $0 : $0 + "\n" }
}

/// Asks the person for a line, with words in front of it; `isSecret`: what is typed is not shown.
public func readLine(prompt: String, isSecret: Bool = false) -> String? {
    Evaluator.current?.ask(prompt: prompt, isSecret: isSecret)
}

/// Shows a value under the cell as its result would be, at any time and as often as is liked.
///
/// With a name, what was shown by that name before is replaced, also by a later cell.
public func display<Value>(_ value: Value, named name: String? = nil) {
    Evaluator.current?.display(ShownValue.forms(of: value), named: name)
}

/// Shows a stored collection under the cell: its first rows, which are all that is downloaded.
@inlinable
public func display<Element: PageElement>(_ array: ProxyArray<Element>, named name: String? = nil) {
    _display(array, named: name) { try await array._firstElements(_rowsShownMax) }
}

/// Shows a stored collection when its first rows are here, in the place where it was named.
public func _display<Element: PageElement>(
    _ array: ProxyArray<Element>, named name: String?,
    _ rows: @escaping @Sendable () async throws -> [Element]
) {
    guard let evaluator = Evaluator.current else { return }
    let name = name ?? evaluator.newName()
    evaluator.display(["text/plain": .text("\(array)")], named: name)
    evaluator.showLater {
        .display(
            try await ShownValue.forms(of: array, rows: rows()), name: name, isUpdate: true)
    }
}

/// Rows of a stored collection that are shown.
public let _rowsShownMax = 10
