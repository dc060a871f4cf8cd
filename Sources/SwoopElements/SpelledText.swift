// Text of files and paths as it may stand in a message: what a terminal would obey instead of
// showing it is spelled out, so that one sees what is in the file.

extension String {
    /// The text on one line, with control characters spelled out (`\t`, `\u{1b}`).
    public var _printable: String {
        // Most texts have nothing to spell out.
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return self }
        var text = ""
        text.reserveCapacity(utf8.count + 16)
        for scalar in unicodeScalars {
            if !scalar.isObeyed {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\0": text += "\\0"
            default: text += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether a terminal does something on it but show it: controls, line separators, and what
    /// turns the direction of the text around it.
    fileprivate var isObeyed: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}
