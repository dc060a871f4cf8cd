// What is shown of a value: its text, bounded however large the value is, and other forms that its
// type has.

import Swoop
import SwoopDisplay
import SwoopKernel
public import SwoopModel

/// A type whose values have more forms in a notebook than their text.
public protocol NotebookShown {
    /// The forms by their MIME types: `text/html`, `image/svg+xml`; `image/png` in Base64.
    var notebookForms: [String: String] { get }
}

extension Estimate: NotebookShown {
    /// A small table.
    public var notebookForms: [String: String] { ["text/html": ShownTable(self).html] }
}

/// A number that may not be there.
private protocol OptionalNumber {}

extension Optional: OptionalNumber where Wrapped: Numeric {}

enum ShownValue {
    private static let elementsMax = 100
    private static let bytesMax = 20_000

    /// The forms of a value.
    static func forms<Value>(of value: Value) -> JSONValue {
        var forms: [String: JSONValue] = ["text/plain": .text(text(of: value))]
        if let shown = value as? any NotebookShown {
            for (type, form) in shown.notebookForms { forms[type] = .text(form) }
        }
        return .object(forms)
    }

    /// The forms of a stored collection of which these are the first rows.
    static func forms<Element: PageElement>(
        of array: ProxyArray<Element>, rows: [Element]
    ) async throws -> JSONValue {
        let size = try await array._size()
        let columns = rows.first.map { Self.columns(of: $0) } ?? []
        var table = ShownTable(
            title: "\(Quantity.count(size.count)) of \(Element.self), "
                + "\(Quantity.bytes(size.byteCount))",
            columns: columns.map(\.name), numeric: columns.map(\.isNumeric),
            rows: rows.map { row in Self.columns(of: row).map(\.text) })
        if size.count > rows.count { table.remark = "the first \(rows.count) rows" }
        return ["text/plain": .text(table.text), "text/html": .text(table.html)]
    }

    /// The columns of a row: a record in a record has several.
    private static func columns(
        of element: Any, named name: String = "", depth: Int = 0
    ) -> [(name: String, text: String, isNumeric: Bool)] {
        let mirror = Mirror(reflecting: element)
        // What has a text of its own is shown by that.
        let isRecord =
            mirror.displayStyle == .struct && !mirror.children.isEmpty && depth < 4
            && !(element is any CustomStringConvertible)
        guard isRecord else {
            return [(name.isEmpty ? "value" : name, cell(of: element), isNumber(element))]
        }
        return mirror.children.flatMap { child in
            let label = child.label ?? ""
            return columns(
                of: child.value, named: name.isEmpty ? label : "\(name).\(label)", depth: depth + 1)
        }
    }

    /// What an optional holds, and what is no optional; nil: nothing.
    private static func held(by value: Any) -> Any? {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .optional else { return value }
        return mirror.children.first.flatMap { held(by: $0.value) }
    }

    private static func isNumber(_ value: Any) -> Bool {
        value is any Numeric || value is any OptionalNumber
    }

    private static func cell(of value: Any) -> String {
        switch held(by: value) {
        case nil: "nil"
        case let number as Double: text(of: number)
        case let number as Float: text(of: Double(number))
        case let held?: held as? String ?? String(describing: held)
        }
    }

    /// Six digits; where those would all be zeros, as Swift writes it.
    private static func text(of number: Double) -> String {
        number.isNaN || (number != 0 && abs(number) < 1e-6)
            ? "\(number)" : Quantity.number(number, digits: 6)
    }

    /// The text, cut where it is long.
    static func text<Value>(of value: Value) -> String {
        let whole: String
        if let text = value as? String {
            guard text.utf8.count > bytesMax else { return text.debugDescription }
            let start = text.prefix(bytesMax).debugDescription.dropLast()
            return start + "… (\(text.utf8.count) bytes of text)"
        } else if let collection = value as? any Collection, collection.count > elementsMax {
            whole = cut(collection)
        } else {
            whole = String(describing: value)
        }
        guard whole.utf8.count > bytesMax else { return whole }
        return whole.prefix(bytesMax) + "… (\(whole.utf8.count) bytes of text)"
    }

    private static func cut<Elements: Collection>(_ elements: Elements) -> String {
        let isText = elements is any StringProtocol
        if isText { return String(describing: elements) }
        let first = elements.prefix(elementsMax)
        let texts = first.map { element in
            if let pair = element as? (key: Any, value: Any) {
                return "\(described(pair.key)): \(described(pair.value))"
            }
            return described(element)
        }
        let left = elements.count - elementsMax
        return "[" + texts.joined(separator: ", ") + ", … \(left) more; \(elements.count) in all]"
    }

    private static func described(_ value: Any) -> String {
        (value as? String)?.debugDescription ?? String(describing: value)
    }
}
