// How many columns of a terminal a text takes, and how it is cut to fewer: wide characters count
// two, combining ones none, and one that does not fit whole is left out. Pure.

/// Columns of texts.
package enum TextWidth {
    /// Columns that the text takes at a terminal.
    package static func of(_ text: String) -> Int {
        // Nearly all names are plain ASCII.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns(of: $1) }
    }

    /// As much of the text as fits, ending in `…` when something was left out.
    package static func cut(_ text: String, to width: Int) -> String {
        if of(text) <= width { return text }
        guard width > 0 else { return "" }
        var result = ""
        var left = width - 1
        for character in text {
            let columns = columns(of: character)
            if columns > left { break }
            left -= columns
            result.append(character)
        }
        return result + "…"
    }

    private static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation { return 2 }
        if character.unicodeScalars.contains("\u{fe0f}") { return 2 }
        return wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// East Asian Wide and Fullwidth, by Unicode's EastAsianWidth.txt; emoji have a property.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97c,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6b, 0xff01...0xff60,
        0xffe0...0xffe6, 0x16fe0...0x18d08, 0x1b000...0x1b2fb, 0x1f200...0x1f251,
        0x20000...0x3fffd,
    ]
}
