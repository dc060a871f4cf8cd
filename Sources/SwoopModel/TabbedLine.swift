// Words on one line, between tabs: how processes of one user tell each other of what people wrote.

/// Words on one line; they come out as they went in.
package enum TabbedLine {
    /// The line, without its end.
    package static func text(of words: [String]) -> String {
        words.map(ofOneLine).joined(separator: "\t")
    }

    /// The words of a line; there is always one.
    package static func words(of line: Substring) -> [String] {
        line.pieces(at: "\t", omittingEmpty: false).map { word in
            var scalars = word.unicodeScalars[...]
            var text = String.UnicodeScalarView()
            while let scalar = scalars.popFirst() {
                guard scalar == "\\", let mark = scalars.popFirst() else {
                    text.append(scalar)
                    continue
                }
                text.append(mark == "t" ? "\t" : mark == "n" ? "\n" : mark == "r" ? "\r" : mark)
            }
            return String(text)
        }
    }

    private static func ofOneLine(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\t": "\\t"
            case "\n": "\\n"
            case "\r": "\\r"
            default: String(scalar)
            }
        }.joined()
    }
}
