// Words for a shell. Whatever a word holds, the shell takes it as it is: what a user, a list or a
// host calls a folder is never part of a command.

/// Words for a POSIX shell.
package enum ShellWord {
    /// A word that the shell takes as it is.
    package static func quoted(_ word: String) -> String {
        // Quoting adds ASCII between whole bytes of ASCII: text stays text.
        String(decoding: quoted(Array(word.utf8)), as: UTF8.self)
    }

    /// The same of bytes; a file's name need not be text.
    ///
    /// By bytes, since a shell knows nothing else: to Swift a quote and an accent behind it are one
    /// character, which is no quote. No word has a NUL: it is left out.
    package static func quoted(_ word: [UInt8]) -> [UInt8] {
        // A shell of another kind takes what begins with = for a command's place.
        if !word.isEmpty, word.allSatisfy(isPlain), word[0] != UInt8(ascii: "=") { return word }
        let quote = UInt8(ascii: "'")
        var quoted = [quote]
        for byte in word where byte != 0 {
            if byte == quote { quoted += Array("'\\''".utf8) } else { quoted.append(byte) }
        }
        return quoted + [quote]
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/.-_=:,@+".utf8.contains(byte)
        }
    }
}
