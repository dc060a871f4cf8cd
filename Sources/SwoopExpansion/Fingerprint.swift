// The hash of a piece of source text that stands for "the same code as before": comments and white
// space do not count.

import SwiftSyntax

/// FNV-1a over the tokens' text, as a literal.
func fingerprint(of nodes: Syntax...) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for node in nodes {
        for token in node.tokens(viewMode: .sourceAccurate) {
            for byte in token.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0x20) &* 0x100_0000_01b3
        }
    }
    return "0x" + String(hash, radix: 16)
}

/// The text of a syntax node as a Swift string literal.
func literal(_ text: String) -> String {
    let escaped = text.map { character -> String in
        switch character {
        case "\\": "\\\\"
        case "\"": "\\\""
        case "\n", "\r\n", "\r": " "
        default: String(character)
        }
    }
    return "\"\(escaped.joined())\""
}
