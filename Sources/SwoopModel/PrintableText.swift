// Text that came from tasks, hosts and other people's programs, on its way to a person: whatever
// shows it takes it from here, so that nobody else moves a cursor, hides a line or changes a
// terminal.

/// Text made fit to be shown.
package enum PrintableText {
    /// One line: what would move the cursor, or change the terminal, is `?`; the ends of lines too.
    package static func line(_ text: String) -> String {
        replaced(text) { _ in false }
    }

    /// Several lines: the same, but ends of lines and tabs stay.
    package static func lines(_ text: String) -> String {
        replaced(text) { $0 == "\n" || $0 == "\t" }
    }

    /// One line with its tabs, as a program printed it.
    package static func printedLine(_ text: String) -> String {
        replaced(text) { $0 == "\t" }
    }

    /// Whether nothing of it is seen where it stands, or it changes how others are shown: what is
    /// kept under such a name could be taken for something else.
    package static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return isControl(scalar) }
        return isControl(scalar) || scalar.properties.isDefaultIgnorableCodePoint
            || scalar.properties.isVariationSelector || scalar.properties.isBidiControl
            || scalar.properties.generalCategory == .format
            || scalar.properties.generalCategory == .unassigned
            // Fillers that have no such property: braille without a dot, blank hieroglyphs, the
            // filler of Khitan.
            || [0x2800, 0x13441, 0x13442, 0x16fe4].contains(scalar.value)
    }

    private static func replaced(
        _ text: String, keeping isKept: (Unicode.Scalar) -> Bool
    ) -> String {
        // Nearly all of it is plain ASCII.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(isKept(scalar) || !isControl(scalar) ? scalar : "?")
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Of `.control` are C0, DEL and C1: a terminal takes U+009B for ESC [.
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        // Overrides of the writing direction; the joiners of emoji are `.format` too.
        case .format: scalar.value != 0x200d && scalar.value != 0x200c
        default: false
        }
    }
}
