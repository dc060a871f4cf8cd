// A line of text in pieces that may be coloured. What is said never depends on colour alone, since
// there may be none. Pure.

import SwoopModel

/// A line, piece by piece.
package struct StyledText: Hashable, Sendable {
    /// How a piece looks at a terminal with colours.
    package enum Style: Hashable, Sendable {
        case plain
        /// Bold.
        case strong
        /// Green: something runs.
        case busy
        /// Grey: nothing to see, or nothing that is known.
        case faint
        /// Yellow: a person should look.
        case warning
    }

    /// Text of one style.
    package struct Piece: Hashable, Sendable {
        package var text: String
        package var style: Style
    }

    /// In reading order.
    package private(set) var pieces: [Piece] = []
    /// Columns at a terminal.
    package private(set) var width = 0

    /// A line of one piece, or none yet.
    package init(_ text: String = "", _ style: Style = .plain) { add(text, style) }

    /// Adds at the end; control characters become `?`.
    package mutating func add(_ text: String, _ style: Style = .plain) {
        if text.isEmpty { return }
        let text = PrintableText.line(text)
        width += TextWidth.of(text)
        if pieces.last?.style == style {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(Piece(text: text, style: style))
        }
    }

    /// Adds another line's pieces.
    package mutating func add(_ other: StyledText) {
        for piece in other.pieces { add(piece.text, piece.style) }
    }

    /// Adds spaces up to a column.
    package mutating func pad(to column: Int) {
        if column > width { add(String(repeating: " ", count: column - width)) }
    }

    /// The line with at most so many columns, ending in `…` when something was left out.
    package func cut(to columns: Int) -> StyledText {
        if width <= columns { return self }
        var result = StyledText()
        for piece in pieces {
            let left = columns - result.width
            if TextWidth.of(piece.text) < left {
                result.add(piece.text, piece.style)
                continue
            }
            // More follows even where this piece would just fit: the space makes room for the mark.
            result.add(TextWidth.cut(piece.text + " ", to: left), piece.style)
            break
        }
        return result
    }

    /// Without colours.
    package var plain: String { pieces.map(\.text).joined() }

    /// As a terminal takes it.
    package func terminalText(isColoured: Bool) -> String {
        guard isColoured else { return plain }
        return pieces.map { piece in
            let code: String
            switch piece.style {
            case .plain: return piece.text
            case .strong: code = "1"
            case .busy: code = "32"
            case .faint: code = "90"
            case .warning: code = "33"
            }
            return "\u{1b}[\(code)m\(piece.text)\u{1b}[0m"
        }.joined()
    }
}
