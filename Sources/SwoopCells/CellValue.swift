// What the source of every cell says beside what the person wrote: where it begins and ends, how
// far it is, and what its last expression is.

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
}

/// Notes that a cell's task runs.
public func _cellBegin(_ cell: Int) { Evaluator.current?.begin(cell) }

/// Notes that a cell's statement of this number begins.
public func _cellStep(_ step: Int) { Evaluator.current?.step = step }

/// Notes that a cell has ended; its task waits for ever, since the runtime would end the process.
@MainActor public func _cellEnd(_ cell: Int) async {
    Evaluator.current?.end(cell)
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
