// What is shown of a value: its text, bounded however large the value is, and other forms that its
// type has.

import SwoopKernel

/// A type whose values have more forms in a notebook than their text.
public protocol NotebookShown {
    /// The forms by their MIME types: `text/html`, `image/svg+xml`; `image/png` in Base64.
    var notebookForms: [String: String] { get }
}

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

    /// The text, cut where it is long.
    static func text<Value>(of value: Value) -> String {
        let whole: String
        if let text = value as? String {
            whole =
                text.utf8.count > bytesMax
                ? text.prefix(bytesMax).debugDescription : text.debugDescription
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
